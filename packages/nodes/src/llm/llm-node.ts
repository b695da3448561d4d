import type { FileValue, Value, ValueMap } from '@weft/contracts'
import type { NodeContext, NodeResult, NodeType } from '@weft/engine'
import {
  addUsage,
  type ConversationHistory,
  type FileService,
  type LanguageModels,
  type ModelRequest,
  type ModelSchema,
  type PromptMessage,
} from '@weft/ports'
import { type Answer, collectAnswer, usageMetadata, usageRecord } from './answer.ts'
import { citationsOf } from './citations.ts'
import { type LlmData, parseLlmData } from './llm-data.ts'
import { LlmNodeError, modelFailure } from './llm-error.ts'
import { buildMessages, checkVariables, contextText, type RenderJinja } from './prompt.ts'
import { filesOf } from './prompt-files.ts'
import { splitReasoning } from './reasoning.ts'
import { promptsForRecord } from './saved-prompts.ts'
import { askAgain, askForSchema, describeViolation, jsonResponseFormat, parseOutput, schemaForModel } from './structured-output.ts'

export interface LlmNodeOptions {
  models: LanguageModels
  files: FileService
  history: ConversationHistory
  renderJinja: RenderJinja
  /** How files reach the vendor; `base64` unless given. */
  sendFilesAs?: 'base64' | 'url'
}

/** Asks a language model and streams its answer. */
export function createLlmNode(options: LlmNodeOptions): NodeType<LlmData> {
  return {
    type: 'llm',
    parse: parseLlmData,
    async execute(context) {
      const inputs: ValueMap = {}
      try {
        return await run(context, options, inputs)
      } catch (error) {
        return { status: 'failed', inputs, processData: {}, outputs: {}, ...modelFailure(error, context.signal) }
      }
    },
  }
}

type LlmAnswer = Answer & { output?: ValueMap }

async function run(context: NodeContext<LlmData>, options: LlmNodeOptions, inputs: ValueMap): Promise<NodeResult> {
  const { data, variables, nodeId, signal, run } = context
  checkVariables(data, variables)
  const visionFiles = data.vision.isEnabled ? filesOf(variables.get(data.vision.selector)) : []
  if (visionFiles.length) inputs['#files#'] = visionFiles
  const found = data.contextSelector ? variables.get(data.contextSelector) : undefined
  const passages = contextText(found)
  if (passages) inputs['#context#'] = passages

  const reference = { tenantId: run.tenantId, provider: data.model.provider, model: data.model.name }
  const model = await options.models.schema(reference)
  const fileSource = { files: options.files, tenantId: run.tenantId, sendAs: options.sendFilesAs ?? 'base64', signal }
  const { history, renderJinja } = options
  const messages = await buildMessages({ data, variables, run, model, visionFiles, context: passages, history, renderJinja, fileSource })

  const request: ModelRequest = { messages, parameters: data.model.parameters, stop: data.model.stop, user: run.userId, signal }
  const ask = (changed: Partial<ModelRequest>, emit: (text: string) => void) =>
    collectAnswer(options.models.stream(reference, { ...request, ...changed }), {
      emit,
      saveImage: image => saveImage(image, context, options),
    })
  const emitText = (text: string) => context.emitText([nodeId, 'text'], text)
  const answer: LlmAnswer = data.outputSchema
    ? await askForOutput(data.outputSchema, model, request, ask, emitText)
    : await ask({}, emitText)
  context.endText([nodeId, 'text'])
  return record(data, messages, inputs, answer, citationsOf(found))
}

type Ask = (changed: Partial<ModelRequest>, emit: (text: string) => void) => Promise<Answer>

/**
 * Asks for an object that satisfies the schema. An answer that breaks it is asked for once more. Nothing is streamed before
 * the answer holds, so that no reader sees one that is taken back.
 */
async function askForOutput(
  schema: ValueMap,
  model: ModelSchema,
  request: ModelRequest,
  ask: Ask,
  emit: (text: string) => void,
): Promise<LlmAnswer> {
  const wanted = schemaForModel(schema)
  const isNative = model.features?.includes('structured-output') ?? false
  const changed: Partial<ModelRequest> = isNative
    ? { responseSchema: { name: 'llm_response', schema: wanted } }
    : { messages: askForSchema(request.messages, wanted), parameters: { ...request.parameters, ...jsonResponseFormat(model) } }
  const first = withOutput(await ask(changed, () => {}), wanted)
  if (!first.violation) {
    emit(first.answer.text)
    return first.answer
  }
  const again = askAgain(changed.messages ?? request.messages, first.answer.text, first.violation)
  const second = withOutput(await ask({ ...changed, messages: again }, () => {}), wanted)
  if (second.violation) {
    throw new LlmNodeError('LLMNodeError', `The structured output breaks its schema: ${describeViolation(second.violation)}`)
  }
  emit(second.answer.text)
  return { ...second.answer, usage: addUsage(first.answer.usage, second.answer.usage) }
}

function withOutput(answer: Answer, schema: ValueMap) {
  const parsed = parseOutput(answer.text, schema)
  if (!parsed) {
    // The doubled words are what error handlers of existing apps look for.
    throw new LlmNodeError('LLMNodeError', `Failed to parse structured output: Failed to parse structured output: ${answer.text}`)
  }
  return { answer: { ...answer, output: parsed.output }, violation: parsed.violation }
}

function saveImage(image: { bytes: Uint8Array; mimeType: string }, { run }: NodeContext, { files }: LlmNodeOptions): Promise<FileValue> {
  const { tenantId, userId, conversationId } = run
  return files.createToolFile({
    tenantId,
    userId,
    conversationId,
    body: image.bytes,
    filename: null,
    mimeType: image.mimeType,
    origin: run.origin,
  })
}

function record(data: LlmData, messages: PromptMessage[], inputs: ValueMap, answer: LlmAnswer, citations: ValueMap[]): NodeResult {
  const usage = usageRecord(answer.usage)
  const { text, reasoning } = data.reasoning === 'separated' ? splitReasoning(answer.text) : { text: answer.text, reasoning: '' }
  const outputs: { [name: string]: Value } = { text, reasoning_content: reasoning, usage, finish_reason: answer.reason }
  if (answer.output) outputs.structured_output = answer.output
  if (answer.files.length) outputs.files = answer.files
  return {
    status: 'succeeded',
    inputs,
    outputs,
    processData: {
      model_mode: data.model.mode,
      prompts: promptsForRecord(data.model.mode, messages),
      usage,
      finish_reason: answer.reason,
      model_provider: data.model.provider,
      model_name: data.model.name,
    },
    metadata: { ...usageMetadata(answer.usage), ...(citations.length ? { retriever_resources: citations } : {}) },
  }
}
