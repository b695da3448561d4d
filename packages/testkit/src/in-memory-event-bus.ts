import { MemoryEventBus } from '@weft/adapter-memory'
import type { EventBus } from '@weft/ports'

export function createInMemoryEventBus(): EventBus {
  return new MemoryEventBus()
}
