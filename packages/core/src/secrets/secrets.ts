import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { deriveKey, open, seal } from './sealed-box.ts'
import { tenantKeys } from './tenant-keys-table.ts'

export class SecretsError extends Error {
  readonly code: 'wrong-secret-key' | 'undecipherable'
  constructor(code: SecretsError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SecretsError'
    this.code = code
  }
}

/** Texts at rest that only their tenant's code can read. */
export interface Secrets {
  /** `purpose` names what the text is for, such as `model-credentials`; it must be the same to decrypt. */
  encrypt(scope: TenantScope, purpose: string, text: string): Promise<string>
  /** @throws SecretsError `undecipherable`: of another tenant or purpose, or damaged */
  decrypt(scope: TenantScope, purpose: string, encrypted: string): Promise<string>
  /** Whether `SECRET_KEY` is the one the database's keys were wrapped with; true where there are none. */
  fits(): Promise<boolean>
}

const PREFIX = 'weft1.'
const WRAPPING = 'tenant-key'

/** Keys kept in memory; the oldest makes room. */
const CACHED_KEYS = 1000

export function createSecrets({ database, secretKey }: { database: Database; secretKey: string }): Secrets {
  const wrappingKey = deriveKey(secretKey, WRAPPING)
  const cached = new Map<string, Uint8Array>()

  async function keyOf(tenantId: string): Promise<Uint8Array> {
    const known = cached.get(tenantId)
    if (known) return known
    const key = unwrap(wrappingKey, tenantId, (await wrappedKeyOf(tenantId)) ?? (await makeKey(tenantId)))
    const [oldest] = cached.keys()
    if (cached.size >= CACHED_KEYS && oldest) cached.delete(oldest)
    cached.set(tenantId, key)
    return key
  }

  async function wrappedKeyOf(tenantId: string): Promise<string | undefined> {
    const [row] = await database.global.select().from(tenantKeys).where(eq(tenantKeys.tenantId, tenantId))
    return row?.wrappedKey
  }

  async function makeKey(tenantId: string): Promise<string> {
    const wrappedKey = wrap(wrappingKey, tenantId, randomBytes(32))
    await database.global.insert(tenantKeys).values({ tenantId, wrappedKey }).onConflictDoNothing()
    // Another process may have been faster: then its key is the tenant's.
    return (await wrappedKeyOf(tenantId)) ?? wrappedKey
  }

  return {
    async encrypt(scope, purpose, text) {
      const key = await keyOf(scope.tenantId)
      return PREFIX + seal(key, Buffer.from(text), contextOf(scope, purpose))
    },
    async decrypt(scope, purpose, encrypted) {
      const key = await keyOf(scope.tenantId)
      try {
        if (!encrypted.startsWith(PREFIX)) throw new Error('of an unknown form')
        return open(key, encrypted.slice(PREFIX.length), contextOf(scope, purpose)).toString()
      } catch (cause) {
        throw new SecretsError('undecipherable', `The stored secret for ${purpose} cannot be read.`, { cause })
      }
    },
    async fits() {
      const [row] = await database.global.select().from(tenantKeys).limit(1)
      if (!row) return true
      try {
        unwrap(wrappingKey, row.tenantId, row.wrappedKey)
        return true
      } catch {
        return false
      }
    },
  }
}

/**
 * Wraps every tenant's key anew, all or none. What the keys encrypt stays as it is.
 * @returns how many keys there were
 * @throws SecretsError `wrong-secret-key` where the old one does not open them
 */
export function rotateSecretKey(database: Database, keys: { from: string; to: string }): Promise<number> {
  const [from, to] = [deriveKey(keys.from, WRAPPING), deriveKey(keys.to, WRAPPING)]
  return database.transaction(async tx => {
    const rows = await tx.global.select().from(tenantKeys).for('update')
    for (const { tenantId, wrappedKey } of rows) {
      await tx.global
        .update(tenantKeys)
        .set({ wrappedKey: wrap(to, tenantId, unwrap(from, tenantId, wrappedKey)) })
        .where(eq(tenantKeys.tenantId, tenantId))
    }
    return rows.length
  })
}

function contextOf(scope: TenantScope, purpose: string): string {
  return `${scope.tenantId}\0${purpose}`
}

function wrap(wrappingKey: Uint8Array, tenantId: string, key: Uint8Array): string {
  return seal(wrappingKey, key, `${WRAPPING}\0${tenantId}`)
}

function unwrap(wrappingKey: Uint8Array, tenantId: string, wrapped: string): Uint8Array {
  try {
    return open(wrappingKey, wrapped, `${WRAPPING}\0${tenantId}`)
  } catch (cause) {
    throw new SecretsError('wrong-secret-key', 'SECRET_KEY is not the one that this database was encrypted with.', { cause })
  }
}
