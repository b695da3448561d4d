import { randomInt } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { type App, apps } from '../apps/apps-table.ts'
import type { Database } from '../database/database.ts'
import { grantTenantScope, type TenantScope } from '../database/tenant-scope.ts'
import { acrossTenants } from '../database/tenant-table.ts'
import { type EndUser, endUsers } from '../end-users/end-users-table.ts'
import { DomainError } from '../errors.ts'
import { tenants } from '../workspaces/tenants-table.ts'
import { type AppMcpServer, appMcpServers } from './mcp-tables.ts'

export interface AppServerChange {
  description: string | undefined
  parameters: { [variable: string]: string }
  status: string | undefined
}

/** Apps as MCP servers. */
export interface AppServers {
  find(scope: TenantScope, appId: string): Promise<AppMcpServer | undefined>
  /** An app's description stands in for an empty one. */
  create(scope: TenantScope, app: App, input: Pick<AppServerChange, 'description' | 'parameters'>): Promise<AppMcpServer>
  /** @throws DomainError */
  update(scope: TenantScope, app: App, serverId: string, change: AppServerChange): Promise<AppMcpServer>
  /** A new code; the old one opens nothing any more. @throws DomainError */
  renewCode(scope: TenantScope, serverId: string): Promise<AppMcpServer>
  /** Whoever has the code may call. @throws DomainError `not_found`, with the reason, where there is no such server or it is closed */
  byCode(code: string): Promise<{ scope: TenantScope; server: AppMcpServer; app: App }>
  /** The one user that all clients of the server are. Undefined until one has introduced itself. */
  visitor(scope: TenantScope, server: AppMcpServer): Promise<EndUser | undefined>
  welcome(scope: TenantScope, server: AppMcpServer, clientName: string): Promise<void>
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const newCode = () => Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

export function createAppServers({ database }: { database: Database }): AppServers {
  const visitorOf = (scope: TenantScope, { id, appId }: AppMcpServer) =>
    database.tenant(scope).first(endUsers, {
      where: and(eq(endUsers.appId, appId), eq(endUsers.type, 'mcp'), eq(endUsers.sessionId, id)),
    })

  return {
    find: (scope, appId) => database.tenant(scope).first(appMcpServers, { where: eq(appMcpServers.appId, appId) }),
    create(scope, app, { description, parameters }) {
      return database
        .tenant(scope)
        .upsert(
          appMcpServers,
          { appId: app.id, name: app.name, description: description || app.description, serverCode: newCode(), parameters },
          { on: [appMcpServers.appId], set: { description: description || app.description, parameters, status: 'active' } },
        )
    },
    async update(scope, app, serverId, { description, parameters, status }) {
      if (status && status !== 'active' && status !== 'inactive') throw new DomainError('invalid_param', 'Invalid status')
      const where = UUID.test(serverId) ? and(eq(appMcpServers.id, serverId), eq(appMcpServers.appId, app.id)) : undefined
      if (!where) throw new DomainError('not_found')
      const set = {
        parameters,
        ...(description === undefined ? {} : { description: description || app.description }),
        ...(status ? { status: status as AppMcpServer['status'] } : {}),
      }
      const [server] = await database.tenant(scope).update(appMcpServers, { set, where })
      if (!server) throw new DomainError('not_found')
      return server
    },
    async renewCode(scope, serverId) {
      const [server] = await database
        .tenant(scope)
        .update(appMcpServers, { set: { serverCode: newCode() }, where: eq(appMcpServers.id, serverId) })
      if (!server) throw new DomainError('not_found')
      return server
    },
    async byCode(code) {
      const [servers, owners] = [acrossTenants(appMcpServers), acrossTenants(apps)]
      const [row] = await database.global
        .select({ server: servers, app: owners, tenantStatus: tenants.status })
        .from(servers)
        .innerJoin(owners, eq(owners.id, servers.appId))
        .innerJoin(tenants, eq(tenants.id, servers.tenantId))
        .where(eq(servers.serverCode, code))
      if (row?.tenantStatus !== 'normal') throw new DomainError('not_found', 'Server Not Found')
      if (row.server.status !== 'active') throw new DomainError('not_found', 'Server is not active')
      if (row.app.status !== 'normal') throw new DomainError('not_found', 'App is unavailable')
      return { scope: grantTenantScope(row.server.tenantId), server: row.server, app: row.app }
    },
    visitor: visitorOf,
    async welcome(scope, server, clientName) {
      if (await visitorOf(scope, server)) return
      await database
        .tenant(scope)
        .upsert(
          endUsers,
          { appId: server.appId, type: 'mcp', sessionId: server.id, name: clientName.slice(0, 255), isAnonymous: true },
          { on: [endUsers.appId, endUsers.type, endUsers.sessionId], set: { updatedAt: new Date() } },
        )
    },
  }
}
