import { storageEmulatorOrSkip } from '@weft/testkit/storage'
import { objectStoreSuite } from '@weft/testkit/suites'
import { afterAll, describe, expect, it } from 'vitest'
import { createGoogleStorageObjectStore } from './google-storage-object-store.ts'

const emulator = await storageEmulatorOrSkip('googleStorage')
afterAll(() => emulator?.[Symbol.asyncDispose]())

async function createBucket(name: string) {
  const answer = await fetch(`${emulator?.url}/storage/v1/b`, { method: 'POST', body: JSON.stringify({ name }) })
  expect(answer.status).toBe(200)
}

const createStore = (bucket: string) => createGoogleStorageObjectStore({ bucket, emulator: emulator?.url })

describe.skipIf(!emulator)('GoogleStorageObjectStore', () => {
  objectStoreSuite('Google Cloud Storage', async () => {
    await createBucket('suite')
    return createStore('suite')
  })

  it('shows nothing of an upload whose source fails', async () => {
    await createBucket('halves')
    await using store = createStore('halves')
    async function* failing() {
      yield new Uint8Array(20_000_000)
      throw new Error('source broke')
    }
    await expect(store.put('some/object', failing())).rejects.toThrow('source broke')
    const answer = await fetch(`${emulator?.url}/storage/v1/b/halves/o`)
    expect(((await answer.json()) as { items?: unknown[] }).items ?? []).toEqual([])
  })

  it('takes a missing bucket for a failure', async () => {
    await using store = createStore('nowhere')
    await expect(store.check()).rejects.toMatchObject({ code: 'google-storage-refused', status: 404 })
    await expect(store.put('a', new Uint8Array(1))).rejects.toMatchObject({ code: 'google-storage-refused', status: 404 })
  })
})
