import { and, eq } from 'drizzle-orm'
import type { AppChanges } from '../apps/app-changes.ts'
import type { App } from '../apps/apps-table.ts'
import { createRemembered } from '../apps/remembered.ts'
import type { DatabaseReader } from '../database/database.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import { DomainError } from '../errors.ts'
import { DRAFT, type Workflow, workflows } from './workflows-table.ts'

/** Which graph an app runs. What it gives is shared with other callers: not to be changed. */
export interface WorkflowStore {
  /**
   * The published workflow, or the published version of that id.
   * @throws DomainError `invalid_param` where nothing is published, `bad_request` where the id is none or the draft's, `not_found`
   */
  published(scope: TenantScope, app: Pick<App, 'id' | 'workflowId'>, workflowId?: string): Promise<Workflow>
  /** @throws DomainError `draft_workflow_not_exist` */
  draft(scope: TenantScope, appId: string): Promise<Workflow>
}

const UUID = /^[{]?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}[}]?$/i
/** Published graphs do not change; an hour only bounds how long an unused one stays. */
const REMEMBERED = { milliseconds: 3_600_000, limit: 500 }

export function createWorkflowStore({ database, changes }: { database: DatabaseReader; changes: AppChanges }): WorkflowStore {
  const versions = createRemembered<Workflow>(REMEMBERED)
  changes.listen(id => versions.forget(workflow => workflow.appId === id))

  async function version(scope: TenantScope, appId: string, workflowId: string): Promise<Workflow> {
    const workflow = await versions.get(`${scope.tenantId} ${appId} ${workflowId}`, async () => {
      const row = await database.tenant(scope).first(workflows, { where: and(eq(workflows.id, workflowId), eq(workflows.appId, appId)) })
      if (!row) throw new DomainError('not_found', `Workflow not found with id: ${workflowId}`)
      if (row.version === DRAFT) {
        const advice = 'Please use a published workflow version or leave workflow_id empty.'
        throw new DomainError('bad_request', `Cannot use draft workflow version. Workflow ID: ${workflowId}. ${advice}`)
      }
      return row
    })
    return workflow
  }

  return {
    async published(scope, app, workflowId) {
      if (workflowId) {
        if (!UUID.test(workflowId)) throw new DomainError('bad_request', `Invalid workflow_id format: '${workflowId}'. `)
        return version(scope, app.id, workflowId)
      }
      if (!app.workflowId) throw new DomainError('invalid_param', 'Workflow not published')
      return version(scope, app.id, app.workflowId)
    },
    async draft(scope, appId) {
      const row = await database.tenant(scope).first(workflows, { where: and(eq(workflows.appId, appId), eq(workflows.version, DRAFT)) })
      if (!row) throw new DomainError('draft_workflow_not_exist')
      return row
    },
  }
}
