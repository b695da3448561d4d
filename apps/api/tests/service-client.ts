import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import type { TestMember, TestPlatform } from '@weft/testkit/platform'
import { expect } from 'vitest'
import type { z } from 'zod'

/** One message of a `text/event-stream` answer. */
export interface StreamEvent {
  id: string
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect in it
  data: any
}

export interface ServiceAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect in it
  body: any
}

/**
 * A program with an app's key, over a real connection: streams arrive as they are sent. Whatever succeeds is held against what the
 * route's declaration promises.
 */
export interface ServiceClient {
  appId: string
  key: string
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ServiceAnswer>
  /** Reads a stream to its end, or until `until` says that an event was the last of interest; then the client leaves. */
  stream(
    method: string,
    path: string,
    body?: unknown,
    options?: { until?: (event: StreamEvent) => boolean | Promise<boolean>; headers?: Record<string, string> },
  ): Promise<StreamEvent[]>
}

/** Makes the server listen, on the first call, and gives where. */
export async function listen({ server }: TestPlatform): Promise<string> {
  if (!server.server.listening) await server.listen({ port: 0, host: '127.0.0.1' })
  return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
}

export const readFixture = (name: string): Promise<string> => readFile(new URL(`fixtures/${name}.yml`, import.meta.url), 'utf8')

/** Imports and publishes an app. */
export async function publishApp(member: TestMember, yaml_content: string): Promise<{ appId: string; key: string }> {
  const imported = await member.call('POST', '/apps/imports', { mode: 'yaml-content', yaml_content })
  const appId: string | null = imported.body?.app_id
  if (!appId) throw new Error(`not imported: ${imported.text}`)
  const published = await member.call('POST', `/apps/${appId}/workflows/publish`, {})
  if (published.status !== 200) throw new Error(`not published: ${published.text}`)
  const { body } = await member.call('POST', `/apps/${appId}/api-keys`)
  return { appId, key: body.token }
}

/** A client of an app that is imported and published for it. */
export async function createServiceClient(weft: TestPlatform, member: TestMember, yaml: string): Promise<ServiceClient> {
  const base = await listen(weft)
  const { appId, key } = await publishApp(member, yaml)
  const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${base}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  return {
    appId,
    key,
    async call(method, path, body, headers) {
      const response = await send(method, path, body, headers)
      const text = await response.text()
      const isJson = text && response.headers.get('content-type')?.startsWith('application/json')
      const answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
      if (isJson && response.ok) expectShape(routeOf(weft, method, path).response, answer.body)
      return answer
    },
    async stream(method, path, body, { until, headers } = {}) {
      const route = routeOf(weft, method, path)
      const leaving = new AbortController()
      const response = await send(method, path, body, headers, leaving.signal)
      const type = response.headers.get('content-type')
      if (!response.body || type !== 'text/event-stream') throw new Error(`no stream: ${response.status} ${await response.text()}`)
      const events: StreamEvent[] = []
      let text = ''
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + chunk).split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) {
          const lines = Object.fromEntries(block.split('\n').map(line => line.split(/: (.*)/s) as [string, string]))
          if (!lines.data) continue
          const event = { id: lines.id ?? '', data: JSON.parse(lines.data) }
          expectShape(route.events, event.data)
          events.push(event)
          if (!(await until?.(event))) continue
          leaving.abort()
          return events
        }
      }
      return events
    },
  }
}

function routeOf({ server }: TestPlatform, method: string, path: string) {
  const { routes = [] } = server.surfaces.find(({ name }) => name === 'service') ?? {}
  const [plain = ''] = path.split('?')
  const matching = routes.filter(route => route.method === method && new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+')}$`).test(plain))
  // A path of fixed words comes before one with places in it.
  const [route] = matching.toSorted((left, right) => left.path.split(':').length - right.path.split(':').length)
  if (!route) throw new Error(`no such route: ${method} ${path}`)
  return route
}

/** All that the shape asks for is there, and nothing that it does not know. */
function expectShape(shape: z.ZodType | undefined, value: unknown) {
  if (!shape) throw new Error('the route declares no such answer')
  expect(shape.parse(value)).toEqual(value)
}

export const namesOf = (events: StreamEvent[]): string[] => events.map(({ data }) => data.event)
/** The text of a chat's or workflow's stream. */
export const textOf = (events: StreamEvent[]): string =>
  events.map(({ data }) => (data.event === 'message' ? data.answer : data.event === 'text_chunk' ? data.data.text : '')).join('')
