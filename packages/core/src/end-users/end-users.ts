import { and, eq } from 'drizzle-orm'
import { createRemembered } from '../apps/remembered.ts'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { type EndUser, endUsers } from './end-users-table.ts'

/** Who uses an app without naming anybody. */
export const DEFAULT_USER = 'DEFAULT-USER'

export interface EndUsers {
  /** The one who is `sessionId` to the app's owner, made on first sight. Remembered for minutes; not to be changed. */
  findOrCreate(scope: TenantScope, appId: string, type: EndUser['type'], sessionId: string): Promise<EndUser>
  find(scope: TenantScope, endUserId: string): Promise<EndUser | undefined>
}

const LONGEST_SESSION_ID = 255
const REMEMBERED = { milliseconds: 300_000, limit: 10_000 }

export function createEndUsers({ database }: { database: Database }): EndUsers {
  const known = createRemembered<EndUser>(REMEMBERED)

  async function load(scope: TenantScope, appId: string, type: EndUser['type'], sessionId: string): Promise<EndUser> {
    const rows = database.tenant(scope)
    const where = and(eq(endUsers.appId, appId), eq(endUsers.type, type), eq(endUsers.sessionId, sessionId))
    const found = await rows.first(endUsers, { where })
    if (found) return found
    // Two requests may bring the same newcomer at once: the second takes the row that the first has made.
    return rows.upsert(
      endUsers,
      { appId, type, sessionId, isAnonymous: type === 'browser' || sessionId === DEFAULT_USER },
      { on: [endUsers.appId, endUsers.type, endUsers.sessionId], set: { updatedAt: new Date() } },
    )
  }

  return {
    async findOrCreate(scope, appId, type, sessionId) {
      if (sessionId.length > LONGEST_SESSION_ID) {
        throw new DomainError('invalid_param', `user must be at most ${LONGEST_SESSION_ID} characters long.`)
      }
      return known.get(JSON.stringify([scope.tenantId, appId, type, sessionId]), () => load(scope, appId, type, sessionId))
    },
    find: (scope, endUserId) => database.tenant(scope).first(endUsers, { where: eq(endUsers.id, endUserId) }),
  }
}
