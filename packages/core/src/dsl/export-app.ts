import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import type { App } from '../apps/apps-table.ts'
import { readModelConfig } from '../apps/model-config.ts'
import type { ConversationVariable, EnvironmentVariable, Workflow } from '../workflows/workflows-table.ts'
import { withDatasets } from './app-document.ts'
import { encryptDatasetId } from './dataset-ids.ts'
import { CURRENT_DSL_VERSION } from './dsl-version.ts'
import { listOf, mapOf } from './value-parts.ts'

/** What every file begins with. */
export function exportedApp(app: App): ValueMap {
  const isPicture = app.iconType === 'image'
  return {
    version: CURRENT_DSL_VERSION,
    kind: 'app',
    app: {
      name: app.name,
      mode: app.mode,
      // A picture stays in its workspace.
      icon: isPicture ? '🤖' : app.icon,
      icon_background: isPicture ? '#FFEAD5' : app.iconBackground,
      description: app.description,
      use_icon_as_answer_icon: app.useIconAsAnswerIcon,
    },
  }
}

export interface WorkflowExport {
  workflow: Workflow
  /** Opened, or emptied of secrets. */
  environmentVariables: EnvironmentVariable[]
  includesSecrets: boolean
  encryptsDatasetIds: boolean
}

export function exportedWorkflow(
  app: App,
  { workflow, environmentVariables, includesSecrets, encryptsDatasetIds }: WorkflowExport,
): ValueMap {
  const graph = encryptsDatasetIds ? withDatasets(workflow.graph, id => encryptDatasetId(app.tenantId, id)) : workflow.graph
  return {
    graph: includesSecrets ? graph : withoutCredentials(graph),
    features: workflow.features,
    environment_variables: environmentVariables.map(exportedVariable),
    conversation_variables: workflow.conversationVariables.map(exportedVariable),
    rag_pipeline_variables: [],
  }
}

function exportedVariable({ id, name, description, selector, value_type, value }: EnvironmentVariable | ConversationVariable): ValueMap {
  return { id, name, description, selector, value_type, value }
}

export function exportedModelConfig(stored: ValueMap): ValueMap {
  const config = readModelConfig(stored)
  if (!isValueMap(config.agent_mode)) return config
  return { ...config, agent_mode: { ...config.agent_mode, tools: listOf(config.agent_mode.tools).map(withoutCredential) } }
}

/** Credentials of tools belong to the workspace. */
function withoutCredentials(graph: ValueMap): ValueMap {
  if (!Array.isArray(graph.nodes)) return graph
  return {
    ...graph,
    nodes: graph.nodes.map(node => (isValueMap(node) ? { ...node, data: withoutNodeCredentials(node.data ?? null) } : node)),
  }
}

function withoutNodeCredentials(data: Value): Value {
  if (!isValueMap(data)) return data
  if (data.type === 'tool') return withoutCredential(data)
  if (data.type !== 'agent') return data
  const parameters = mapOf(data.agent_parameters)
  const tools = mapOf(parameters.tools)
  if (!Array.isArray(tools.value)) return data
  return { ...data, agent_parameters: { ...parameters, tools: { ...tools, value: tools.value.map(withoutCredential) } } }
}

function withoutCredential(tool: Value): Value {
  if (!isValueMap(tool)) return tool
  const { credential_id: _, ...rest } = tool
  return rest
}
