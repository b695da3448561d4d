import type { FileValue, Value, ValueMap } from '@weft/contracts'
import type { LocalizedText } from './model-provider.ts'

export const TOOL_PROVIDER_TYPES = ['builtin', 'plugin', 'api', 'workflow', 'mcp', 'app', 'dataset-retrieval'] as const
export type ToolProviderType = (typeof TOOL_PROVIDER_TYPES)[number]

/** Which tool, as graphs and agents name it. */
export interface ToolReference {
  tenantId: string
  providerType: ToolProviderType
  /** A built-in or plugin provider's name, the id of a custom or workflow provider, an MCP server's identifier. */
  providerId: string
  toolName: string
  /** Of several credentials, which; the provider's default one where left out. */
  credentialId?: string | null
}

export const TOOL_PARAMETER_TYPES = [
  'string',
  'number',
  'boolean',
  'select',
  'secret-input',
  'file',
  'files',
  'app-selector',
  'model-selector',
  'array[tools]',
  'any',
  'dynamic-select',
  'array',
  'object',
  'system-files',
] as const
export type ToolParameterType = (typeof TOOL_PARAMETER_TYPES)[number]

/** Who gives a parameter's value: whoever adds the tool, whoever sets up the node or agent, or the model (in a graph: variables). */
export type ToolParameterForm = 'schema' | 'form' | 'llm'

/** A declaration's members are spelled as on the wire and in plugins' YAML. */
export interface ToolParameter {
  name: string
  label: LocalizedText
  human_description: LocalizedText | null
  llm_description: string | null
  placeholder: LocalizedText | null
  type: ToolParameterType
  form: ToolParameterForm
  scope: string | null
  required: boolean
  default: Value
  min: number | null
  max: number | null
  precision: number | null
  options: ToolParameterOption[]
  auto_generate: { type: 'prompt_instruction' } | null
  template: { enabled: boolean } | null
  /** JSON Schema of a list or an object, where the tool has one. */
  input_schema: ValueMap | null
}

export interface ToolParameterOption {
  value: string
  label: LocalizedText
  icon: string | null
}

/** What a tool says of itself. */
export interface ToolDeclaration {
  identity: { author: string; name: string; label: LocalizedText; provider: string; icon: ToolIcon | null }
  description: { human: LocalizedText; llm: string } | null
  parameters: ToolParameter[]
  /** JSON Schema of what it gives; empty where it does not say. */
  output_schema: ValueMap
}

/** An address, or a sign on a ground. */
export type ToolIcon = string | { content: string; background: string }

/** What a tool gives, piece by piece, ready for a graph: whatever it made is stored. */
export type ToolMessage =
  | { type: 'text'; text: string }
  | { type: 'link'; url: string; file?: FileValue }
  | { type: 'json'; value: ValueMap }
  | { type: 'file'; file: FileValue }
  /** A streamed variable's value is text, and each message holds the next piece of it. */
  | { type: 'variable'; name: string; value: Value; isStreamed: boolean }
  | { type: 'log'; log: ToolLog }
  | { type: 'retriever-resources'; resources: ValueMap[]; context: string }

/** What an implementation of a tool may give: as above, and what has yet to be stored. */
export type ToolOutput =
  | ToolMessage
  | { type: 'blob'; bytes: Uint8Array; mimeType: string; filename: string | null }
  /** The address of a picture, which is fetched and stored. */
  | { type: 'image'; url: string }

export interface ToolLog {
  id: string
  parentId: string | null
  label: string
  status: 'start' | 'success' | 'error'
  error: string | null
  data: ValueMap
  metadata: ValueMap
}

/** Names of variables that a tool may not give: every tool has these. */
export const RESERVED_TOOL_VARIABLES: ReadonlySet<string> = new Set(['text', 'files', 'json'])

export interface ToolInvocation {
  reference: ToolReference
  /** Values by parameter, before they are cast: those of the form first, others over them only where the form has none. */
  form: ValueMap
  parameters: ValueMap
  caller: ToolCaller
  /** Sent along with every request to the outside: the same after a crash, another for each retry. */
  idempotencyKey: string
  signal: AbortSignal
}

/** On whose behalf a tool is called. */
export interface ToolCaller {
  userId: string
  userKind: 'account' | 'end-user'
  invokeFrom: 'service-api' | 'web-app' | 'debugger' | 'explore'
  appId: string
  conversationId: string | null
  messageId: string | null
  /** Begins links to files that the call makes, where the operator has set no address. */
  origin: string
  /** How many workflows-as-tools are above the caller. */
  callDepth: number
}

/** Tools of every kind, by the name that graphs and agents know them by. */
export interface ToolRuntime {
  /** With the parameters that depend on the tenant, such as a choice of its models. @throws ToolError */
  describe(reference: ToolReference): Promise<ToolDeclaration>
  /**
   * The values that the tool's form takes from a configuration that holds plain values: defaults filled in, choices checked, secrets
   * opened. Parameters of other forms are left out. @throws ToolError `invalid-parameters`
   */
  formValues(reference: ToolReference, configuration: ValueMap): Promise<ValueMap>
  /** Calls the tool. Leaving the loop early ends the call. @throws ToolError */
  invoke(invocation: ToolInvocation): AsyncIterable<ToolMessage>
}

export type ToolErrorCode =
  /** There is no such provider, or no such tool. */
  | 'not-found'
  /** The provider wants credentials, or to be authorised again. */
  | 'credentials'
  /** A value is missing or cannot be what the tool wants. */
  | 'invalid-parameters'
  /** The tool ran and failed; graphs name its provider in front of the message. */
  | 'failed'
  /** What the tool calls answered that it cannot now: 429, 500 and the like, until tries ran out. */
  | 'unavailable'

/** `message` is what users see. */
export class ToolError extends Error {
  readonly code: ToolErrorCode
  /** Milliseconds, where the outside says when to try again. */
  readonly retryAfter: number | undefined
  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions & { retryAfter?: number }) {
    super(message, options)
    this.name = 'ToolError'
    this.code = code
    this.retryAfter = options?.retryAfter
  }
}

/** A plugin's tool failed; the plugin names the error. */
export class PluginToolError extends ToolError {
  readonly errorType: string
  constructor(errorType: string, message: string, options?: ErrorOptions) {
    super('failed', message, options)
    this.name = 'PluginToolError'
    this.errorType = errorType
  }
}
