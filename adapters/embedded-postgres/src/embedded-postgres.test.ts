import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { isProcessAlive } from './postmaster.ts'

let base: string
let folder: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'weft-pg-'))
  folder = join(base, 'postgres')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

async function query(server: EmbeddedPostgres, text: string): Promise<unknown[]> {
  const { host, port, user, password, database } = server
  const client = new Client({ host, port, user, password, database })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const pidOf = async () => Number((await readFile(join(folder, 'data/postmaster.pid'), 'utf8')).split('\n', 1)[0])

async function untilDead(pid: number) {
  while (isProcessAlive(pid)) await sleep(10)
}

/** Another process that starts or joins the server and then waits. */
async function startElsewhere() {
  const code = `import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, 'embedded-postgres.ts'))}
    const server = await startEmbeddedPostgres({ folder: ${JSON.stringify(folder)} })
    console.log('up', server.isStarter)
    process.on('SIGTERM', async () => { await server.stop(); process.exit(0) })
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise, resolve } = Promise.withResolvers<string>()
  child.stdout.on('data', chunk => resolve(String(chunk)))
  const said = await promise
  return { pid: child.pid ?? 0, isStarter: said.includes('true'), kill: (signal: NodeJS.Signals) => child.kill(signal) }
}

test('keeps data over a restart, and starts quickly the second time', async () => {
  const first = await startEmbeddedPostgres({ folder })
  await query(first, 'create table notes as select 1 as id')
  await first.stop()
  expect(existsSync(join(folder, 'data/postmaster.pid'))).toBe(false)
  const start = performance.now()
  await using second = await startEmbeddedPostgres({ folder })
  expect(performance.now() - start).toBeLessThan(1000)
  expect(await query(second, 'select * from notes')).toEqual([{ id: 1 }])
})

test('is durable, in UTF-8, and lets nobody in without the password', async () => {
  await using server = await startEmbeddedPostgres({ folder })
  expect(await query(server, "select current_setting('fsync') as fsync, current_setting('server_encoding') as encoding")).toEqual([
    { fsync: 'on', encoding: 'UTF8' },
  ])
  await expect(query({ ...server, password: 'guess', host: server.host } as EmbeddedPostgres, 'select 1')).rejects.toThrow(/password/)
})

test('starts together in one folder share one server, and the last to leave stops it', async () => {
  const servers = await Promise.all([
    startEmbeddedPostgres({ folder }),
    startEmbeddedPostgres({ folder }),
    startEmbeddedPostgres({ folder }),
  ])
  expect(servers.filter(server => server.isStarter)).toHaveLength(1)
  const pid = await pidOf()
  await servers[0]?.stop()
  await servers[1]?.stop()
  expect(await query(servers[2] as EmbeddedPostgres, 'select 1 as one')).toEqual([{ one: 1 }])
  await servers[2]?.stop()
  await untilDead(pid)
})

test('a server that another process started is joined, and outlives that process', async () => {
  const other = await startElsewhere()
  expect(other.isStarter).toBe(true)
  await using server = await startEmbeddedPostgres({ folder })
  expect(server.isStarter).toBe(false)
  other.kill('SIGTERM')
  await untilDead(other.pid)
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a server whose process was killed is joined by the next start, which then stops it', async () => {
  const other = await startElsewhere()
  const pid = await pidOf()
  other.kill('SIGKILL')
  await untilDead(other.pid)
  const server = await startEmbeddedPostgres({ folder })
  expect(server.isStarter).toBe(false)
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
  await server.stop()
  await untilDead(pid)
})

test('a server that is killed is started again, with all that was committed', async () => {
  await using server = await startEmbeddedPostgres({ folder })
  await query(server, 'create table notes as select 1 as id')
  const pid = await pidOf()
  process.kill(pid, 'SIGKILL')
  await untilDead(pid)
  await vi.waitFor(async () => expect(await query(server, 'select * from notes')).toEqual([{ id: 1 }]), { timeout: 25_000 })
  expect(await pidOf()).not.toBe(pid)
})

test('what was committed survives the death of Weft and the server together', async () => {
  const other = await startElsewhere()
  const pid = await pidOf()
  other.kill('SIGKILL')
  process.kill(pid, 'SIGKILL')
  await using server = await startEmbeddedPostgres({ folder })
  expect(server.isStarter).toBe(true)
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a stranger that bears the number of a dead server is no server', async () => {
  const first = await startEmbeddedPostgres({ folder })
  await first.stop()
  await writeFile(join(folder, 'data/postmaster.pid'), `${process.pid}\n${join(folder, 'data')}\n0\n5432\n\n\n\nready\n`)
  await using second = await startEmbeddedPostgres({ folder })
  expect(second.isStarter).toBe(true)
})

test('a folder whose path is too long for a socket works too', async () => {
  folder = join(base, 'a-rather-long-name-'.repeat(6), 'postgres')
  await using server = await startEmbeddedPostgres({ folder })
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
})
