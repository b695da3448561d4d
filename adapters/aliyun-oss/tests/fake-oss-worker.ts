import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type FakeOssOptions, startFakeOss } from './fake-oss-server.ts'

/** The fake in a thread of its own, so that what it holds in memory is not taken for the adapter's. */
export async function startFakeOssThread(options: FakeOssOptions): Promise<AsyncDisposable & { url: string }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { fakeOss: options } })
  const [url] = (await once(worker, 'message')) as [string]
  return {
    url,
    async [Symbol.asyncDispose]() {
      worker.postMessage('stop')
      await once(worker, 'exit')
    },
  }
}

if (!isMainThread && workerData?.fakeOss) {
  const server = await startFakeOss(workerData.fakeOss)
  parentPort?.once('message', () => server[Symbol.asyncDispose]())
  parentPort?.postMessage(server.url)
}
