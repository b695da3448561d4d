import { isValueMap, logOf, pythonRepr, textOf, type Value, type ValueMap } from '@weft/contracts'
import { type NodeContext, renderTemplate, type VariableReader } from '@weft/engine'
import {
  type AgentModel,
  type AgentParameters,
  type AgentStrategyParameter,
  type AgentTool,
  type ConversationHistory,
  estimateMessageTokens,
  type FileService,
  type LanguageModels,
  type PromptMessage,
  type ToolRuntime,
} from '@weft/ports'
import { type DraftMessage, loadMessages, textDraft } from '../llm/draft-message.ts'
import { modelSchema } from '../llm/llm-data.ts'
import { rememberedTurns } from '../llm/memory.ts'
import { draftFile } from '../llm/prompt-files.ts'
import { parseNodeData } from '../node-data.ts'
import { type AgentData, type AgentInput, type ChosenTool, chosenTools } from './agent-data.ts'

export interface AgentPorts {
  models: LanguageModels
  tools: ToolRuntime
  files: FileService
  history: ConversationHistory
  /** How files reach the vendor; `base64` unless given. */
  sendFilesAs?: 'base64' | 'url'
}

/** A parameter has no value that the strategy could work with. */
export class AgentParameterError extends Error {
  readonly code = 'agent-parameter'
  constructor(message: string) {
    super(message)
    this.name = 'AgentParameterError'
  }
}

/** Values by the node's own parameters, as its record shows them. @throws AgentParameterError */
export function shownParameters({ data, variables }: NodeContext<AgentData>, declared: readonly AgentStrategyParameter[]): ValueMap {
  return readInputs(data, declared, variables, logOf).shown
}

/** What the strategy runs with. @throws AgentParameterError, NodeDataError, ModelError, ToolError */
export async function agentParameters(
  context: NodeContext<AgentData>,
  declared: readonly AgentStrategyParameter[],
  ports: AgentPorts,
): Promise<AgentParameters> {
  const { shown, chosen } = readInputs(context.data, declared, context.variables, textOf)
  const parameters: AgentParameters = { values: {}, models: {}, tools: {} }
  for (const { name, type, required, default: fallback } of declared) {
    const value = shown[name] ?? fallback
    parameters.values[name] = value
    if (type === 'array[tools]') {
      parameters.tools[name] = await Promise.all((chosen[name] ?? []).map(tool => bindTool(tool, context, ports)))
    } else if (required && value === null) throw new AgentParameterError(`The agent's parameter ${name} is required.`)
    else if (type === 'model-selector' && value !== null) parameters.models[name] = await bindModel(name, value, shown, context, ports)
  }
  return parameters
}

interface ReadInputs {
  shown: ValueMap
  chosen: { [parameter: string]: ChosenTool[] }
}

function readInputs(
  data: AgentData,
  declared: readonly AgentStrategyParameter[],
  variables: VariableReader,
  textFor: (value: Value) => string,
): ReadInputs {
  const types = new Map(declared.map(({ name, type }) => [name, type]))
  const read: ReadInputs = { shown: {}, chosen: {} }
  for (const [name, input] of Object.entries(data.inputs)) {
    const type = types.get(name)
    const value = type === undefined ? null : readInput(input, variables, textFor)
    read.shown[name] = value
    if (type !== 'array[tools]') continue
    const { tools, shown } = chosenTools(value)
    read.shown[name] = shown
    read.chosen[name] = tools
  }
  return read
}

function readInput({ type, value }: AgentInput, variables: VariableReader, textFor: (value: Value) => string): Value {
  if (type !== 'variable') return fillIn(value, variables, textFor)
  return variableAt(value, variables)
}

function variableAt(selector: Value, variables: VariableReader): Value {
  const path = Array.isArray(selector) ? selector.map(String) : []
  const value = variables.get(path)
  if (value === undefined) throw new AgentParameterError(`Variable '${pythonRepr(selector)}' does not exist`)
  return value
}

/** Placeholders are filled in wherever texts are. */
function fillIn(value: Value, variables: VariableReader, textFor: (value: Value) => string): Value {
  if (typeof value === 'string') return renderTemplate(value, variables, textFor)
  if (Array.isArray(value)) return value.map(item => fillIn(item, variables, textFor))
  if (!isValueMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fillIn(item, variables, textFor)]))
}

async function bindModel(
  name: string,
  value: Value,
  shown: ValueMap,
  context: NodeContext<AgentData>,
  ports: AgentPorts,
): Promise<AgentModel> {
  if (!isValueMap(value)) throw new AgentParameterError(`The agent's parameter ${name} names no model.`)
  const settings = parseNodeData(modelSchema, { ...value, name: value.model ?? value.name ?? '' })
  const { tenantId } = context.run
  const reference = { tenantId, provider: settings.provider, model: settings.name }
  const schema = await ports.models.schema(reference)
  const model: AgentModel = { reference, schema, parameters: settings.parameters, stop: settings.stop, history: [] }
  const prompt = Object.values(shown).filter(item => typeof item === 'string')
  return { ...model, history: await historyOf(model, prompt.join('\n'), context, ports) }
}

async function historyOf(model: AgentModel, prompt: string, context: NodeContext<AgentData>, ports: AgentPorts): Promise<PromptMessage[]> {
  const { data, run, signal } = context
  if (!data.memory) return []
  const promptTokens = estimateMessageTokens([{ role: 'user', content: prompt }])
  const budget = { model: model.schema, parameters: model.parameters, promptTokens }
  const turns = await rememberedTurns(ports.history, data.memory, run, budget)
  const drafts = turns.flatMap((turn): DraftMessage[] => [
    { role: 'user', parts: [...turn.files.map(file => draftFile(file, 'high')), { type: 'text', text: turn.query }] },
    textDraft('assistant', turn.answer),
  ])
  const source = { files: ports.files, tenantId: run.tenantId, sendAs: ports.sendFilesAs ?? ('base64' as const), signal }
  return loadMessages(drafts, model.schema, source)
}

async function bindTool(tool: ChosenTool, { data, variables, run }: NodeContext<AgentData>, { tools }: AgentPorts): Promise<AgentTool> {
  const reference = {
    tenantId: run.tenantId,
    providerType: tool.type,
    providerId: tool.provider_name,
    toolName: tool.tool_name,
    credentialId: tool.credential_id,
  }
  const declaration = await tools.describe(reference)
  const { description } = declaration
  const told = tool.extra.description
  return {
    reference,
    declaration: told ? { ...declaration, description: { human: description?.human ?? { en_US: told }, llm: told } } : declaration,
    form: data.hasPlainSettings ? await tools.formValues(reference, tool.settings) : formOf(tool.settings, variables),
    fixed: tool.fixed,
  }
}

/** Settings of later nodes are inputs of their own; placeholders in them are filled in already. */
function formOf(settings: ValueMap, variables: VariableReader): ValueMap {
  const form: ValueMap = {}
  for (const [name, setting] of Object.entries(settings)) {
    const isInput = isValueMap(setting) && typeof setting.type === 'string' && 'value' in setting
    const value = !isInput ? setting : setting.type === 'variable' ? variableAt(setting.value ?? null, variables) : (setting.value ?? null)
    if (value !== null) form[name] = value
  }
  return form
}
