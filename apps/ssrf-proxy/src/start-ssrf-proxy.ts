import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import type { Resolver } from '@weft/adapter-outbound'
import { SsrfProxy } from './proxy.ts'
import type { SsrfProxySettings } from './settings.ts'

export interface RunningSsrfProxy {
  url: string
  /** Where the metrics are; undefined where they are served nowhere. */
  metricsUrl: string | undefined
  stop(): Promise<void>
}

/** @param resolver the system's unless given */
export async function startSsrfProxy(settings: SsrfProxySettings, resolver?: Resolver): Promise<RunningSsrfProxy> {
  const proxy = new SsrfProxy(settings, resolver)
  const url = await listen(proxy.server, settings.port, settings.address)
  // Apart from the proxy's port, which programs in the sandbox can reach.
  const metrics = createServer((request, response) => {
    if (request.url !== '/metrics') response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(proxy.metrics.print())
  })
  let metricsUrl: string | undefined
  try {
    if (settings.metricsPort !== undefined) metricsUrl = `${await listen(metrics, settings.metricsPort, '127.0.0.1')}/metrics`
  } catch (error) {
    await proxy.stop()
    throw error
  }
  return {
    url,
    metricsUrl,
    async stop() {
      metrics.close()
      metrics.closeAllConnections()
      await proxy.stop()
    },
  }
}

async function listen(server: Server, port: number, address: string): Promise<string> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve))
  const { port: actual } = server.address() as AddressInfo
  return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${actual}`
}
