import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { id, text } from '../http/fields.ts'
import { secondsOf } from '../http/seconds.ts'
import { showWorkspace, workspace } from './shapes.ts'

const currentWorkspace = (path: string) =>
  defineRoute({
    method: 'GET',
    path,
    auth: 'account',
    summary: 'The workspace the caller works in',
    response: workspace,
    handler: ({ platform, tenant, role }) => showWorkspace(tenant, role, platform.settings.features.canReplaceLogo),
  })

export const workspaceRoutes = [
  defineRoute({
    method: 'GET',
    path: '/workspaces',
    auth: 'account',
    summary: "The caller's workspaces",
    response: z.object({
      workspaces: z.array(
        z.object({ id: z.string(), name: z.string(), plan: z.string(), status: z.string(), created_at: z.int(), current: z.boolean() }),
      ),
    }),
    async handler({ platform, account, tenant: current }) {
      const memberships = await platform.identity.workspaces.listOf(account.id)
      const workspaces = memberships.map(({ tenant }) => ({
        id: tenant.id,
        name: tenant.name,
        plan: 'sandbox',
        status: tenant.status,
        created_at: secondsOf(tenant.createdAt),
        current: tenant.id === current.id,
      }))
      return { workspaces }
    },
  }),
  currentWorkspace('/workspaces/current'),
  currentWorkspace('/info'),
  defineRoute({
    method: 'POST',
    path: '/workspaces/switch',
    auth: 'account',
    summary: 'Work in another workspace',
    body: z.object({ tenant_id: id() }),
    async handler({ platform, account, body }) {
      const { tenant, role } = await platform.identity.workspaces.switchTo(account.id, body.tenant_id)
      return { result: 'success', new_tenant: showWorkspace(tenant, role, platform.settings.features.canReplaceLogo) }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/workspaces/info',
    auth: 'account',
    summary: 'Rename the workspace',
    body: z.object({ name: text() }),
    async handler({ platform, scope, role, body }) {
      const tenant = await platform.identity.workspaces.rename(scope.tenantId, body.name)
      return { result: 'success', tenant: showWorkspace(tenant, role, platform.settings.features.canReplaceLogo) }
    },
  }),
]
