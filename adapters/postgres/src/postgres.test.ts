import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '@weft/testkit/platform'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { createPool } from './pool.ts'

let connection: Awaited<ReturnType<typeof createTestDatabase>>
let folder: string
beforeAll(async () => {
  connection = await createTestDatabase()
})
afterAll(() => connection?.[Symbol.asyncDispose]())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-migrations-'))
  return () => rm(folder, { recursive: true })
})

const add = (name: string, sql: string) => writeFile(join(folder, name), sql)
const run = () => migrate(connection.pool, folder)

test('migrations run once each, in order, also when many processes start together', async () => {
  await add('9002-fill.sql', "insert into harbours values ('Kiel')")
  await add('9001-harbours.sql', 'create table harbours (name text)')
  const runs = await Promise.all([run(), run(), run()])
  expect(runs.flat()).toEqual(['9001-harbours.sql', '9002-fill.sql'])
  expect((await connection.pool.query('select * from harbours')).rows).toEqual([{ name: 'Kiel' }])
})

test('a migration with a lower number that comes later still runs', async () => {
  await add('9012-second.sql', 'create table second_one (id int)')
  await run()
  await add('9011-first.sql', 'create table first_one (id int)')
  expect(await run()).toEqual(['9011-first.sql'])
})

test('one that fails leaves nothing and says which it was', async () => {
  await add('9021-broken.sql', 'create table half (id int); select nonsense')
  await expect(run()).rejects.toThrow(/9021-broken\.sql failed: .*nonsense/)
  expect((await connection.pool.query("select to_regclass('half') as name")).rows).toEqual([{ name: null }])
})

test('one that was edited after it ran is refused', async () => {
  await add('9031-fine.sql', 'select 1')
  await run()
  await add('9031-fine.sql', 'select 2')
  await expect(run()).rejects.toThrow(/9031-fine\.sql was edited/)
})

test('two with one number, and odd names, are refused', async () => {
  await add('9041-one.sql', '')
  await add('9041-two.sql', '')
  await expect(run()).rejects.toThrow(/one number/)
})

test('a database that cannot be reached is named as the reason', async () => {
  await expect(
    createPool({ connection: { host: '127.0.0.1', port: 1, user: 'a', password: 'b', database: 'c' }, size: 2 }),
  ).rejects.toThrow(/could not be reached: .*ECONNREFUSED/)
})
