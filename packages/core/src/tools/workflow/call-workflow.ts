import { createHash } from 'node:crypto'
import { isFile, pythonJson, type Value, type ValueMap } from '@weft/contracts'
import { GraphError, type RunFinished } from '@weft/engine'
import { ToolError, type ToolOutput } from '@weft/ports'
import type { App } from '../../apps/apps-table.ts'
import type { EndUsers } from '../../end-users/end-users.ts'
import { DomainError } from '../../errors.ts'
import { prepareInputs, type Runner, type RunPreparation } from '../../runs/prepare-run.ts'
import type { RunObservation } from '../../runs/run-service.ts'
import type { Workflow } from '../../workflows/workflows-table.ts'
import type { ReadyInvocation } from '../tool-source.ts'

export interface WorkflowCall {
  app: Pick<App, 'id'>
  workflow: Workflow
  inputs: ValueMap
  files: Value[]
  invocation: ReadyInvocation
}

/** Runs a workflow to its end and gives what it gave. @throws ToolError */
export type CallWorkflow = (call: WorkflowCall) => AsyncIterable<ToolOutput>

export interface CallWorkflowOptions {
  /** Asked for late: runs are made of nodes, and one of the nodes calls tools. */
  preparation(): RunPreparation
  endUsers: EndUsers
  /** Workflows within workflows at most. */
  maxCallDepth: number
}

export function createCallWorkflow(options: CallWorkflowOptions): CallWorkflow {
  return async function* (call) {
    const { outputs, error } = await runToEnd(call, options)
    if (error) throw new ToolError('failed', error)
    for (const value of Object.values(outputs)) for (const file of filesIn(value)) yield { type: 'file', file }
    yield { type: 'text', text: pythonJson(outputs) }
    yield { type: 'json', value: outputs }
  }
}

async function runToEnd(call: WorkflowCall, options: CallWorkflowOptions): Promise<RunFinished> {
  const { scope, caller, signal } = call.invocation
  const callDepth = caller.callDepth + 1
  if (callDepth > options.maxCallDepth) {
    throw new ToolError('invalid-parameters', `Max workflow call depth ${options.maxCallDepth} reached.`)
  }
  const preparation = options.preparation()
  const { runs } = preparation
  // The same call after a crash finds the run that it had begun, which goes on by itself.
  const runId = runIdOf(call.invocation.idempotencyKey)
  const stop = () => void runs.stop(scope, runId).catch(() => undefined)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const begun = await runs.observe(scope, runId)
    return await endOf(begun ?? (await start(call, { ...options, preparation: () => preparation }, runId, callDepth)))
  } catch (error) {
    if (error instanceof DomainError || error instanceof GraphError) {
      throw new ToolError('invalid-parameters', error.message, { cause: error })
    }
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function start(
  { app, workflow, inputs, files, invocation }: WorkflowCall,
  options: CallWorkflowOptions,
  runId: string,
  callDepth: number,
) {
  const { scope, caller } = invocation
  const { invokeFrom, origin } = caller
  const preparation = options.preparation()
  const user = await runnerOf(invocation, options.endUsers)
  const isStrict = invokeFrom === 'service-api'
  const prepared = await prepareInputs(preparation, { scope, workflow, inputs, files, isStrict, origin })
  const run = await preparation.runs.start(
    {
      scope,
      runId,
      appId: app.id,
      mode: 'workflow',
      workflow,
      triggeredFrom: invokeFrom === 'debugger' ? 'debugging' : 'app-run',
      invokeFrom,
      user,
      origin,
      ...prepared,
      system: { files: prepared.files, user_id: user.name, app_id: app.id, workflow_id: workflow.id, workflow_run_id: runId },
      callDepth,
    },
    workflow.graphHash,
  )
  return preparation.runs.observeActive(run)
}

async function endOf(observation: RunObservation): Promise<RunFinished> {
  for await (const entries of observation.entries) {
    const end = entries.find(({ event }) => event.type === 'run-finished')
    if (end) break
  }
  const { finished } = observation.state
  if (!finished) throw new Error(`the run ${observation.runId} ended without an end`)
  return finished
}

async function runnerOf({ scope, caller }: ReadyInvocation, endUsers: EndUsers): Promise<Runner> {
  const { userId: id, userKind: kind } = caller
  const name = (kind === 'end-user' && (await endUsers.find(scope, id))?.sessionId) || id
  return { kind, id, name, shown: kind === 'end-user' ? { id, user: name } : { id } }
}

/** A UUID that is always the same for the key. */
function runIdOf(idempotencyKey: string): string {
  const digest = createHash('sha256').update(`workflow-tool ${idempotencyKey}`).digest('hex')
  const variant = '89ab'[Number.parseInt(digest.charAt(16), 16) % 4]
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`
}

function filesIn(value: Value) {
  return (Array.isArray(value) ? value : [value]).filter(isFile)
}
