import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { storageEmulatorOrSkip } from '@weft/testkit/storage'
import { objectStoreSuite } from '@weft/testkit/suites'
import { afterAll, describe, expect, it } from 'vitest'
import { createAzureBlobObjectStore } from './azure-blob-object-store.ts'

/** Azurite's own account, the same everywhere. */
const accountName = 'devstoreaccount1'
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

const emulator = await storageEmulatorOrSkip('azureBlob')
afterAll(() => emulator?.[Symbol.asyncDispose]())
const accountUrl = `${emulator?.url}/${accountName}`

const createStore = (container: string) => createAzureBlobObjectStore({ container, accountName, accountKey, accountUrl })

async function createContainer(name: string) {
  const service = new BlobServiceClient(accountUrl, new StorageSharedKeyCredential(accountName, accountKey))
  const { containerClient } = await service.createContainer(name)
  return containerClient
}

describe.skipIf(!emulator)('AzureBlobObjectStore', () => {
  objectStoreSuite('Azure Blob', async () => {
    await createContainer('suite')
    return createStore('suite')
  })

  it('shows nothing of an upload whose source fails', async () => {
    const container = await createContainer('halves')
    await using store = await createStore('halves')
    async function* failing() {
      yield new Uint8Array(20_000_000)
      throw new Error('source broke')
    }
    await expect(store.put('some/object', failing())).rejects.toThrow('source broke')
    const names: string[] = []
    for await (const blob of container.listBlobsFlat()) names.push(blob.name)
    expect(names).toEqual([])
  })

  it('takes a missing container for a failure, not for a missing object', async () => {
    await using store = await createStore('nowhere')
    await expect(store.check()).rejects.toMatchObject({ code: 'ContainerNotFound' })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'ContainerNotFound' })
    await expect(store.put('a', new Uint8Array(1))).rejects.toMatchObject({ code: 'ContainerNotFound' })
    await expect(store.size('a')).rejects.toMatchObject({ statusCode: 404 })
    await expect(store.delete('a')).rejects.toMatchObject({ code: 'ContainerNotFound' })
  })

  it('refuses a wrong key', async () => {
    await using store = await createAzureBlobObjectStore({ container: 'suite', accountName, accountKey: 'd3Jvbmc=', accountUrl })
    await expect(store.check()).rejects.toMatchObject({ statusCode: 403 })
  })
})
