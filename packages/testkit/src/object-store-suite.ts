import type { ObjectStore } from '@weft/ports'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What every object store does. `create` gives a store whose keys nobody else uses. */
export function objectStoreSuite(name: string, create: () => Promise<ObjectStore>) {
  describe(`${name} as an object store`, () => {
    let store: ObjectStore
    beforeAll(async () => {
      store = await create()
    })
    afterAll(() => store?.[Symbol.asyncDispose]())

    const read = async (key: string, range?: { start: number; end?: number }) => {
      const { body, size } = await store.get(key, { range })
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      return { text: Buffer.concat(chunks).toString(), size }
    }
    const bytes = (text: string) => new TextEncoder().encode(text)

    it('gives back the bytes of an object', async () => {
      expect(await store.put('upload_files/tenant-1/a.txt', bytes('hello'))).toEqual({ size: 5 })
      expect(await read('upload_files/tenant-1/a.txt')).toEqual({ text: 'hello', size: 5 })
      expect(await store.size('upload_files/tenant-1/a.txt')).toBe(5)
    })

    it('keeps an empty object', async () => {
      expect(await store.put('empty', new Uint8Array())).toEqual({ size: 0 })
      expect(await read('empty')).toEqual({ text: '', size: 0 })
      expect(await store.size('empty')).toBe(0)
    })

    it('takes a stream of chunks of any size', async () => {
      async function* chunks() {
        yield bytes('one ')
        yield new Uint8Array()
        yield bytes('two')
      }
      expect(await store.put('streamed', chunks())).toEqual({ size: 7 })
      expect((await read('streamed')).text).toBe('one two')
    })

    it('replaces an object whole', async () => {
      await store.put('replaced', bytes('a long first text'))
      await store.put('replaced', bytes('short'))
      expect(await read('replaced')).toEqual({ text: 'short', size: 5 })
    })

    it('leaves what was there when a stream breaks off', async () => {
      async function* broken() {
        yield bytes('half')
        throw new Error('the source broke')
      }
      await store.put('kept', bytes('whole'))
      await expect(store.put('kept', broken())).rejects.toThrow('the source broke')
      await expect(store.put('never-whole', broken())).rejects.toThrow('the source broke')
      expect((await read('kept')).text).toBe('whole')
      expect(await store.size('never-whole')).toBeUndefined()
    })

    it('gives ranges as HTTP means them, and always the size of the whole', async () => {
      await store.put('ranged', bytes('0123456789'))
      expect(await read('ranged', { start: 0, end: 0 })).toEqual({ text: '0', size: 10 })
      expect(await read('ranged', { start: 2, end: 5 })).toEqual({ text: '2345', size: 10 })
      expect(await read('ranged', { start: 7 })).toEqual({ text: '789', size: 10 })
      expect(await read('ranged', { start: 8, end: 100 })).toEqual({ text: '89', size: 10 })
      expect(await read('ranged', { start: 10 })).toEqual({ text: '', size: 10 })
    })

    it('keeps every byte of an object that fills its parts exactly, and of one that does not', async () => {
      const pattern = Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index * 31) % 251)
      async function* repeated(rest: number) {
        for (let index = 0; index < 16; index++) yield pattern
        yield pattern.subarray(0, rest)
      }
      for (const rest of [0, 12_345]) {
        const size = 16 * pattern.byteLength + rest
        expect(await store.put('in-parts', repeated(rest))).toEqual({ size })
        const { body } = await store.get('in-parts')
        let position = 0
        let isSame = true
        for await (const chunk of body) {
          for (const byte of chunk) isSame &&= byte === ((position++ % pattern.byteLength) * 31) % 251
        }
        expect({ position, isSame }).toEqual({ position: size, isSame: true })
      }
      const across = await store.get('in-parts', { range: { start: 8_388_600, end: 8_388_615 } })
      const read: number[] = []
      for await (const chunk of across.body) read.push(...chunk)
      expect(read).toEqual([...pattern.subarray(-8), ...pattern.subarray(0, 8)])
      await store.delete('in-parts')
    })

    it('says that there is no such object', async () => {
      await expect(store.get('missing/object')).rejects.toMatchObject({ code: 'object-not-found', key: 'missing/object' })
      await store.put('folder/object', bytes('x'))
      await expect(store.get('folder')).rejects.toMatchObject({ code: 'object-not-found' })
      expect(await store.size('missing/object')).toBeUndefined()
    })

    it('deletes an object, and twice without an error', async () => {
      await store.put('deleted', bytes('x'))
      await store.delete('deleted')
      await store.delete('deleted')
      expect(await store.size('deleted')).toBeUndefined()
    })

    it('refuses keys that are no keys', async () => {
      const keys = [
        '',
        '/',
        'a//b',
        '/absolute',
        'trailing/',
        '.',
        '..',
        'a/../b',
        '../up',
        'a/./b',
        'a\\b',
        'a b',
        'a\0b',
        'a:b',
        'ä',
        '~incoming/x',
        'x'.repeat(256),
        'ab/'.repeat(400),
      ]
      for (const key of keys) {
        await expect(store.put(key, bytes('x')), key).rejects.toMatchObject({ code: 'invalid-object-key' })
        await expect(store.get(key), key).rejects.toMatchObject({ code: 'invalid-object-key' })
        await expect(store.size(key), key).rejects.toMatchObject({ code: 'invalid-object-key' })
        await expect(store.delete(key), key).rejects.toMatchObject({ code: 'invalid-object-key' })
      }
    })

    it('takes keys with dots that are not traversal', async () => {
      await store.put('.hidden/..a/b..', bytes('x'))
      expect(await store.size('.hidden/..a/b..')).toBe(1)
    })

    it('ends up with one of several objects that are put at once', async () => {
      const texts = Array.from({ length: 10 }, (_, index) => String(index).repeat(10_000 + index))
      await Promise.all(texts.map(text => store.put('contended/object', bytes(text))))
      expect(texts).toContain((await read('contended/object')).text)
    })

    it('lets a reader leave early', async () => {
      await store.put('large', new Uint8Array(2_000_000))
      const { body } = await store.get('large')
      for await (const chunk of body) {
        expect(chunk.byteLength).toBeGreaterThan(0)
        break
      }
      await store.delete('large')
    })

    it('streams an object without holding it in memory', async () => {
      const chunk = new Uint8Array(1024 * 1024).fill(7)
      let peak = 0
      const watch = () => {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers)
      }
      async function* chunks() {
        for (let index = 0; index < 96; index++) {
          watch()
          yield chunk
        }
      }
      const before = process.memoryUsage().arrayBuffers
      await store.put('huge', chunks())
      let size = 0
      for await (const part of (await store.get('huge')).body) {
        size += part.byteLength
        watch()
      }
      expect(size).toBe(96 * 1024 * 1024)
      if (!name.includes('memory')) expect(peak - before).toBeLessThan(64 * 1024 * 1024)
      await store.delete('huge')
    })

    it('says that it is well', async () => {
      await store.check()
    })
  })
}
