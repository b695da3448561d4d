import { isTruthy, logOf, pythonRepr, pythonStr, textOf, type Value, type ValueMap } from '@weft/contracts'
import { type NodeContext, type NodeFailure, type NodeResult, type NodeType, renderTemplate, type VariableReader } from '@weft/engine'
import { PluginToolError, type ToolDeclaration, ToolError, type ToolReference, type ToolRuntime } from '@weft/ports'
import { parseToolData, type ToolData, type ToolInput } from './tool-data.ts'
import { ToolOutputs } from './tool-outputs.ts'

/** A parameter of the node names a variable that is not there. */
class ToolParameterError extends Error {
  readonly code = 'tool-parameter'
  constructor(selector: readonly string[]) {
    super(`Variable ${pythonRepr([...selector])} does not exist`)
    this.name = 'ToolParameterError'
  }
}

/** Calls a tool: built in, of a plugin, from an API's description, another workflow, or of an MCP server. */
export function createToolNode({ tools }: { tools: ToolRuntime }): NodeType<ToolData> {
  return {
    type: 'tool',
    hasSideEffects: true,
    parse: parseToolData,
    async execute(context) {
      try {
        return await call(context, tools)
      } catch (error) {
        return failureOf(error, context)
      }
    },
  }
}

async function call(context: NodeContext<ToolData>, tools: ToolRuntime): Promise<NodeResult> {
  const { data, run, variables, signal } = context
  const reference = referenceOf(data, run.tenantId)
  const declaration = await tools.describe(reference)
  let form: ValueMap
  try {
    form =
      data.configuration.kind === 'plain'
        ? await tools.formValues(reference, data.configuration.values)
        : formOf(data, declaration, variables)
  } catch (error) {
    if (!(error instanceof ToolParameterError)) throw error
    return { ...failure(`Failed to get tool runtime: ${error.message}`, error.name), inputs: {}, metadata: metadataOf(data) }
  }
  const parameters = parametersOf(data, declaration, variables, textOf)
  const inputs = parametersOf(data, declaration, variables, logOf)
  const outputs = new ToolOutputs(context)
  const { userId, userKind, invokeFrom, appId, conversationId, messageId, origin, callDepth } = run
  const caller = { userId, userKind, invokeFrom, appId, conversationId, messageId, origin, callDepth }
  try {
    const { idempotencyKey } = context
    for await (const message of tools.invoke({ reference, form, parameters, caller, idempotencyKey, signal })) outputs.add(message)
  } catch (error) {
    const told = toldFailure(error, data)
    if (!told) throw error
    return { ...told, inputs, metadata: metadataOf(data) }
  }
  return { status: 'succeeded', inputs, outputs: outputs.finish(), metadata: metadataOf(data) }
}

function referenceOf(data: ToolData, tenantId: string): ToolReference {
  return {
    tenantId,
    providerType: data.provider_type,
    providerId: data.provider_id,
    toolName: data.tool_name,
    credentialId: data.credential_id,
  }
}

function metadataOf({ provider_type, provider_id, plugin_unique_identifier }: ToolData): ValueMap {
  return { tool_info: { provider_type, provider_id, plugin_unique_identifier } }
}

function formOf({ configuration }: ToolData, { parameters }: ToolDeclaration, variables: VariableReader): ValueMap {
  const form: ValueMap = {}
  if (configuration.kind === 'plain') return form
  for (const { name, form: place } of parameters) {
    const input = configuration.inputs[name]
    if (place !== 'form' || !input) continue
    if (input.type === 'mixed') form[name] = variables.render(input.value)
    else if (input.type === 'constant') form[name] = input.value
    else {
      const value = variables.get(input.value)
      if (value === undefined) throw new ToolParameterError(input.value)
      form[name] = value
    }
  }
  return form
}

/** Values by the node's own parameters; ones that the tool does not have are null. @throws ToolParameterError */
function parametersOf(
  data: ToolData,
  { parameters }: ToolDeclaration,
  variables: VariableReader,
  textFor: (value: Value) => string,
): ValueMap {
  const known = new Map(parameters.map(parameter => [parameter.name, parameter]))
  const values: ValueMap = {}
  for (const [name, input] of Object.entries(data.parameters)) {
    const parameter = known.get(name)
    if (!parameter) {
      values[name] = null
      continue
    }
    const value = readInput(input, variables, textFor)
    if (value !== undefined) values[name] = value
    else if (parameter.required) throw new ToolParameterError(input.value as string[])
  }
  return values
}

function readInput(input: ToolInput, variables: VariableReader, textFor: (value: Value) => string): Value | undefined {
  if (input.type === 'variable') return variables.get(input.value)
  return renderTemplate(pythonStr(input.value), variables, textFor)
}

/** A failure of the tool itself, as the node words it. What is wrong before it runs speaks for itself. */
function toldFailure(error: unknown, { provider_name }: ToolData): NodeFailure | undefined {
  if (error instanceof PluginToolError) {
    const help = `please contact the author of ${provider_name} for help`
    const details = `error type: ${error.errorType}, error details: ${error.message}`
    return failure(`An error occurred in the plugin, ${help}, ${details}`, 'PluginInvokeError')
  }
  if (!(error instanceof ToolError) || (error.code !== 'failed' && error.code !== 'credentials')) return undefined
  return failure(`Failed to invoke tool ${provider_name}: ${error.message}`, 'ToolInvokeError')
}

function failureOf(error: unknown, { signal }: NodeContext): NodeFailure {
  signal.throwIfAborted()
  if (error instanceof ToolParameterError) return failure(error.message, 'WorkflowNodeError')
  if (!(error instanceof ToolError)) throw error
  return { ...failure(error.message, 'WorkflowNodeError'), ...(isTruthy(error.retryAfter ?? 0) ? { retryAfter: error.retryAfter } : {}) }
}

function failure(error: string, errorType: string): NodeFailure {
  return { status: 'failed', error, errorType }
}
