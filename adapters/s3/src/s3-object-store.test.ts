import { CreateBucketCommand, HeadBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { storageEmulatorOrSkip } from '@weft/testkit/storage'
import { objectStoreSuite } from '@weft/testkit/suites'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { S3ObjectStore, type S3Options } from './s3-object-store.ts'

const emulator = await storageEmulatorOrSkip('s3')
afterAll(() => emulator?.[Symbol.asyncDispose]())

const credentials = { accessKeyId: 'weft', secretAccessKey: 'secret' }
const options = (bucket: string): S3Options => ({ bucket, endpoint: emulator?.url, region: 'us-east-1', credentials })

describe.skipIf(!emulator)('S3ObjectStore', () => {
  objectStoreSuite('S3', async () => new S3ObjectStore(options('suite')))

  let client: S3Client
  beforeAll(() => {
    client = new S3Client({ endpoint: emulator?.url, region: 'us-east-1', credentials, forcePathStyle: true })
  })
  afterAll(() => client.destroy())

  it('makes its bucket when it is first used', async () => {
    await using store = new S3ObjectStore(options('made-on-demand'))
    await expect(client.send(new HeadBucketCommand({ Bucket: 'made-on-demand' }))).rejects.toMatchObject({ name: 'NotFound' })
    await store.check()
    await client.send(new HeadBucketCommand({ Bucket: 'made-on-demand' }))
  })

  it('uses a bucket that is there', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'there' }))
    await using store = new S3ObjectStore(options('there'))
    expect(await store.put('a', new Uint8Array(3))).toEqual({ size: 3 })
  })

  it('leaves no half of an upload behind when the source fails', async () => {
    await using store = new S3ObjectStore(options('halves'))
    async function* failing() {
      yield new Uint8Array(20_000_000)
      throw new Error('source broke')
    }
    await expect(store.put('some/object', failing())).rejects.toThrow('source broke')
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'halves' }))
    expect(Uploads ?? []).toEqual([])
  })

  it('fails where nobody answers', async () => {
    await using store = new S3ObjectStore({ ...options('nobody'), endpoint: 'http://127.0.0.1:9' })
    await expect(store.check()).rejects.toThrow('ECONNREFUSED')
    await expect(store.get('a')).rejects.toThrow('ECONNREFUSED')
  })
})
