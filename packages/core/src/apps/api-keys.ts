import { and, asc, eq, isNull } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { type ApiToken, apiTokens } from './api-tokens-table.ts'
import type { AppChanges } from './app-changes.ts'
import { randomCode } from './codes.ts'

/** Whose keys: an app's, or the workspace's for its knowledge. */
export type KeyOwner = { kind: 'app'; appId: string } | { kind: 'dataset' }

export const MOST_KEYS = 10
const KEY_LENGTH = 24

export interface ApiKeys {
  list(scope: TenantScope, owner: KeyOwner): Promise<ApiToken[]>
  /** @throws DomainError `max_keys_exceeded` */
  create(scope: TenantScope, owner: KeyOwner): Promise<ApiToken>
  /** It opens nothing from now on. @throws DomainError `not_found` */
  delete(scope: TenantScope, owner: KeyOwner, keyId: string): Promise<void>
}

export function createApiKeys({ database, changes }: { database: Database; changes: AppChanges }): ApiKeys {
  const of = (owner: KeyOwner) =>
    and(eq(apiTokens.type, owner.kind), owner.kind === 'app' ? eq(apiTokens.appId, owner.appId) : isNull(apiTokens.appId))
  return {
    list: (scope, owner) => database.tenant(scope).find(apiTokens, { where: of(owner), orderBy: asc(apiTokens.createdAt) }),
    async create(scope, owner) {
      if ((await database.tenant(scope).count(apiTokens, of(owner))) >= MOST_KEYS) throw new DomainError('max_keys_exceeded')
      return database.tenant(scope).insert(apiTokens, {
        type: owner.kind,
        token: `${owner.kind}-${randomCode(KEY_LENGTH)}`,
        ...(owner.kind === 'app' ? { appId: owner.appId } : {}),
      })
    },
    async delete(scope, owner, keyId) {
      const gone = await database.tenant(scope).delete(apiTokens, and(of(owner), eq(apiTokens.id, keyId)))
      if (!gone) throw new DomainError('not_found', 'API key not found')
      database.afterCommit(() => changes.announce(owner.kind === 'app' ? owner.appId : scope.tenantId))
    },
  }
}
