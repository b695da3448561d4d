import { isValueMap, pythonStr, type Value, type ValueMap } from '@weft/contracts'
import type { NewApp } from '../apps/apps.ts'
import type { App, AppMode } from '../apps/apps-table.ts'
import { DomainError } from '../errors.ts'
import type { DraftContent } from '../workflows/workflow-editing.ts'
import { readConversationVariables, readEnvironmentVariables } from '../workflows/workflow-variables.ts'
import { decryptDatasetId } from './dataset-ids.ts'
import { listOf, mapOf } from './value-parts.ts'

/** What a person may say otherwise than the file. Empty texts say nothing. */
export interface ImportOverrides {
  name?: string | undefined
  description?: string | undefined
  iconType?: string | undefined
  icon?: string | undefined
  iconBackground?: string | undefined
}

/** An app out of a file, checked: what it is, and what it does. */
export type AppDocument = { app: NewApp } & ({ draft: DraftContent } | { config: ValueMap })

const MODES: readonly string[] = ['workflow', 'advanced-chat', 'chat', 'agent-chat', 'completion']
const KNOWN_MODES: readonly string[] = [...MODES, 'channel', 'rag-pipeline']
const ICON_TYPES: readonly string[] = ['emoji', 'image', 'link']

/**
 * Reads what a file says of an app, for one that is there already or for a new one.
 * @throws DomainError `invalid_param` with the words that clients know
 */
export function readAppDocument(tenantId: string, data: ValueMap, overrides: ImportOverrides, existing: App | undefined): AppDocument {
  if (!isValueMap(data.app)) throw refused('app must be of dict type')
  const app = readApp(data.app, overrides, existing)
  if (app.mode === 'workflow' || app.mode === 'advanced-chat') {
    const workflow = data.workflow
    if (!isValueMap(workflow) || !Object.keys(workflow).length) throw refused('Missing workflow data for workflow/advanced chat app')
    return { app, draft: readWorkflow(tenantId, workflow) }
  }
  const config = data.model_config
  if (!isValueMap(config) || !Object.keys(config).length) throw refused('Missing model_config for chat/agent-chat/completion app')
  return { app, config }
}

function readApp(data: ValueMap, overrides: ImportOverrides, existing: App | undefined): NewApp {
  const mode = data.mode
  if (!mode) throw refused('loss app mode')
  if (typeof mode !== 'string' || !KNOWN_MODES.includes(mode)) {
    throw refused(`${typeof mode === 'string' ? `'${mode}'` : pythonStr(mode)} is not a valid AppMode`)
  }
  if (!MODES.includes(mode)) throw refused('Invalid app mode')
  const iconType = overrides.iconType || data.icon_type
  return {
    mode: mode as AppMode,
    name: overrides.name || textOf(data.name, existing?.name ?? ''),
    description: overrides.description || textOf(data.description, existing?.description ?? ''),
    iconType: typeof iconType === 'string' && ICON_TYPES.includes(iconType) ? (iconType as NonNullable<App['iconType']>) : 'emoji',
    icon: overrides.icon || textOf(data.icon, ''),
    iconBackground: overrides.iconBackground || backgroundOf(data, existing),
    useIconAsAnswerIcon: data.use_icon_as_answer_icon === true,
  }
}

function backgroundOf(data: ValueMap, existing: App | undefined): string | null {
  if (data.icon_background === undefined) return existing ? existing.iconBackground : '#FFFFFF'
  return data.icon_background === null ? null : pythonStr(data.icon_background)
}

function textOf(value: Value | undefined, fallback: string): string {
  return value === undefined || value === null ? fallback : pythonStr(value)
}

function readWorkflow(tenantId: string, data: ValueMap): DraftContent {
  const graph = data.graph ?? {}
  if (!isValueMap(graph)) throw refused('graph must be of dict type')
  const features = data.features ?? {}
  if (!isValueMap(features)) throw refused('features must be of dict type')
  return {
    graph: withDatasets(graph, id => decryptDatasetId(tenantId, id)),
    features,
    environmentVariables: readEnvironmentVariables(data.environment_variables),
    conversationVariables: readConversationVariables(data.conversation_variables),
  }
}

/** The graph with the dataset ids of its retrieval nodes changed, or dropped where `change` gives none. */
export function withDatasets(graph: ValueMap, change: (datasetId: string) => string | undefined): ValueMap {
  if (!Array.isArray(graph.nodes)) return graph
  const nodes = graph.nodes.map(node => {
    const data = mapOf(mapOf(node).data)
    if (data.type !== 'knowledge-retrieval') return node
    const ids = listOf(data.dataset_ids)
      .map(id => (typeof id === 'string' ? change(id) : undefined))
      .filter(id => id !== undefined)
    return { ...mapOf(node), data: { ...data, dataset_ids: ids } }
  })
  return { ...graph, nodes }
}

function refused(message: string): DomainError {
  return new DomainError('invalid_param', message)
}
