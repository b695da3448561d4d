import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Resolver } from '@weft/adapter-outbound'
import { readSsrfProxySettings } from '../src/settings.ts'
import { type RunningSsrfProxy, startSsrfProxy } from '../src/start-ssrf-proxy.ts'

export interface TestServer extends AsyncDisposable {
  port: number
  hits: number
}

export async function startServer(listener: RequestListener): Promise<TestServer> {
  const server: Server = createServer((request, response) => {
    started.hits++
    listener(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const started: TestServer = {
    port: (server.address() as AddressInfo).port,
    hits: 0,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
  return started
}

export type TestProxy = RunningSsrfProxy & AsyncDisposable & { port: number }

export async function startProxy(variables: Record<string, string> = {}, resolver?: Resolver): Promise<TestProxy> {
  const settings = readSsrfProxySettings({
    SSRF_HTTP_PORT: '0',
    SSRF_PROXY_BIND_ADDRESS: '127.0.0.1',
    SSRF_PROXY_METRICS_PORT: '0',
    ...variables,
  })
  const proxy = await startSsrfProxy(settings, resolver)
  return { ...proxy, port: Number(new URL(proxy.url).port), [Symbol.asyncDispose]: () => proxy.stop() }
}

/** Sends bytes as they are, and gives all that comes back until the other end is done, or has nothing to say for a while. */
export function raw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.setTimeout(3000, () => socket.destroy())
    socket.on('data', chunk => (text += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.on('end', () => socket.destroy())
  })
}

export interface Got {
  status: number
  headers: IncomingMessage['headers']
  text: string
}

/** A request through the proxy, in the absolute form. */
export function through(
  port: number,
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path: url, method: options.method ?? 'GET', headers: options.headers, agent: false },
      async answer => {
        let text = ''
        try {
          for await (const chunk of answer) text += chunk
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
        } catch (error) {
          reject(error)
        }
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}
