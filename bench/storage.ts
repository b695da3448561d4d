// What memory a large object takes on its way through each object store: node bench/storage.ts [megabytes] [store …]
// Each store runs in a process of its own against a real server or the vendor's emulator, so that nothing else is counted.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ObjectStore } from '@weft/ports'
import { type StorageEmulatorName, startStorageEmulator } from '@weft/services/storage'

const MEGABYTE = 1024 * 1024
const LIMIT_MEGABYTES = 100
const OSS = { bucket: 'bench', credentials: { accessKeyId: 'ak', accessKeySecret: 'sk' }, region: 'cn-hangzhou' }
const AZURITE = {
  container: 'bench',
  accountName: 'devstoreaccount1',
  accountKey: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
}

interface Server extends AsyncDisposable {
  url: string
}

/** Servers run in the first process, stores in the second. */
const STORES: Record<string, { serve: () => Promise<Server>; open: (url: string) => Promise<ObjectStore> }> = {
  disk: {
    async serve() {
      const folder = await mkdtemp(join(tmpdir(), 'weft-bench-'))
      return { url: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
    },
    async open(folder) {
      const { DiskObjectStore } = await import('@weft/adapter-disk')
      return new DiskObjectStore(folder)
    },
  },
  s3: {
    serve: () => emulator('s3'),
    async open(endpoint) {
      const { S3ObjectStore } = await import('@weft/adapter-s3')
      return new S3ObjectStore({ bucket: 'bench', endpoint, credentials: { accessKeyId: 'weft', secretAccessKey: 'secret' } })
    },
  },
  'azure-blob': {
    serve: () => emulator('azureBlob'),
    async open(url) {
      const { createAzureBlobObjectStore } = await import('@weft/adapter-azure-blob')
      const { BlobServiceClient, StorageSharedKeyCredential } = await import('@azure/storage-blob')
      const { container, accountName, accountKey } = AZURITE
      const accountUrl = `${url}/${accountName}`
      await new BlobServiceClient(accountUrl, new StorageSharedKeyCredential(accountName, accountKey)).createContainer(container)
      return createAzureBlobObjectStore({ ...AZURITE, accountUrl })
    },
  },
  'google-storage': {
    serve: () => emulator('googleStorage'),
    async open(url) {
      const { createGoogleStorageObjectStore } = await import('@weft/adapter-google-storage')
      await fetch(`${url}/storage/v1/b`, { method: 'POST', body: JSON.stringify({ name: 'bench' }) })
      return createGoogleStorageObjectStore({ bucket: 'bench', emulator: url })
    },
  },
  'aliyun-oss': {
    async serve() {
      const { startFakeOssThread } = await import('../adapters/aliyun-oss/tests/fake-oss-worker.ts')
      return startFakeOssThread(OSS)
    },
    async open(endpoint) {
      const { AliyunOssObjectStore } = await import('@weft/adapter-aliyun-oss')
      const { createGatedHttpClient, parseAllowedTargets } = await import('@weft/adapter-outbound')
      const { bucket, credentials, region } = OSS
      return new AliyunOssObjectStore(
        { bucket, credentials, endpoint, signature: { version: 'v4', region } },
        createGatedHttpClient({ allowedTargets: parseAllowedTargets('127.0.0.1') }),
      )
    },
  },
}

async function emulator(name: StorageEmulatorName): Promise<Server> {
  return startStorageEmulator(name)
}

/** Peak of all memory of the process above what it had with the store open, and seconds each way. */
async function measure(name: string, url: string, megabytes: number) {
  await using store = await STORES[name]?.open(url)
  if (!store) throw new Error(`no store ${name}`)
  // What is loaded and compiled at first use is no part of the object.
  await store.put('warm', chunks(20))
  await drain(store, 'warm')
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 20)
  const started = performance.now()
  await store.put('large', chunks(megabytes))
  const written = performance.now()
  const size = await drain(store, 'large')
  const read = performance.now()
  clearInterval(watch)
  if (size !== megabytes * MEGABYTE) throw new Error(`${name} gave ${size} bytes back`)
  await store.delete('large')
  return { extra: (peak - before) / MEGABYTE, put: (written - started) / 1000, get: (read - written) / 1000 }
}

async function* chunks(megabytes: number) {
  // New bytes each time, as a socket gives them.
  for (let index = 0; index < megabytes * 16; index++) yield new Uint8Array(MEGABYTE / 16).fill(index)
}

async function drain(store: ObjectStore, key: string): Promise<number> {
  let size = 0
  for await (const chunk of (await store.get(key)).body) size += chunk.byteLength
  return size
}

const [role = '', ...rest] = process.argv.slice(2)
if (role === '--measure') {
  const [name = '', url = '', megabytes = ''] = rest
  console.log(JSON.stringify(await measure(name, url, Number(megabytes))))
} else {
  const megabytes = Number(role || 1024)
  let isOver = false
  for (const name of rest.length ? rest : Object.keys(STORES)) {
    await using server = await STORES[name]?.serve()
    if (!server) throw new Error(`no store ${name}`)
    const child = spawn(process.execPath, ['--expose-gc', import.meta.filename, '--measure', name, server.url, String(megabytes)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
    const { extra, put, get } = JSON.parse(output)
    isOver ||= extra > LIMIT_MEGABYTES
    const figures = `${extra.toFixed(0)} MB of extra memory, put ${put.toFixed(1)} s, get ${get.toFixed(1)} s`
    console.log(`${name.padEnd(15)} ${megabytes} MB: ${figures}${extra > LIMIT_MEGABYTES ? ' (too much)' : ''}`)
  }
  process.exitCode = isOver ? 1 : 0
}
