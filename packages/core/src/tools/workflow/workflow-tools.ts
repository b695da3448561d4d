import { isFile, isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { GraphError } from '@weft/engine'
import { fileUploadConfigOf } from '@weft/nodes'
import { type LocalizedText, type ToolDeclaration, ToolError, type ToolIcon, type ToolParameter, type ToolParameterType } from '@weft/ports'
import { and, eq, ne, or } from 'drizzle-orm'
import { type App, apps } from '../../apps/apps-table.ts'
import type { Database } from '../../database/database.ts'
import type { TenantScope } from '../../database/tenant-scope.ts'
import { DomainError } from '../../errors.ts'
import { type Workflow, workflows } from '../../workflows/workflows-table.ts'
import { accountNames } from '../tool-authors.ts'
import { setToolLabels, toolLabelsOf } from '../tool-labels.ts'
import { toolParameter, untranslated } from '../tool-parameters.ts'
import type { ToolSource } from '../tool-source.ts'
import { toolWorkflowProviders, type WorkflowToolParameter, type WorkflowToolProvider } from '../tool-tables.ts'
import type { CallWorkflow } from './call-workflow.ts'

export interface WorkflowToolInput {
  name: string
  label: string
  icon: ToolIcon
  description: string
  parameters: WorkflowToolParameter[]
  privacyPolicy: string
  /** Undefined leaves them as they are. */
  labels: string[] | undefined
}

/** A workflow as a tool, as its keepers see it. */
export interface WorkflowToolOverview {
  provider: WorkflowToolProvider
  declaration: ToolDeclaration
  author: string
  labels: string[]
}

/** Published workflows that graphs and agents call as tools. */
export interface WorkflowTools extends ToolSource {
  /** Those whose workflow is still there. */
  list(scope: TenantScope): Promise<WorkflowToolOverview[]>
  /** @throws DomainError */
  get(scope: TenantScope, by: { toolId: string } | { appId: string }): Promise<WorkflowToolOverview & { isSynced: boolean }>
  /** Whether the app's workflow is a tool. */
  isPublished(scope: TenantScope, appId: string): Promise<boolean>
  /** @throws DomainError */
  create(scope: TenantScope, accountId: string, appId: string, input: WorkflowToolInput): Promise<void>
  /** Takes the workflow that is published now. @throws DomainError */
  update(scope: TenantScope, toolId: string, input: WorkflowToolInput): Promise<void>
  remove(scope: TenantScope, toolId: string): Promise<void>
}

export interface WorkflowToolsOptions {
  database: Database
  call: CallWorkflow
  onChange(scope: TenantScope): void
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

const PARAMETER_TYPES: Record<string, ToolParameterType> = {
  'text-input': 'string',
  paragraph: 'string',
  select: 'select',
  number: 'number',
  checkbox: 'boolean',
  file: 'file',
  'file-list': 'files',
}

export function createWorkflowTools({ database, call, onChange }: WorkflowToolsOptions): WorkflowTools {
  const rows = (scope: TenantScope) => database.tenant(scope)
  const byId = (scope: TenantScope, id: string) =>
    UUID.test(id) ? rows(scope).first(toolWorkflowProviders, { where: eq(toolWorkflowProviders.id, id) }) : undefined
  const byApp = (scope: TenantScope, appId: string) =>
    rows(scope).first(toolWorkflowProviders, { where: eq(toolWorkflowProviders.appId, appId) })

  async function versionOf(scope: TenantScope, provider: Pick<WorkflowToolProvider, 'appId' | 'version'>): Promise<Workflow> {
    const where = and(eq(workflows.appId, provider.appId), eq(workflows.version, provider.version))
    const workflow = await rows(scope).first(workflows, { where })
    if (!workflow) throw new DomainError('invalid_param', 'workflow not found')
    return workflow
  }

  async function appOf(scope: TenantScope, appId: string): Promise<App> {
    const app = await rows(scope).first(apps, { where: eq(apps.id, appId) })
    if (!app) throw new DomainError('invalid_param', `App ${appId} not found`)
    return app
  }

  async function publishedOf(scope: TenantScope, appId: string): Promise<Workflow> {
    const app = await appOf(scope, appId)
    const workflow = app.workflowId && (await rows(scope).first(workflows, { where: eq(workflows.id, app.workflowId) }))
    if (!workflow || app.mode !== 'workflow') throw new DomainError('invalid_param', `Workflow not found for app ${appId}`)
    return workflow
  }

  async function overviews(scope: TenantScope, providers: WorkflowToolProvider[]): Promise<WorkflowToolOverview[]> {
    const labels = await toolLabelsOf(
      database,
      scope,
      providers.map(({ id }) => id),
    )
    const authors = await accountNames(
      database,
      providers.map(({ userId }) => userId),
    )
    const found = await Promise.all(
      providers.map(async provider => {
        const author = authors.get(provider.userId) ?? ''
        const declaration = await declarationOf(scope, provider, author).catch(ignoreRefusal)
        return declaration && { provider, declaration, author, labels: labels.get(provider.id) ?? [] }
      }),
    )
    return found.filter(overview => overview !== undefined)
  }

  const declarationOf = async (scope: TenantScope, provider: WorkflowToolProvider, author: string) =>
    declare(provider, await versionOf(scope, provider), author)

  async function fieldsOf(scope: TenantScope, appId: string, input: WorkflowToolInput) {
    const workflow = await publishedOf(scope, appId)
    parametersOf(workflow, input.parameters)
    const { name, label, icon, description, parameters, privacyPolicy } = input
    return { name, label, icon, description, parameters, privacyPolicy, version: workflow.version }
  }

  return {
    async list(scope) {
      return overviews(
        scope,
        await rows(scope).find(toolWorkflowProviders, { orderBy: [toolWorkflowProviders.createdAt, toolWorkflowProviders.id] }),
      )
    },
    async get(scope, by) {
      const provider = await ('toolId' in by ? byId(scope, by.toolId) : byApp(scope, by.appId))
      if (!provider) throw new DomainError('invalid_param', 'Tool not found')
      const published = await publishedOf(scope, provider.appId)
      const [overview] = await overviews(scope, [provider])
      if (!overview) throw new DomainError('invalid_param', `Tool ${provider.id} not found`)
      return { ...overview, isSynced: published.version === provider.version }
    },
    isPublished: async (scope, appId) => (await byApp(scope, appId)) !== undefined,
    async create(scope, accountId, appId, input) {
      const isTaken = or(eq(toolWorkflowProviders.name, input.name), eq(toolWorkflowProviders.appId, appId))
      if (await rows(scope).first(toolWorkflowProviders, { where: isTaken })) {
        throw new DomainError('invalid_param', `Tool with name ${input.name} or app_id ${appId} already exists`)
      }
      const fields = await fieldsOf(scope, appId, input)
      await database.transaction(async tx => {
        const { id } = await tx.tenant(scope).insert(toolWorkflowProviders, { ...fields, userId: accountId, appId })
        if (input.labels) await setToolLabels(tx, scope, { id, type: 'workflow' }, input.labels)
      })
    },
    async update(scope, toolId, input) {
      const isTaken = and(eq(toolWorkflowProviders.name, input.name), ne(toolWorkflowProviders.id, toolId))
      if (await rows(scope).first(toolWorkflowProviders, { where: isTaken })) {
        throw new DomainError('invalid_param', `Tool with name ${input.name} already exists`)
      }
      const provider = await byId(scope, toolId)
      if (!provider) throw new DomainError('invalid_param', `Tool ${toolId} not found`)
      const fields = await fieldsOf(scope, provider.appId, input)
      await database.transaction(async tx => {
        await tx.tenant(scope).update(toolWorkflowProviders, { set: fields, where: eq(toolWorkflowProviders.id, toolId) })
        if (input.labels) await setToolLabels(tx, scope, { id: toolId, type: 'workflow' }, input.labels)
      })
      onChange(scope)
    },
    async remove(scope, toolId) {
      await database.transaction(async tx => {
        await setToolLabels(tx, scope, { id: toolId, type: 'workflow' }, [])
        await tx.tenant(scope).delete(toolWorkflowProviders, eq(toolWorkflowProviders.id, toolId))
      })
      onChange(scope)
    },
    async find(scope, { providerId }) {
      const provider = await byId(scope, providerId)
      if (!provider) throw new ToolError('not-found', `workflow provider ${providerId} not found`)
      try {
        const workflow = await versionOf(scope, provider)
        const declaration = declare(provider, workflow, '')
        return {
          declaration,
          invoke: invocation =>
            call({ app: { id: provider.appId }, workflow, ...argumentsOf(declaration, invocation.parameters), invocation }),
        }
      } catch (error) {
        if (error instanceof DomainError || error instanceof GraphError) throw new ToolError('not-found', error.message, { cause: error })
        throw error
      }
    },
    icon: async (scope, providerId) => (await byId(scope, providerId))?.icon,
  }
}

/** A tool whose workflow has gone, or has changed beyond it, is left out. */
function ignoreRefusal(error: unknown): undefined {
  if (error instanceof DomainError) return undefined
  throw error
}

function declare(provider: WorkflowToolProvider, workflow: Workflow, author: string): ToolDeclaration {
  return {
    identity: { author, name: provider.name, label: untranslated(provider.label), provider: provider.id, icon: provider.icon },
    description: { human: untranslated(provider.description), llm: provider.description },
    parameters: parametersOf(workflow, provider.parameters),
    output_schema: {},
  }
}

/** The tool's parameters, typed as the workflow's form has them. @throws DomainError */
function parametersOf({ graph, features }: Workflow, parameters: WorkflowToolParameter[]): ToolParameter[] {
  const variables = startVariables(graph)
  const takesFiles = fileUploadConfigOf(features) !== undefined
  const empty: LocalizedText = untranslated('')
  return parameters.map(({ name, description, form }) => {
    const variable = variables.find(candidate => candidate.variable === name)
    const shared = { name, form, human_description: untranslated(description), llm_description: description, placeholder: empty }
    if (!variable) {
      if (takesFiles) return toolParameter({ ...shared, type: 'system-files', label: untranslated(name) })
      throw new DomainError('invalid_param', 'variable not found')
    }
    const type = PARAMETER_TYPES[String(variable.type)]
    if (!type) throw new DomainError('invalid_param', `unsupported variable type ${String(variable.type)}`)
    const options = type === 'select' && Array.isArray(variable.options) ? variable.options.map(String) : []
    return toolParameter({
      ...shared,
      type,
      label: untranslated(String(variable.label ?? name)),
      required: variable.required === true,
      options: options.map(value => ({ value, label: untranslated(value), icon: null })),
    })
  })
}

function startVariables(graph: ValueMap): ValueMap[] {
  const nodes = (Array.isArray(graph.nodes) ? graph.nodes : []).filter(isValueMap)
  const data = nodes.map(node => node.data).find((candidate): candidate is ValueMap => isValueMap(candidate) && candidate.type === 'start')
  return Array.isArray(data?.variables) ? data.variables.filter(isValueMap) : []
}

/** What the workflow is started with: every parameter, given or not, files as requests name them. */
function argumentsOf({ parameters }: ToolDeclaration, values: ValueMap): { inputs: ValueMap; files: Value[] } {
  const inputs: ValueMap = {}
  const files: Value[] = []
  for (const { name, type } of parameters) {
    const value = values[name] ?? null
    if (type === 'system-files') files.push(...mappingsOf(value))
    else if (type === 'file') inputs[name] = isFile(value) ? (mappingsOf(value)[0] ?? null) : value
    else if (type === 'files') inputs[name] = Array.isArray(value) && value.some(isFile) ? mappingsOf(value) : withoutNothing(value)
    else inputs[name] = value
  }
  return { inputs, files }
}

/** A list of one that holds nothing is what casting makes of no value. */
function withoutNothing(value: Value): Value {
  return Array.isArray(value) && value.length === 1 && value[0] === null ? null : value
}

function mappingsOf(value: Value): ValueMap[] {
  return (Array.isArray(value) ? value : [value]).filter(isFile).map(file => {
    const { transfer_method, type, related_id, remote_url, url } = file
    const reference = { transfer_method, type }
    if (transfer_method === 'tool_file') return { ...reference, tool_file_id: related_id }
    if (transfer_method === 'local_file') return { ...reference, upload_file_id: related_id }
    if (transfer_method === 'datasource_file') return { ...reference, datasource_file_id: related_id }
    return { ...reference, url: remote_url ?? url, ...(related_id ? { upload_file_id: related_id } : {}) }
  })
}
