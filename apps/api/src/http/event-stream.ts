import { once } from 'node:events'
import { stringifyJson } from '@weft/contracts'
import type { FastifyReply } from 'fastify'

export interface StreamedEvent {
  /** Lets the client come back for what follows it. */
  id?: string | number
  /** Sent as JSON; a text is sent as it is. */
  data: unknown
}

/** One `text/event-stream` answer. */
export interface EventStream {
  /** Done when the connection can take more. Does nothing once the client has gone. */
  send(event: StreamedEvent): Promise<void>
  /** Ends the answer. */
  close(): void
  /** Aborted when the client leaves or the server stops; not by `close`. */
  readonly signal: AbortSignal
}

const PING = 'event: ping\n\n'
const PING_MILLISECONDS = 10_000

/** The streams that are open on a server, so that it can end them when it stops. */
export type OpenStreams = Set<{ stop(): void }>

/** Turns the reply into a stream of events. Keeps it alive with pings. Headers that hooks have set go along. */
export function openEventStream(reply: FastifyReply): EventStream {
  reply.hijack()
  const { raw } = reply
  const streams: OpenStreams = reply.server.openStreams
  const abort = new AbortController()
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  })
  raw.flushHeaders()

  const pings = setInterval(() => raw.write(PING), PING_MILLISECONDS)
  const finish = () => {
    clearInterval(pings)
    streams.delete(entry)
  }
  const entry = {
    stop() {
      abort.abort(new Error('the server is stopping'))
      close()
    },
  }
  function close() {
    finish()
    if (!raw.writableEnded) raw.end()
  }
  streams.add(entry)
  raw.on('close', () => {
    finish()
    if (!raw.writableFinished) abort.abort(new Error('the client has left'))
  })
  raw.on('error', finish)

  return {
    signal: abort.signal,
    close,
    async send({ id, data }) {
      if (raw.writableEnded || raw.destroyed) return
      const text = `${id === undefined ? '' : `id: ${id}\n`}data: ${typeof data === 'string' ? data : stringifyJson(data)}\n\n`
      if (!raw.write(text)) await Promise.race([once(raw, 'drain'), once(raw, 'close')]).catch(() => undefined)
    },
  }
}

/** Streams the events to their end, or until the client leaves or the server stops; then `events` is returned early. */
export async function streamEvents(reply: FastifyReply, events: (signal: AbortSignal) => AsyncIterable<StreamedEvent>): Promise<void> {
  const stream = openEventStream(reply)
  try {
    for await (const event of events(stream.signal)) {
      if (stream.signal.aborted) break
      await stream.send(event)
    }
  } catch (error) {
    if (!stream.signal.aborted) reply.log.error({ err: error }, 'stream failed')
  } finally {
    stream.close()
  }
}
