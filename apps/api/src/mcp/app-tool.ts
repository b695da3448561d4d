import type { ValueMap } from '@weft/contracts'
import { pythonJson } from '@weft/contracts'
import {
  type App,
  type AppMcpServer,
  DomainError,
  GraphError,
  NO_PARENT,
  startFormOf,
  startWorkflowRun,
  type TenantScope,
  type Workflow,
} from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'
import { awaitChatTurn, awaitWorkflowRun, originOf } from '../http/run-answers.ts'
import { refuseEasyMode, runnerOf } from '../service/caller.ts'
import { INTERNAL_ERROR, INVALID_PARAMS, RpcError } from './protocol.ts'

/** An app as the one tool of an MCP server. */
export interface AppTool {
  platform: Platform
  scope: TenantScope
  server: AppMcpServer
  app: App
  request: FastifyRequest
}

export async function describeTool(tool: AppTool): Promise<ValueMap> {
  const { app, server } = tool
  const { properties, required } = formOf(tool, await workflowOf(tool))
  const query = { query: { type: 'string', description: 'User Input/Question content' } }
  const inputSchema: ValueMap =
    app.mode === 'workflow' || app.mode === 'completion'
      ? { type: 'object', properties, required }
      : { type: 'object', properties: { ...query, ...properties }, required: ['query', ...required] }
  return { name: app.name, description: server.description, inputSchema }
}

/** Apps of other kinds than these two have no graph of their own. */
async function workflowOf({ platform, scope, app }: AppTool): Promise<Workflow> {
  try {
    refuseEasyMode(app)
    return await platform.workflows.store.published(scope, app)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    throw new RpcError(INVALID_PARAMS, error.message)
  }
}

/** What clients may fill in. Files cannot be. */
function formOf({ platform, server }: AppTool, workflow: Workflow): { properties: { [name: string]: ValueMap }; required: string[] } {
  const properties: { [name: string]: ValueMap } = {}
  const required: string[] = []
  for (const { variable, type, required: isRequired, options } of startFormOf(platform.runs.service, workflow)) {
    if (type === 'file' || type === 'file-list' || type === 'external_data_tool') continue
    if (isRequired) required.push(variable)
    const description = server.parameters[variable] ?? ''
    if (type === 'number') properties[variable] = { description, type: 'number' }
    else if (type === 'select') properties[variable] = { description, type: 'string', enum: options }
    // Dify gives these no type.
    else if (type === 'checkbox') properties[variable] = { description }
    else properties[variable] = { description, type: 'string' }
  }
  return { properties, required }
}

/** Runs the app and gives what it answered. @throws RpcError */
export async function callTool(tool: AppTool, values: ValueMap): Promise<ValueMap> {
  const { platform, scope, server, app, request } = tool
  const user = await platform.tools.appServers.visitor(scope, server)
  if (!user) throw new RpcError(INVALID_PARAMS, 'End user not found')
  const workflow = await workflowOf(tool)
  const shared = { scope, app, workflow, user: runnerOf(user), files: [], invokeFrom: 'service-api' as const, origin: originOf(request) }
  try {
    await platform.runs.checkConcurrency(scope, app)
    if (app.mode === 'workflow') {
      const run = await startWorkflowRun(platform.runs.preparation, { ...shared, inputs: values })
      const { data } = (await awaitWorkflowRun(platform, run, request)) as { data: { outputs: ValueMap; error: string; status: string } }
      return data.status === 'failed' ? said(data.error, true) : said(pythonJson(data.outputs), false)
    }
    const { query, ...inputs } = values
    if (typeof query !== 'string' || !query) throw new RpcError(INVALID_PARAMS, 'query is required')
    const chat = { inputs, query, conversationId: undefined, parentMessageId: NO_PARENT }
    const turn = await platform.conversations.turns.start({ ...shared, ...chat })
    const { answer } = await awaitChatTurn(platform, turn, app.mode)
    return said(String(answer ?? ''), false)
  } catch (error) {
    if (error instanceof RpcError) throw error
    if (error instanceof DomainError || error instanceof GraphError) throw new RpcError(INVALID_PARAMS, error.message)
    platform.logger.error({ err: error, appId: app.id }, 'an app failed as an MCP server')
    throw new RpcError(INTERNAL_ERROR, 'Internal server error: the app could not be run. Its owner finds the cause in the log.')
  }
}

function said(text: string, isError: boolean): ValueMap {
  return { content: [{ type: 'text', text }], isError }
}
