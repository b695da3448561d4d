import { textOf, type ValueMap } from '@weft/contracts'
import type { NodeContext, NodeResult, NodeType } from '@weft/engine'
import { type ConversationHistory, estimateMessageTokens, type FileService, type LanguageModels } from '@weft/ports'
import { type Answer, collectAnswer, usageMetadata, usageRecord } from '../llm/answer.ts'
import { attachFiles, loadMessages } from '../llm/draft-message.ts'
import { modelFailure } from '../llm/llm-error.ts'
import { rememberedLines } from '../llm/memory.ts'
import { filesOf } from '../llm/prompt-files.ts'
import { promptsForRecord } from '../llm/saved-prompts.ts'
import { findObject } from '../llm/structured-output.ts'
import { type ClassifierPrompt, classifierDrafts } from './classifier-prompt.ts'
import { parseQuestionClassifierData, type QuestionClass, type QuestionClassifierData } from './question-classifier-data.ts'

export interface QuestionClassifierNodeOptions {
  models: LanguageModels
  files: FileService
  history: ConversationHistory
  /** How files reach the vendor; `base64` unless given. */
  sendFilesAs?: 'base64' | 'url'
}

/** Asks a model which class a question belongs to, and leaves by that class. */
export function createQuestionClassifierNode(options: QuestionClassifierNodeOptions): NodeType<QuestionClassifierData> {
  return {
    type: 'question-classifier',
    isBranch: true,
    parse: parseQuestionClassifierData,
    async execute(context) {
      const inputs: ValueMap = { query: context.variables.get(context.data.querySelector) ?? null }
      try {
        return await run(context, options, inputs)
      } catch (error) {
        return { status: 'failed', inputs, ...modelFailure(error, context.signal) }
      }
    },
  }
}

async function run(
  context: NodeContext<QuestionClassifierData>,
  options: QuestionClassifierNodeOptions,
  inputs: ValueMap,
): Promise<NodeResult> {
  const { data, run, signal } = context
  const [firstClass] = data.classes
  if (!firstClass) return { status: 'failed', inputs, error: 'The question classifier has no classes.', errorType: '' }
  const messages = await buildMessages(context, options)
  const reference = { tenantId: run.tenantId, provider: data.model.provider, model: data.model.name }
  const request = { messages, parameters: data.model.parameters, stop: data.model.stop, user: run.userId, signal }
  const answer = await collectAnswer(options.models.stream(reference, request))

  const record = { inputs, processData: processData(data, messages, answer), metadata: usageMetadata(answer.usage) }
  const judgement = findObject(answer.text)
  if (!judgement) return { status: 'failed', ...record, error: 'could not find json block in the output.', errorType: '' }
  const chosen = chosenClass(data.classes, judgement) ?? firstClass
  const outputs = { class_name: chosen.name, class_id: chosen.id, usage: usageRecord(answer.usage) }
  return { status: 'succeeded', ...record, outputs, handle: chosen.id }
}

async function buildMessages(
  { data, variables, run, signal }: NodeContext<QuestionClassifierData>,
  options: QuestionClassifierNodeOptions,
) {
  const { tenantId } = run
  const model = await options.models.schema({ tenantId, provider: data.model.provider, model: data.model.name })
  const prompt: ClassifierPrompt = {
    mode: data.model.mode,
    query: textOf(variables.get(data.querySelector) ?? ''),
    classes: data.classes.map(({ id, name }) => ({ id, name: variables.render(name) })),
    instruction: variables.render(data.instruction),
    history: '',
  }
  const text = classifierDrafts(prompt).flatMap(draft => draft.parts.map(part => (part.type === 'text' ? part.text : '')))
  const promptTokens = estimateMessageTokens([{ role: 'user', content: text.join('\n') }])
  const history = await rememberedLines(options.history, data.memory, run, { model, parameters: data.model.parameters, promptTokens })
  const drafts = classifierDrafts({ ...prompt, history })
  if (data.vision.isEnabled) attachFiles(drafts, filesOf(variables.get(data.vision.selector)), data.vision.detail)
  return loadMessages(drafts, model, { files: options.files, tenantId, sendAs: options.sendFilesAs ?? 'base64', signal })
}

function chosenClass(classes: readonly QuestionClass[], judgement: ValueMap): QuestionClass | undefined {
  const id = textOf(judgement.category_id ?? null)
  return classes.find(candidate => candidate.id === id)
}

function processData({ model }: QuestionClassifierData, messages: Awaited<ReturnType<typeof loadMessages>>, answer: Answer): ValueMap {
  return {
    model_mode: model.mode,
    prompts: promptsForRecord(model.mode, messages),
    usage: usageRecord(answer.usage),
    finish_reason: answer.reason,
    model_provider: model.provider,
    model_name: model.name,
  }
}
