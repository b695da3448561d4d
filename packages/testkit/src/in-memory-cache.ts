import { MemoryCache, type MemoryCacheOptions } from '@weft/adapter-memory'
import type { Cache } from '@weft/ports'

export function createInMemoryCache(options?: MemoryCacheOptions): Cache {
  return new MemoryCache(options)
}
