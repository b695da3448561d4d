import {
  type ApiOperation,
  type ApiToolOverview,
  type InstalledToolProvider,
  type McpProviderOverview,
  needsCredentials,
  type WorkflowToolOverview,
} from '@weft/core'
import type { LocalizedText, ToolDeclaration, ToolIcon, ToolParameter } from '@weft/ports'
import { secondsOf } from '../../http/seconds.ts'

/** How tools and their providers look on the wire. */

const LANGUAGES = ['zh_Hans', 'en_US', 'pt_BR', 'ja_JP'] as const

/** In four languages; English where there is no other word. */
export function words(text: LocalizedText | null) {
  return text && Object.fromEntries(LANGUAGES.map(language => [language, text[language] || text.en_US]))
}

export function showParameter({ input_schema, ...parameter }: ToolParameter, options: { isListed: boolean }) {
  return {
    ...parameter,
    label: words(parameter.label),
    human_description: words(parameter.human_description),
    placeholder: words(parameter.placeholder),
    // Lists never show the older name.
    type: options.isListed && parameter.type === 'system-files' ? 'files' : parameter.type,
    options: parameter.options.map(option => ({ ...option, label: words(option.label) })),
    ...(options.isListed && !input_schema ? {} : { input_schema }),
  }
}

export function showTool(declaration: ToolDeclaration, labels: readonly string[], options = { isListed: true }) {
  const { identity, description, parameters, output_schema } = declaration
  return {
    author: identity.author,
    name: identity.name,
    label: words(identity.label),
    description: words(description?.human ?? { en_US: '' }),
    parameters: parameters.map(parameter => showParameter(parameter, options)),
    labels,
    output_schema,
  }
}

/** An operation of an API as it is stored, and as a schema that has just been read shows it. */
export function showOperation(operation: ApiOperation) {
  return { ...operation, parameters: operation.parameters.map(parameter => showParameter(parameter, { isListed: false })) }
}

export function showApiTool(
  { author, operation_id, summary, parameters }: ApiOperation,
  labels: readonly string[],
  options = { isListed: true },
) {
  const name = { en_US: operation_id }
  return {
    author,
    name: operation_id,
    label: words(name),
    description: words({ en_US: summary ?? '' }),
    parameters: parameters.map(parameter => showParameter(parameter, options)),
    labels,
    output_schema: {},
  }
}

interface ProviderParts {
  id: string
  author: string
  name: string
  description: LocalizedText
  icon: ToolIcon
  label: LocalizedText
  type: 'builtin' | 'api' | 'workflow' | 'mcp'
  credentials?: object
  isAuthorized: boolean
  isDeletable?: boolean
  plugin?: InstalledToolProvider['plugin']
  tools: unknown[]
  labels: readonly string[]
}

function showProvider(parts: ProviderParts) {
  const { type } = parts
  return {
    id: parts.id,
    author: parts.author,
    name: parts.name,
    plugin_id: type === 'mcp' ? '' : (parts.plugin?.id ?? null),
    plugin_unique_identifier: type === 'mcp' || type === 'builtin' ? (parts.plugin?.uniqueIdentifier ?? '') : null,
    description: words(parts.description),
    icon: parts.icon,
    icon_dark: '',
    label: words(parts.label),
    type,
    team_credentials: parts.credentials ?? {},
    is_team_authorization: parts.isAuthorized,
    allow_delete: parts.isDeletable ?? true,
    tools: parts.tools,
    labels: parts.labels,
  }
}

export function showBuiltIn(
  provider: InstalledToolProvider,
  more: { icon: ToolIcon; tools: ToolDeclaration[]; credentials: Record<string, string> | undefined },
) {
  const needs = needsCredentials(provider)
  const blank = Object.fromEntries(provider.credentialsSchema.map(({ name }) => [name, '']))
  return showProvider({
    id: provider.id,
    author: provider.author,
    name: provider.id,
    description: provider.description,
    icon: more.icon,
    label: provider.label,
    type: 'builtin',
    credentials: more.credentials ?? blank,
    isAuthorized: !needs || more.credentials !== undefined,
    isDeletable: needs,
    plugin: provider.plugin,
    tools: more.tools.map(tool => showTool(tool, provider.tags)),
    labels: provider.tags,
  })
}

export function showApiProvider({ provider, author, labels, credentials }: ApiToolOverview, options: { isWhole: boolean }) {
  const name = { en_US: provider.name }
  return showProvider({
    id: provider.id,
    author,
    name: provider.name,
    description: { en_US: provider.description },
    icon: provider.icon,
    label: name,
    type: 'api',
    credentials: options.isWhole ? credentials : {},
    isAuthorized: true,
    tools: options.isWhole ? provider.tools.map(tool => showApiTool(tool, labels)) : [],
    labels,
  })
}

export function showWorkflowProvider({ provider, author, labels, declaration }: WorkflowToolOverview, options: { isWhole: boolean }) {
  const label = { en_US: provider.label }
  return showProvider({
    id: provider.id,
    author,
    name: provider.label,
    description: { en_US: provider.description },
    icon: provider.icon,
    label,
    type: 'workflow',
    isAuthorized: true,
    tools: options.isWhole ? [showTool(declaration, labels)] : [],
    labels,
  })
}

/** Graphs and agents name an MCP server by its identifier, its keepers by the row's id. */
export function showMcpProvider(overview: McpProviderOverview, options: { by: 'identifier' | 'id' }) {
  const { provider, author, icon, maskedUrl, maskedHeaders, tools } = overview
  const hasHeaders = Object.keys(maskedHeaders).length > 0
  return {
    ...showProvider({
      id: options.by === 'id' ? provider.id : provider.serverIdentifier,
      author,
      name: provider.name,
      description: { en_US: '' },
      icon,
      label: { en_US: provider.name },
      type: 'mcp',
      isAuthorized: provider.isAuthorized,
      tools: tools.map(tool => showTool(tool, [])),
      labels: [],
    }),
    server_url: maskedUrl,
    updated_at: secondsOf(provider.updatedAt),
    server_identifier: provider.serverIdentifier,
    timeout: provider.timeout,
    sse_read_timeout: provider.sseReadTimeout,
    // Nobody is shown a secret once it is stored: the original ones are masked, too.
    ...(hasHeaders ? { masked_headers: maskedHeaders, original_headers: maskedHeaders } : {}),
  }
}
