import { connect, createServer } from 'node:net'
import { listenPrivately } from './run-sockets.ts'

/** A socket whose connections go to the proxy and nowhere else: what the sandbox has instead of a network. */
export async function openProxySocket(path: string, proxyUrl: URL): Promise<AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }, near => {
    const far = connect({ host: proxyUrl.hostname.replace(/^\[|\]$/g, ''), port: Number(proxyUrl.port) || 80, allowHalfOpen: true })
    const end = () => {
      near.destroy()
      far.destroy()
    }
    near.on('error', end)
    far.on('error', end)
    near.pipe(far).pipe(near)
  })
  await listenPrivately(server, path)
  return {
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}
