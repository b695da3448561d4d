import { Float } from '@weft/contracts'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openEventStream, type StreamedEvent, streamEvents } from './event-stream.ts'

let server: FastifyInstance
let base: string
let aborted: string[]
beforeEach(async () => {
  aborted = []
  server = fastify({ forceCloseConnections: 'idle' }) as unknown as FastifyInstance
  server.decorate('openStreams', new Set<{ stop(): void }>())
  server.addHook('onRequest', async (_request, reply) => void reply.header('x-version', '1.9.1'))
  server.addHook('preClose', async () => {
    for (const stream of server.openStreams) stream.stop()
  })
  server.get('/three', (_request, reply) =>
    streamEvents(reply, () => from([{ id: 1, data: { n: new Float(1) } }, { data: 'plain' }, { id: 'x', data: [1] }])),
  )
  server.get('/endless', (_request, reply) =>
    streamEvents(reply, async function* (signal) {
      signal.addEventListener('abort', () => aborted.push(String(signal.reason.message)))
      for (let id = 1; !signal.aborted; id++) {
        yield { id, data: 'x'.repeat(10_000) }
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    }),
  )
  server.get('/quiet', (_request, reply) => void openEventStream(reply))
  base = await server.listen({ port: 0 })
})
afterEach(() => server.close())

async function* from(events: StreamedEvent[]) {
  yield* events
}

test('events carry their id first, then JSON data, and the stream ends', async () => {
  const response = await fetch(`${base}/three`)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.get('x-version')).toBe('1.9.1')
  expect(await response.text()).toBe('id: 1\ndata: {"n":1.0}\n\ndata: plain\n\nid: x\ndata: [1]\n\n')
  expect(server.openStreams.size).toBe(0)
})

test('a client that leaves aborts the signal and ends the work', async () => {
  const leaving = new AbortController()
  const response = await fetch(`${base}/endless`, { signal: leaving.signal })
  await response.body?.getReader().read()
  leaving.abort()
  await vi.waitFor(() => expect(aborted).toEqual(['the client has left']))
  expect(server.openStreams.size).toBe(0)
})

test('a server that stops ends its streams on a whole event', async () => {
  const response = await fetch(`${base}/endless`)
  const text = response.text()
  await vi.waitFor(() => expect(server.openStreams.size).toBe(1))
  await new Promise(resolve => setTimeout(resolve, 50))
  await server.close()
  expect(aborted).toEqual(['the server is stopping'])
  expect(await text).toMatch(/(id: \d+\ndata: x{10000}\n\n)+$/)
})

test('a quiet stream is kept alive by pings', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const response = await fetch(`${base}/quiet`)
    vi.advanceTimersByTime(10_000)
    const { value } = (await response.body?.getReader().read()) ?? {}
    expect(new TextDecoder().decode(value)).toBe('event: ping\n\n')
  } finally {
    vi.useRealTimers()
  }
})
