import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEmbeddedPostgres } from '@weft/adapter-embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'

let folder: string
let port: number
const running = new Set<ChildProcess>()
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-command-'))
  port = await freePort()
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  // A killed Weft leaves its PostgreSQL to the next start: here that is us.
  const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres') })
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
  })
  return promise
}

function weft(parameters: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts'), ...parameters], {
    env: { PATH: process.env.PATH, PORT: String(port), WEFT_DATA_DIR: folder, ...environment },
    cwd: folder,
    detached: true,
  })
  running.add(child)
  const exited = Promise.withResolvers<number | null>()
  child.on('exit', code => {
    running.delete(child)
    exited.resolve(code)
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  return { child, exited: exited.promise, output: () => output }
}

async function ready(process: ReturnType<typeof weft>): Promise<number> {
  const start = performance.now()
  while (process.child.exitCode === null) {
    const response = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined)
    if (response?.ok) return performance.now() - start
    await sleep(20)
  }
  throw new Error(`weft ended: ${process.output()}`)
}

test('explains itself, refuses what it does not know, and names bad settings', { timeout: 60_000 }, async () => {
  const [help, unknown, bad] = [weft(['--help']), weft(['fly']), weft(['start'], { PORT: 'many' })]
  expect(await help.exited).toBe(0)
  expect(help.output()).toMatch(/rotate-secret-key[\s\S]*api[\s\S]*worker|worker[\s\S]*api/)
  expect(await unknown.exited).toBe(2)
  expect(await bad.exited).toBe(1)
  expect(bad.output()).toContain('PORT must be a whole number from 0 to 65535, not many')
})

test('keeps everything over a graceful stop, a kill of the whole group, and a change of the key', { timeout: 120_000 }, async () => {
  // biome-ignore lint/suspicious/noExplicitAny: the test says what it expects in it
  const api = async (method: string, path: string, body?: unknown): Promise<any> =>
    (
      await fetch(`http://127.0.0.1:${port}/console/api${path}`, {
        method,
        ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
      })
    ).json()
  const ada = { email: 'ada@example.com', name: 'Ada', password: 'passw0rd1' }

  const first = weft([])
  await ready(first)
  await api('POST', '/setup', ada)
  const { data: tokens } = await api('POST', '/login', ada)
  first.child.kill('SIGTERM')
  expect(await first.exited).toBe(0)

  const second = weft([])
  // The bound is 3 s on a quiet machine.
  expect(await ready(second)).toBeLessThan(10_000)
  const renewed = await api('POST', '/refresh-token', { refresh_token: tokens.refresh_token })
  expect(renewed.result).toBe('success')
  process.kill(-(second.child.pid ?? 0), 'SIGKILL')
  await second.exited

  const third = weft([])
  await ready(third)
  expect((await api('POST', '/refresh-token', { refresh_token: renewed.data.refresh_token })).result).toBe('success')
  third.child.kill('SIGINT')
  expect(await third.exited).toBe(0)

  const rotation = weft(['rotate-secret-key'])
  expect(await rotation.exited).toBe(0)
  const fourth = weft([])
  await ready(fourth)
  expect((await api('POST', '/login', ada)).result).toBe('success')
  fourth.child.kill('SIGTERM')
  expect(await fourth.exited).toBe(0)
})
