import { createTestDatabase } from '@weft/testkit/platform'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newId } from '../database/columns.ts'
import type { Database } from '../database/database.ts'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import { tenants } from '../workspaces/tenants-table.ts'
import { maskSecret, maskToolSecret } from './masking.ts'
import { createSecrets, rotateSecretKey } from './secrets.ts'

let connection: Awaited<ReturnType<typeof createTestDatabase>>
let database: Database
let mine: TenantScope
let theirs: TenantScope
beforeAll(async () => {
  connection = await createTestDatabase()
  database = connection.database
})
afterAll(() => connection?.[Symbol.asyncDispose]())
beforeEach(async () => {
  await connection.pool.query('delete from tenants')
  const [mineId, theirsId] = [newId(), newId()]
  await database.global.insert(tenants).values([
    { id: mineId, name: 'Mine' },
    { id: theirsId, name: 'Theirs' },
  ])
  mine = grantTenantScope(mineId)
  theirs = grantTenantScope(theirsId)
})

const PURPOSE = 'model-credentials'

test('a text comes back to its tenant and purpose alone', async () => {
  const secrets = createSecrets({ database, secretKey: 'key' })
  const encrypted = await secrets.encrypt(mine, PURPOSE, 'sk-ü1')
  expect(encrypted).not.toContain('sk-')
  expect(await secrets.encrypt(mine, PURPOSE, 'sk-ü1')).not.toBe(encrypted)
  expect(await secrets.decrypt(mine, PURPOSE, encrypted)).toBe('sk-ü1')
  await expect(secrets.decrypt(mine, 'other', encrypted)).rejects.toMatchObject({ code: 'undecipherable' })
  await expect(secrets.decrypt(theirs, PURPOSE, encrypted)).rejects.toMatchObject({ code: 'undecipherable' })
  await expect(secrets.decrypt(mine, PURPOSE, `${encrypted.slice(0, -2)}AA`)).rejects.toMatchObject({ code: 'undecipherable' })
})

test('many processes that make a tenant’s first key agree on one', async () => {
  const processes = Array.from({ length: 5 }, () => createSecrets({ database, secretKey: 'key' }))
  const encrypted = await Promise.all(processes.map(secrets => secrets.encrypt(mine, PURPOSE, 'text')))
  for (const text of encrypted) expect(await createSecrets({ database, secretKey: 'key' }).decrypt(mine, PURPOSE, text)).toBe('text')
})

test('after a rotation the new key opens everything and the old one nothing', async () => {
  const encrypted = await createSecrets({ database, secretKey: 'old' }).encrypt(mine, PURPOSE, 'text')
  await createSecrets({ database, secretKey: 'old' }).encrypt(theirs, PURPOSE, 'text')
  expect(await rotateSecretKey(database, { from: 'old', to: 'new' })).toBe(2)
  expect(await createSecrets({ database, secretKey: 'new' }).decrypt(mine, PURPOSE, encrypted)).toBe('text')
  expect(await createSecrets({ database, secretKey: 'new' }).fits()).toBe(true)
  expect(await createSecrets({ database, secretKey: 'old' }).fits()).toBe(false)
  await expect(createSecrets({ database, secretKey: 'old' }).decrypt(mine, PURPOSE, encrypted)).rejects.toMatchObject({
    code: 'wrong-secret-key',
  })
})

test('a rotation from a wrong key changes nothing', async () => {
  await createSecrets({ database, secretKey: 'old' }).encrypt(mine, PURPOSE, 'text')
  await expect(rotateSecretKey(database, { from: 'guess', to: 'new' })).rejects.toMatchObject({ code: 'wrong-secret-key' })
  expect(await createSecrets({ database, secretKey: 'old' }).fits()).toBe(true)
})

test('masks give away little', () => {
  expect(maskSecret('')).toBe('')
  expect(maskSecret('short')).toBe('*'.repeat(20))
  expect(maskSecret('sk-1234567890')).toBe(`sk-123${'*'.repeat(12)}90`)
  expect(maskToolSecret('abcdefgh')).toBe('ab****gh')
  expect(maskToolSecret('abc')).toBe('***')
})
