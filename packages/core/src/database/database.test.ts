import { createTestDatabase } from '@weft/testkit/platform'
import { eq, sql } from 'drizzle-orm'
import { text, uuid } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { id, json, newId } from './columns.ts'
import { createDatabase, type Database } from './database.ts'
import { grantTenantScope } from './tenant-scope.ts'
import { acrossTenants, tenantTable } from './tenant-table.ts'

const boats = tenantTable('boats', { id: id(), name: text().notNull(), cargo: json<unknown>() })
const sailors = tenantTable('sailors', { id: id(), boatId: uuid().notNull(), name: text().notNull() })

let connection: Awaited<ReturnType<typeof createTestDatabase>>
let database: Database
const [mine, theirs] = [grantTenantScope(newId()), grantTenantScope(newId())]

beforeAll(async () => {
  connection = await createTestDatabase()
  database = createDatabase(connection.pool)
  await connection.pool.query(`
    create table boats (id uuid primary key, tenant_id uuid not null, name text not null, cargo text, unique (name));
    create table sailors (id uuid primary key, tenant_id uuid not null, boat_id uuid not null, name text not null)`)
})
afterAll(() => connection?.[Symbol.asyncDispose]())

test('a query without a scope does not compile', () => {
  const neverRun = () => {
    // @ts-expect-error a tenant-owned table is no table to Drizzle
    database.global.select().from(boats)
    // @ts-expect-error
    database.global.insert(boats).values({ name: 'Argo' })
    // @ts-expect-error
    database.global.update(boats).set({ name: 'Argo' })
    // @ts-expect-error
    database.global.delete(boats)
    // @ts-expect-error a join does not let it in either
    database.tenant(mine).select().from(database.tenant(mine).rows(boats)).innerJoin(sailors, sql`true`)
    // @ts-expect-error a tenant's id is no scope
    database.tenant('01a210bc-0ce4-767a-aad5-151a675afb14')
    // @ts-expect-error nor is what looks like one
    database.tenant({ tenantId: '01a210bc-0ce4-767a-aad5-151a675afb14' })
    // @ts-expect-error a row cannot be put under another tenant
    database.tenant(mine).insert(boats, { name: 'Argo', tenantId: theirs.tenantId })
    // @ts-expect-error nor moved there
    database.tenant(mine).update(boats, { set: { tenantId: theirs.tenantId }, where: undefined })
  }
  expect(neverRun).toBeTypeOf('function')
})

test('a tenant finds, changes and deletes its own rows alone', async () => {
  const boat = await database.tenant(mine).insert(boats, { name: 'Argo' })
  expect(boat.tenantId).toBe(mine.tenantId)
  const other = database.tenant(theirs)
  expect(await other.find(boats)).toEqual([])
  expect(await other.first(boats, { where: eq(boats.id, boat.id) })).toBeUndefined()
  expect(await other.count(boats)).toBe(0)
  expect(await other.update(boats, { set: { name: 'Stolen' }, where: eq(boats.id, boat.id) })).toEqual([])
  expect(await other.delete(boats, eq(boats.id, boat.id))).toBe(0)
  expect(await database.tenant(mine).first(boats, { where: eq(boats.id, boat.id) })).toMatchObject({ name: 'Argo' })
  expect(await database.global.select().from(acrossTenants(boats))).toHaveLength(1)
})

test("a condition with `or` cannot widen a query to another tenant's rows", async () => {
  expect(await database.tenant(theirs).find(boats, { where: sql`true or true` })).toEqual([])
})

test("an upsert that meets another tenant's row changes nothing", async () => {
  await database.tenant(mine).upsert(boats, { name: 'Dory' }, { on: [boats.name], set: { cargo: 'fish' } })
  await expect(database.tenant(theirs).upsert(boats, { name: 'Dory' }, { on: [boats.name], set: { cargo: 'gold' } })).rejects.toThrow()
  expect(await database.tenant(mine).first(boats, { where: eq(boats.name, 'Dory') })).toMatchObject({ cargo: null })
})

test("a join holds the tenant's rows of both tables", async () => {
  const boat = await database.tenant(mine).insert(boats, { name: 'Nina' })
  await database.tenant(mine).insert(sailors, { boatId: boat.id, name: 'Juan' })
  await database.tenant(theirs).insert(sailors, { boatId: boat.id, name: 'Spy' })
  const tenant = database.tenant(mine)
  const crew = await tenant
    .select({ boat: boats.name, sailor: sailors.name })
    .from(tenant.rows(boats))
    .innerJoin(tenant.rows(sailors), eq(sailors.boatId, boats.id))
    .where(eq(boats.id, boat.id))
  expect(crew).toEqual([{ boat: 'Nina', sailor: 'Juan' }])
})

test('documents keep whole floats, large integers and NUL characters', async () => {
  const cargo = { text: 'a\u0000b', big: 12345678901234567890n }
  const { id } = await database.tenant(mine).insert(boats, { name: 'Text', cargo })
  expect((await database.tenant(mine).first(boats, { where: eq(boats.id, id) }))?.cargo).toEqual(cargo)
})

test('a transaction that fails leaves nothing, and runs no commit actions', async () => {
  const done: string[] = []
  const failing = database.transaction(async tx => {
    await tx.tenant(mine).insert(boats, { name: 'Titanic' })
    tx.afterCommit(() => done.push('never'))
    throw new Error('iceberg')
  })
  await expect(failing).rejects.toThrow('iceberg')
  await database.transaction(async tx => {
    tx.afterCommit(() => done.push('committed'))
    await tx.query({
      text: 'insert into sailors (id, tenant_id, boat_id, name) values ($1, $2, $1, $3)',
      values: [newId(), mine.tenantId, 'Raw'],
    })
    await tx.transaction(async inner => inner.afterCommit(() => done.push('inner')))
    expect(done).toEqual([])
  })
  expect(done).toEqual(['committed', 'inner'])
  expect(await database.tenant(mine).count(boats, eq(boats.name, 'Titanic'))).toBe(0)
  expect(await database.tenant(mine).count(sailors, eq(sailors.name, 'Raw'))).toBe(1)
})

test('ids sort by the time they were made', () => {
  const ids = Array.from({ length: 100 }, newId)
  expect(ids.toSorted()).toEqual(ids)
})
