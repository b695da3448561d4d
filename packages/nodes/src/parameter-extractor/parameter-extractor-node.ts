import { textOf, type ValueMap } from '@weft/contracts'
import type { NodeContext, NodeResult, NodeType } from '@weft/engine'
import {
  type ConversationHistory,
  estimateMessageTokens,
  type FileService,
  type LanguageModels,
  type ModelSchema,
  type PromptMessage,
} from '@weft/ports'
import { collectAnswer, usageMetadata, usageRecord } from '../llm/answer.ts'
import { attachFiles, loadMessages } from '../llm/draft-message.ts'
import { modelFailure } from '../llm/llm-error.ts'
import { rememberedLines } from '../llm/memory.ts'
import { filesOf } from '../llm/prompt-files.ts'
import { withoutReasoning } from '../llm/reasoning.ts'
import { promptsForRecord, toolCallRecord } from '../llm/saved-prompts.ts'
import { emptyResult, findFault, firstObject, valuesOf } from './extracted-values.ts'
import { addExamples, type ExtractorPrompt, extractorDrafts, extractorTool } from './extractor-prompt.ts'
import { type ParameterExtractorData, parseParameterExtractorData, schemaOfParameters } from './parameter-extractor-data.ts'

export interface ParameterExtractorNodeOptions {
  models: LanguageModels
  files: FileService
  history: ConversationHistory
  /** How files reach the vendor; `base64` unless given. */
  sendFilesAs?: 'base64' | 'url'
}

/** Has a model take values for named parameters out of a text. What it cannot make out succeeds with empty values and the reason. */
export function createParameterExtractorNode(options: ParameterExtractorNodeOptions): NodeType<ParameterExtractorData> {
  return {
    type: 'parameter-extractor',
    parse: parseParameterExtractorData,
    async execute(context) {
      const record: Required<Pick<NodeResult, 'inputs' | 'processData'>> = { inputs: {}, processData: {} }
      try {
        return await run(context, options, record)
      } catch (error) {
        const failure = modelFailure(error, context.signal)
        const outputs = { __is_success: 0, __reason: 'Failed to invoke model', __error: failure.error }
        return { status: 'failed', ...record, outputs, ...failure }
      }
    },
  }
}

const NOTHING_FOUND = 'Failed to extract result from function call or text response, using empty result.'

async function run(
  context: NodeContext<ParameterExtractorData>,
  options: ParameterExtractorNodeOptions,
  record: { inputs: ValueMap; processData: ValueMap },
): Promise<NodeResult> {
  const { data, variables, run, signal } = context
  const query = textOf(variables.get(data.querySelector) ?? '')
  const files = data.vision.isEnabled ? filesOf(variables.get(data.vision.selector)) : []
  const parameters = data.parameters.map(({ name, type, options, description, required }) => ({
    name,
    type,
    options,
    description,
    required,
  }))
  record.inputs = { query, files, parameters, instruction: data.instruction }

  const reference = { tenantId: run.tenantId, provider: data.model.provider, model: data.model.name }
  const model = await options.models.schema(reference)
  const prompt: ExtractorPrompt = {
    mode: modeFor(data, model),
    query,
    schema: schemaOfParameters(data.parameters),
    instruction: variables.render(data.instruction ?? ''),
    history: '',
  }
  prompt.history = await historyFor(prompt, model, context, options)
  const drafts = extractorDrafts(prompt)
  attachFiles(drafts, files, data.vision.detail)
  const fileSource = { files: options.files, tenantId: run.tenantId, sendAs: options.sendFilesAs ?? 'base64', signal }
  const messages = addExamples(prompt.mode, await loadMessages(drafts, model, fileSource))
  const tools = prompt.mode === 'function_call' ? [extractorTool(prompt.schema)] : []
  record.processData = processData(data, messages, tools[0] ? { ...tools[0] } : {})

  const request = { messages, parameters: data.model.parameters, stop: data.model.stop, user: run.userId, signal }
  const answer = await collectAnswer(options.models.stream(reference, { ...request, ...(tools.length ? { tools } : {}) }))
  const [call] = answer.toolCalls
  const usage = usageRecord(answer.usage)
  record.processData = { ...record.processData, usage, tool_call: call ? toolCallRecord(call) : null, llm_text: answer.text }

  const found = firstObject(call ? call.arguments : withoutReasoning(answer.text))
  // An object without members in the text counts as none; the arguments of a call are what they are.
  const isNothing = !call && (!found || !Object.keys(found).length)
  const result = isNothing ? emptyResult(data.parameters) : (found ?? {})
  const fault = findFault(data.parameters, result) ?? (isNothing ? NOTHING_FOUND : null)
  return {
    status: 'succeeded',
    ...record,
    outputs: { __is_success: fault === null ? 1 : 0, __reason: fault, __usage: usage, ...valuesOf(data.parameters, result) },
    metadata: usageMetadata(answer.usage),
  }
}

function modeFor({ model, reasoningMode }: ParameterExtractorData, { features }: ModelSchema): ExtractorPrompt['mode'] {
  if (model.mode === 'completion') return 'completion'
  const canCall = features?.some(feature => feature === 'tool-call' || feature === 'multi-tool-call') ?? false
  return canCall && reasoningMode === 'function_call' ? 'function_call' : 'chat'
}

function historyFor(
  prompt: ExtractorPrompt,
  model: ModelSchema,
  { data, run }: NodeContext<ParameterExtractorData>,
  { history }: ParameterExtractorNodeOptions,
): Promise<string> {
  const text = extractorDrafts(prompt).flatMap(draft => draft.parts.map(part => (part.type === 'text' ? part.text : '')))
  const promptTokens = estimateMessageTokens(addExamples(prompt.mode, [{ role: 'user', content: text.join('\n') }]))
  return rememberedLines(history, data.memory, run, { model, parameters: data.model.parameters, promptTokens })
}

function processData({ model }: ParameterExtractorData, messages: PromptMessage[], tool: ValueMap): ValueMap {
  return {
    model_mode: model.mode,
    prompts: promptsForRecord(model.mode, messages),
    usage: null,
    function: tool,
    tool_call: null,
    model_provider: model.provider,
    model_name: model.name,
  }
}
