import { once } from 'node:events'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from './support/cluster.ts'
import { EmbeddedVictim } from './support/embedded-victim.ts'
import { isAfter, readEvents, type StreamEvent } from './support/event-stream.ts'
import { answerTo, type MockModel, startMockModel } from './support/mock-model.ts'
import { WeftConsole } from './support/weft-client.ts'

let model: MockModel
beforeAll(async () => {
  model = await startMockModel({ chunkDelay: 100 })
})
afterAll(async () => model?.[Symbol.asyncDispose]())

interface Stream {
  taskId: string
  events: StreamEvent[]
  /** Settles when the stream has ended; throws where it broke or ended within an event. */
  ended: Promise<void>
  /** Settles when text has come. */
  speaking: Promise<void>
}

function follow(response: Response, events: StreamEvent[] = []): Stream {
  const speaking = Promise.withResolvers<void>()
  const stream: Stream = { taskId: '', events, speaking: speaking.promise, ended: Promise.resolve() }
  const read = async () => {
    for await (const event of readEvents(response)) {
      const last = events.at(-1)?.id ?? '0'
      if (!event.id || !isAfter(event.id, last)) throw new Error(`event ${event.id} after ${last}`)
      events.push(event)
      stream.taskId = event.data.task_id
      if (event.data.event === 'text_chunk') speaking.resolve()
    }
  }
  stream.ended = read()
  stream.ended.catch(speaking.reject)
  return stream
}

const start = (base: string, key: string, tag: string) =>
  fetch(`${base}/v1/workflows/run`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: { tag }, response_mode: 'streaming', user: 'stop' }),
  })

/** Waits for the answer, over a connection that nobody uses again. */
async function block(base: string, key: string, tag: string): Promise<unknown> {
  const call = request(`${base}/v1/workflows/run`, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  })
  call.end(JSON.stringify({ inputs: { tag }, response_mode: 'blocking', user: 'stop' }))
  const [response] = await once(call, 'response')
  return json(response)
}

const rejoin = (base: string, key: string, { taskId, events }: Stream) =>
  fetch(`${base}/v1/tasks/${taskId}/events?user=stop`, {
    headers: { authorization: `Bearer ${key}`, 'last-event-id': events.at(-1)?.id ?? '' },
  })

function expectWhole(events: StreamEvent[], tag: string) {
  const text = answerTo(`Tell of ${tag}`)
  expect(events.at(-1)?.data).toMatchObject({ event: 'workflow_finished', data: { status: 'succeeded', outputs: { text } } })
  expect(events.map(({ data }) => (data.event === 'text_chunk' ? data.data.text : '')).join('')).toBe(text)
}

test('a process that is asked to end closes its streams on a whole event, and goes on when it starts again', async () => {
  await using weft = await EmbeddedVictim.start()
  const weftConsole = new WeftConsole(weft.url)
  await weftConsole.prepare(model.url)
  const { key } = await weftConsole.install('one-model.yml')
  const tags = Array.from({ length: 5 }, (_, index) => `embedded${index}`)
  const streams = await Promise.all(tags.map(async tag => follow(await start(weft.url, key, tag))))
  await Promise.all(streams.map(stream => stream.speaking))

  const asked = performance.now()
  const exitCode = await weft.stop()
  const took = performance.now() - asked
  await Promise.all(streams.map(stream => stream.ended))
  expect(exitCode).toBe(0)
  expect(took).toBeLessThan(10_000)
  for (const { events } of streams) expect(events.at(-1)?.data.event).not.toBe('workflow_finished')

  await weft.restart()
  for (const [index, stream] of streams.entries()) {
    await follow(await rejoin(weft.url, key, stream), stream.events).ended
    expectWhole(stream.events, tags[index] ?? '')
  }
})

test('another process goes on at once with what a stopping one hands back, and its waiting callers get their answers', async () => {
  await using cluster: Cluster = await startCluster()
  const weftConsole = new WeftConsole(cluster.url)
  await weftConsole.prepare(model.url)
  const { key } = await weftConsole.install('one-model.yml')
  const [leaving, staying] = cluster.apis
  if (!leaving || !staying) throw new Error('no api processes')
  const tags = Array.from({ length: 5 }, (_, index) => `cluster${index}`)
  const streams = await Promise.all(tags.map(async tag => follow(await start(leaving.url, key, tag))))
  const blocking = block(leaving.url, key, 'blocking')
  await Promise.all(streams.map(stream => stream.speaking))

  const asked = performance.now()
  const stopped = leaving.kill('SIGTERM')
  await Promise.all(streams.map(stream => stream.ended))
  const continued = await Promise.all(
    streams.map(async stream => {
      const seen = stream.events.length
      const rest = follow(await rejoin(staying.url, key, stream), stream.events)
      while (stream.events.length === seen) await new Promise(done => setTimeout(done, 10))
      const took = performance.now() - asked
      await rest.ended
      return took
    }),
  )
  for (const [index, stream] of streams.entries()) expectWhole(stream.events, tags[index] ?? '')
  // The model says its text again, and what is known of it is left out: new text takes as long as the model needs to get there.
  expect(Math.max(...continued)).toBeLessThan(10_000)
  expect(await blocking).toMatchObject({ data: { status: 'succeeded', outputs: { text: answerTo('Tell of blocking') } } })
  await stopped
  expect(leaving.child.exitCode).toBe(0)
})
