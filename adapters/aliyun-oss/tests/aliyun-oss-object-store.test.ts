import { createLoopbackHttpClient } from '@weft/testkit'
import { objectStoreSuite } from '@weft/testkit/suites'
import { afterAll, describe, expect, it } from 'vitest'
import { AliyunOssObjectStore, type AliyunOssOptions } from '../src/index.ts'
import { UNFINISHED_UPLOADS } from './fake-oss-server.ts'
import { startFakeOssThread } from './fake-oss-worker.ts'

const credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' }
const server = await startFakeOssThread({ bucket: 'weft', credentials, region: 'cn-hangzhou' })
afterAll(() => server[Symbol.asyncDispose]())

const v4: AliyunOssOptions = { bucket: 'weft', endpoint: server.url, credentials, signature: { version: 'v4', region: 'cn-hangzhou' } }
const v1: AliyunOssOptions = { ...v4, signature: { version: 'v1' } }

const open = (options: AliyunOssOptions) => new AliyunOssObjectStore(options, createLoopbackHttpClient())

objectStoreSuite('Aliyun OSS, signed by version 4,', async () => open({ ...v4, folder: 'suite-4' }))
objectStoreSuite('Aliyun OSS, signed by version 1,', async () => open({ ...v1, folder: '/suite 1/' }))

describe('AliyunOssObjectStore', () => {
  it('leaves no half of an upload behind when the source fails', async () => {
    await using store = open(v4)
    async function* failing() {
      yield new Uint8Array(20_000_000)
      throw new Error('source broke')
    }
    await expect(store.put('some/object', failing())).rejects.toThrow('source broke')
    expect(await (await fetch(`${server.url}${UNFINISHED_UPLOADS}`)).text()).toBe('0')
  })

  it('keeps what is in its folder apart', async () => {
    await using inside = open({ ...v4, folder: 'a/folder' })
    await using outside = open(v4)
    await inside.put('object', new Uint8Array(3))
    expect(await outside.size('object')).toBeUndefined()
    expect(await outside.size('a/folder/object')).toBe(3)
  })

  it('says by OSS’s own code why it was refused', async () => {
    await using wrongKey = open({ ...v4, credentials: { ...credentials, accessKeySecret: 'wrong' } })
    await expect(wrongKey.check()).rejects.toMatchObject({ status: 403, vendorCode: 'SignatureDoesNotMatch' })
    await using noBucket = open({ ...v4, bucket: 'nowhere' })
    await expect(noBucket.get('a')).rejects.toMatchObject({ status: 404, vendorCode: 'NoSuchBucket' })
  })
})
