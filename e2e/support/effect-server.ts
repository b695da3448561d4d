import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that arrived. */
export interface Effect {
  /** Names the effect: two requests to one path are the same effect. */
  path: string
  key: string | undefined
  body: string
  /** Milliseconds since the epoch. */
  at: number
}

export interface EffectServer extends AsyncDisposable {
  readonly url: string
  readonly effects: Effect[]
}

/** An outside system: records what it is asked to do, and answers after a pause with the path. */
export async function startEffectServer(options: { delay?: number } = {}): Promise<EffectServer> {
  const effects: Effect[] = []
  const server = createServer((request, response) => {
    // Counts from its arrival: whoever asked may be dead before the answer.
    const effect: Effect = { path: request.url ?? '', key: request.headers['x-idempotency-key']?.toString(), body: '', at: Date.now() }
    effects.push(effect)
    request.on('data', chunk => (effect.body += chunk))
    request.on('end', () => {
      setTimeout(() => response.writeHead(200, { 'content-type': 'text/plain' }).end(`done ${effect.path}`), options.delay ?? 5)
    })
    request.on('error', () => undefined)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    effects,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}
