import { and, desc, eq, gte, ilike, inArray, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { endUsers } from '../end-users/end-users-table.ts'
import { DomainError } from '../errors.ts'
import type { RunRecord } from './run-store.ts'
import { workflowRuns } from './tables.ts'

export interface RunLogQuery {
  keyword?: string
  status?: RunRecord['status']
  after?: Date
  before?: Date
  endUserSessionId?: string
  accountEmail?: string
  page: number
  limit: number
}

export interface RunLog {
  run: RunRecord
  endUser: { id: string; type: string; isAnonymous: boolean; sessionId: string } | null
  account: { id: string; name: string; email: string } | null
}

/** Finished runs of an app as its owners look for them. Runs of the debugger are left out. */
export class RunLogs {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  async search(scope: TenantScope, appId: string, query: RunLogQuery): Promise<{ total: number; logs: RunLog[] }> {
    const tenant = this.#database.tenant(scope)
    const conditions: (SQL | undefined)[] = [
      eq(workflowRuns.appId, appId),
      eq(workflowRuns.triggeredFrom, 'app-run'),
      query.status ? eq(workflowRuns.status, query.status) : undefined,
      query.after ? gte(workflowRuns.createdAt, query.after) : undefined,
      query.before ? lte(workflowRuns.createdAt, query.before) : undefined,
      query.keyword ? this.#matches(query.keyword) : undefined,
      query.endUserSessionId ? inArray(workflowRuns.createdBy, await this.#endUserIds(scope, appId, query.endUserSessionId)) : undefined,
      query.accountEmail ? sql`${workflowRuns.createdBy} in (select id from accounts where email = ${query.accountEmail})` : undefined,
    ]
    const where = and(...conditions)
    const total = await tenant.count(workflowRuns, where)
    const runs = await tenant.find(workflowRuns, {
      where,
      orderBy: [desc(workflowRuns.createdAt), desc(workflowRuns.id)],
      limit: query.limit,
      offset: (query.page - 1) * query.limit,
    })
    return { total, logs: await this.withCreators(scope, runs) }
  }

  /** Runs of the draft, newest first, after the run `lastId`. @throws DomainError where there is none such */
  async recent(
    scope: TenantScope,
    appId: string,
    query: { lastId?: string; limit: number },
  ): Promise<{ hasMore: boolean; logs: RunLog[] }> {
    const tenant = this.#database.tenant(scope)
    const mine = and(eq(workflowRuns.appId, appId), eq(workflowRuns.triggeredFrom, 'debugging'))
    let before: SQL | undefined
    if (query.lastId) {
      const last = await tenant.first(workflowRuns, { where: and(mine, eq(workflowRuns.id, query.lastId)) })
      if (!last) throw new DomainError('invalid_param', 'Last workflow run not exists')
      before = or(lt(workflowRuns.createdAt, last.createdAt), and(eq(workflowRuns.createdAt, last.createdAt), lt(workflowRuns.id, last.id)))
    }
    const runs = await tenant.find(workflowRuns, {
      where: and(mine, before),
      orderBy: [desc(workflowRuns.createdAt), desc(workflowRuns.id)],
      limit: query.limit + 1,
    })
    return { hasMore: runs.length > query.limit, logs: await this.withCreators(scope, runs.slice(0, query.limit)) }
  }

  #matches(keyword: string): SQL | undefined {
    const pattern = `%${keyword.replace(/[\\%_]/g, '\\$&')}%`
    return or(
      ilike(workflowRuns.inputs, pattern),
      ilike(workflowRuns.outputs, pattern),
      sql`${workflowRuns.createdBy} in (select id from end_users where session_id ilike ${pattern})`,
      /^[0-9a-f-]{36}$/i.test(keyword) ? eq(workflowRuns.id, keyword) : undefined,
    )
  }

  async #endUserIds(scope: TenantScope, appId: string, sessionId: string): Promise<string[]> {
    const found = await this.#database
      .tenant(scope)
      .find(endUsers, { where: and(eq(endUsers.appId, appId), eq(endUsers.sessionId, sessionId)) })
    return found.length ? found.map(user => user.id) : ['00000000-0000-0000-0000-000000000000']
  }

  /** Accounts by their ids, as records name them. */
  async accounts(ids: readonly string[]): Promise<{ id: string; name: string; email: string }[]> {
    if (!ids.length) return []
    const { rows } = await this.#database.query<{ id: string; name: string; email: string }>({
      text: 'select id, name, email from accounts where id = any($1::uuid[])',
      values: [ids],
    })
    return rows
  }

  /** Runs with who began them. */
  async withCreators(scope: TenantScope, runs: RunRecord[]): Promise<RunLog[]> {
    const idsOf = (role: RunRecord['createdByRole']) => [
      ...new Set(runs.filter(run => run.createdByRole === role).map(run => run.createdBy)),
    ]
    const userIds = idsOf('end_user')
    const accountIds = idsOf('account')
    const users = userIds.length ? await this.#database.tenant(scope).find(endUsers, { where: inArray(endUsers.id, userIds) }) : []
    const accounts = await this.accounts(accountIds)
    return runs.map(run => {
      const user = users.find(candidate => candidate.id === run.createdBy)
      return {
        run,
        endUser: user ? { id: user.id, type: user.type, isAnonymous: user.isAnonymous, sessionId: user.sessionId } : null,
        account: accounts.find(candidate => candidate.id === run.createdBy) ?? null,
      }
    })
  }
}
