import { cacheSuite } from '@weft/testkit/suites'
import { describe, expect, it } from 'vitest'
import { MemoryCache } from './memory-cache.ts'

cacheSuite('memory', async () => new MemoryCache())

describe('MemoryCache', () => {
  it('drops the entry used longest ago when there are too many', async () => {
    const cache = new MemoryCache({ maxEntries: 2 })
    await cache.set('a', '1', 60)
    await cache.set('b', '2', 60)
    await cache.get('a')
    await cache.set('c', '3', 60)
    expect([await cache.get('a'), await cache.get('b'), await cache.get('c')]).toEqual(['1', undefined, '3'])
  })

  it('drops old entries when their text is too long together, and one that alone is too long', async () => {
    const cache = new MemoryCache({ maxCharacters: 20 })
    await cache.set('a', '123456789', 60)
    await cache.set('b', '123456789', 60)
    await cache.set('c', '1', 60)
    expect([await cache.get('a'), await cache.get('b')]).toEqual([undefined, '123456789'])
    await cache.set('long', 'x'.repeat(30), 60)
    expect(await cache.get('long')).toBeUndefined()
  })

  it('goes by the clock it is given', async () => {
    let now = 0
    const cache = new MemoryCache({ clock: { now: () => now } })
    await cache.set('a', '1', 10)
    now = 9_999
    expect(await cache.get('a')).toBe('1')
    now = 10_000
    expect(await cache.get('a')).toBeUndefined()
  })
})
