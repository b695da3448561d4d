import type { Value, ValueMap } from '@weft/contracts'
import type { RunContext } from '@weft/engine'
import type { App } from '../apps/apps-table.ts'
import { newId } from '../database/columns.ts'
import type { TenantScope } from '../database/tenant-scope.ts'
import type { Workflow } from '../workflows/workflows-table.ts'
import type { ActiveRun } from './active-run.ts'
import { prepareInputs, type Runner, type RunPreparation } from './prepare-run.ts'

export interface StartWorkflowRun {
  scope: TenantScope
  app: Pick<App, 'id'>
  workflow: Workflow
  user: Runner
  inputs: ValueMap
  files: Value[]
  invokeFrom: RunContext['invokeFrom']
  /** Where the request came to: links of the run's files begin with it. */
  origin: string
  callDepth?: number
}

/**
 * Starts a run of a workflow app.
 * @throws DomainError where the inputs do not fit the form
 * @throws GraphError where the graph cannot run
 */
export async function startWorkflowRun(preparation: RunPreparation, request: StartWorkflowRun): Promise<ActiveRun> {
  const { scope, app, workflow, user, invokeFrom } = request
  const prepared = await prepareInputs(preparation, { ...request, isStrict: invokeFrom === 'service-api' })
  const runId = newId()
  return preparation.runs.start(
    {
      scope,
      runId,
      appId: app.id,
      mode: 'workflow',
      workflow,
      triggeredFrom: invokeFrom === 'debugger' ? 'debugging' : 'app-run',
      invokeFrom,
      user,
      origin: request.origin,
      ...prepared,
      system: { files: prepared.files, user_id: user.name, app_id: app.id, workflow_id: workflow.id, workflow_run_id: runId },
      callDepth: request.callDepth ?? 0,
    },
    workflow.graphHash,
  )
}
