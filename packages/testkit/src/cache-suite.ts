import { setTimeout as sleep } from 'node:timers/promises'
import type { Cache } from '@weft/ports'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What every cache does. `create` gives an empty cache, or one whose keys nobody else uses. */
export function cacheSuite(name: string, create: () => Promise<Cache>) {
  describe(`${name} as a cache`, () => {
    let cache: Cache
    beforeAll(async () => {
      cache = await create()
    })
    afterAll(() => cache?.[Symbol.asyncDispose]())

    it('knows nothing about a key that was never set', async () => {
      expect(await cache.get('never')).toBeUndefined()
      expect(await cache.take('never')).toBeUndefined()
      await cache.delete('never')
    })

    it('gives back what was set, whatever the text', async () => {
      for (const value of ['', 'plain', '{"a":1.0}', 'žluťoučký 🧵\nline', 'x'.repeat(200_000)]) {
        await cache.set('text', value, 60)
        expect(await cache.get('text')).toBe(value)
      }
    })

    it('keeps keys apart that differ in one character', async () => {
      await cache.set('key:a', '1', 60)
      await cache.set('key:A', '2', 60)
      expect([await cache.get('key:a'), await cache.get('key:A')]).toEqual(['1', '2'])
    })

    it('forgets a value when its time is over', async () => {
      await cache.set('brief', 'here', 0.3)
      expect(await cache.get('brief')).toBe('here')
      await sleep(400)
      expect(await cache.get('brief')).toBeUndefined()
      expect(await cache.take('brief')).toBeUndefined()
    })

    it('starts the time anew when a value is set again', async () => {
      await cache.set('renewed', 'first', 0.3)
      await cache.set('renewed', 'second', 60)
      await sleep(400)
      expect(await cache.get('renewed')).toBe('second')
    })

    it('forgets a deleted value', async () => {
      await cache.set('deleted', 'value', 60)
      await cache.delete('deleted')
      expect(await cache.get('deleted')).toBeUndefined()
    })

    it('gives a value that is taken to exactly one of many takers', async () => {
      await cache.set('token', 'secret', 60)
      const taken = await Promise.all(Array.from({ length: 20 }, () => cache.take('token')))
      expect(taken.filter(value => value === 'secret')).toHaveLength(1)
      expect(taken.filter(value => value === undefined)).toHaveLength(19)
    })

    it('counts each of many concurrent increments once', async () => {
      const counts = await Promise.all(Array.from({ length: 50 }, () => cache.increment('counter', 60)))
      expect(counts.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
      expect(await cache.get('counter')).toBe('50')
    })

    it('ends the window of a count when the first increment said, and begins another', async () => {
      expect(await cache.increment('window', 0.5)).toBe(1)
      await sleep(300)
      expect(await cache.increment('window', 60)).toBe(2)
      await sleep(300)
      expect(await cache.increment('window', 60)).toBe(1)
    })

    it('says that it is well', async () => {
      await cache.check()
    })
  })
}
