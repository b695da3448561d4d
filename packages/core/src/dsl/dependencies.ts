import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import { DomainError } from '../errors.ts'
import { listOf, mapOf } from './value-parts.ts'

/** A plugin that an app needs, as files name it. */
export interface PluginDependency {
  type: 'marketplace' | 'github' | 'package'
  value: ValueMap
  current_identifier: string | null
}

/** The plugins that a workspace has. */
export interface InstalledPlugins {
  /** Those of the ids (`organization/plugin`) that are there, as files name them. */
  describe(tenantId: string, pluginIds: string[]): Promise<PluginDependency[]>
  /** Whether the plugin of that id can be used. */
  has(tenantId: string, pluginId: string): Promise<boolean>
}

/** The plugins that a graph's nodes name, each once. Agents count for nothing, as in Dify. */
export function pluginsOfGraph(graph: ValueMap): string[] {
  return unique(listOf(graph.nodes).map(node => pluginOfNode(mapOf(mapOf(node).data))))
}

/** The plugins that a chat, agent or completion app names. */
export function pluginsOfModelConfig(config: ValueMap): string[] {
  const datasets = listOf(mapOf(mapOf(config.dataset_configs).datasets).datasets)
  return unique([
    modelPlugin(mapOf(config.model).provider),
    ...datasets.map(dataset => modelPlugin(mapOf(mapOf(mapOf(dataset).reranking_model).reranking_provider_name).provider)),
    ...listOf(mapOf(config.agent_mode).tools).map(tool => toolPlugin(mapOf(tool).provider_id)),
  ])
}

/** @throws DomainError `invalid_param` */
export function readDependencies(value: Value | undefined): PluginDependency[] {
  if (!value) return []
  if (!Array.isArray(value)) throw refused('dependencies must be of list type')
  return value.map(item => {
    const { type, value: plugin, current_identifier: current = null } = mapOf(item)
    if (type !== 'marketplace' && type !== 'github' && type !== 'package')
      throw refused('a dependency must be of type github, marketplace or package')
    if (!isValueMap(plugin) || !identifierOf({ type, value: plugin }))
      throw refused(`a dependency of type ${type} lacks the identifier of its plugin`)
    return { type, value: plugin, current_identifier: typeof current === 'string' ? current : null }
  })
}

const refused = (message: string) => new DomainError('invalid_param', message)

/** `organization/plugin` of the plugin that a dependency names. */
export function pluginIdOf(dependency: PluginDependency): string {
  return identifierOf(dependency)?.split(':')[0] ?? ''
}

const IDENTIFIERS = {
  marketplace: 'marketplace_plugin_unique_identifier',
  github: 'github_plugin_unique_identifier',
  package: 'plugin_unique_identifier',
}

function identifierOf({ type, value }: Pick<PluginDependency, 'type' | 'value'>): string | undefined {
  const identifier = value[IDENTIFIERS[type]] ?? value.plugin_unique_identifier
  return typeof identifier === 'string' ? identifier : undefined
}

function pluginOfNode(data: ValueMap): string | undefined {
  switch (data.type) {
    case 'tool':
      return toolPlugin(data.provider_id)
    case 'llm':
    case 'question-classifier':
    case 'parameter-extractor':
      return modelPlugin(mapOf(data.model).provider)
    case 'knowledge-retrieval':
      return retrievalPlugin(data)
    default:
      return undefined
  }
}

function retrievalPlugin(data: ValueMap): string | undefined {
  if (data.retrieval_mode === 'single') return modelPlugin(mapOf(mapOf(data.single_retrieval_config).model).provider)
  if (data.retrieval_mode !== 'multiple') return undefined
  const config = mapOf(data.multiple_retrieval_config)
  if (config.reranking_mode === 'weighted_score') return modelPlugin(mapOf(mapOf(config.weights).vector_setting).embedding_provider_name)
  return (config.reranking_mode ?? 'reranking_model') === 'reranking_model'
    ? modelPlugin(mapOf(config.reranking_model).provider)
    : undefined
}

/** Plugins of the house that are not named like what they provide. */
const RENAMED_MODELS: Record<string, string> = { google: 'gemini' }
const RENAMED_TOOLS: Record<string, string> = {
  jina: 'jina_tool',
  siliconflow: 'siliconflow_tool',
  stepfun: 'stepfun_tool',
  gitee_ai: 'gitee_ai_tool',
}

const modelPlugin = (provider: Value | undefined) => pluginOf(provider, RENAMED_MODELS)
const toolPlugin = (provider: Value | undefined) => pluginOf(provider, RENAMED_TOOLS)

/** `x` is short for `langgenius/x/x`. */
function pluginOf(id: Value | undefined, renamed: Record<string, string>): string | undefined {
  if (typeof id !== 'string') return undefined
  const parts = /^[a-z0-9_-]+$/.test(id) ? ['langgenius', id, id] : id.split('/')
  const [organization, plugin, provider] = parts
  if (parts.length !== 3 || !organization || !plugin || !provider) return undefined
  return `${organization}/${(organization === 'langgenius' && renamed[provider]) || plugin}`
}

function unique(plugins: (string | undefined)[]): string[] {
  return [...new Set(plugins.filter(plugin => plugin !== undefined))]
}
