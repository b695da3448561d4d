import { type FileValue, isFile, isValueMap, pythonRepr, textOf, type Value, type ValueMap } from '@weft/contracts'
import { type RunContext, templateSelectors, type VariableReader } from '@weft/engine'
import { type ConversationHistory, estimateMessageTokens, type ModelSchema, type PastTurn, type PromptMessage } from '@weft/ports'
import { attachFiles, type DraftMessage, loadMessages, textDraft } from './draft-message.ts'
import type { LlmData, MemorySettings, PromptTemplate } from './llm-data.ts'
import { LlmNodeError } from './llm-error.ts'
import { historyText, rememberedTurns } from './memory.ts'
import { draftFile, type FileSource } from './prompt-files.ts'

/** Renders a Jinja2 template. @throws Error with what is wrong with the template */
export type RenderJinja = (template: string, variables: ValueMap) => string | Promise<string>

export interface PromptSources {
  data: Pick<LlmData, 'model' | 'prompts' | 'jinjaVariables' | 'memory' | 'vision'>
  variables: VariableReader
  run: RunContext
  model: ModelSchema
  visionFiles: FileValue[]
  /** Empty where there is none. */
  context: string
  history: ConversationHistory
  renderJinja: RenderJinja
  fileSource: FileSource
}

/** Every variable that the prompts name must be there. @throws LlmNodeError */
export function checkVariables(data: PromptSources['data'], variables: VariableReader): void {
  const templates = [...data.prompts.filter(prompt => !prompt.isJinja).map(prompt => prompt.text), data.memory?.queryTemplate ?? '']
  for (const selector of templates.flatMap(templateSelectors)) {
    if (variables.get(selector) === undefined) throw new LlmNodeError('VariableNotFoundError', `Variable #${selector.join('.')}# not found`)
  }
  for (const { variable, selector } of data.jinjaVariables) {
    if (variables.get(selector) === undefined) throw new LlmNodeError('VariableNotFoundError', `Variable ${variable} not found`)
  }
}

/** The text for `{{#context#}}`. @throws LlmNodeError where a list holds what is neither text nor a found passage */
export function contextText(value: Value | undefined): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  const passages = value.map(item => {
    if (typeof item === 'string') return item
    if (!isValueMap(item) || !('content' in item))
      throw new LlmNodeError('InvalidContextStructureError', `Invalid context structure: ${pythonRepr(item)}`)
    return textOf(item.content ?? '')
  })
  return passages.join('\n').trim()
}

/** The messages to send: prompts, then memory, then the question; files before the last user message's text. @throws LlmNodeError */
export async function buildMessages(sources: PromptSources): Promise<PromptMessage[]> {
  const { data, model, fileSource } = sources
  const drafts = data.model.mode === 'completion' ? await completionDrafts(sources) : await chatDrafts(sources)
  if (data.vision.isEnabled) attachFiles(drafts, sources.visionFiles, data.vision.detail)
  const messages = await loadMessages(drafts, model, fileSource)
  if (messages.length) return messages
  throw new LlmNodeError(
    'NoPromptFoundError',
    'No prompt found in the LLM configuration. Please ensure a prompt is properly configured before proceeding.',
  )
}

async function chatDrafts(sources: PromptSources): Promise<DraftMessage[]> {
  const { memory, prompts, vision } = sources.data
  const drafts: DraftMessage[] = []
  for (const prompt of prompts) drafts.push(...(await promptDrafts(prompt, sources)))
  if (!memory) return drafts
  const question = questionDrafts(memory, sources)
  for (const turn of await turnsFor(memory, [...drafts, ...question], sources)) {
    drafts.push({ role: 'user', parts: [...turn.files.map(file => draftFile(file, vision.detail)), { type: 'text', text: turn.query }] })
    drafts.push(textDraft('assistant', turn.answer))
  }
  return [...drafts, ...question]
}

async function completionDrafts(sources: PromptSources): Promise<DraftMessage[]> {
  const { memory, prompts } = sources.data
  const [prompt] = prompts
  if (!prompt) return []
  const text = await promptText(prompt, sources)
  let lines = ''
  if (memory && sources.run.conversationId) {
    if (!memory.rolePrefix) throw new LlmNodeError('MemoryRolePrefixRequiredError', 'Memory role prefix is required for completion model.')
    lines = historyText(await turnsFor(memory, [textDraft('user', text)], sources), memory.rolePrefix)
  }
  const withHistory = text.includes('#histories#') ? text.replaceAll('#histories#', () => lines) : `${lines}\n${text}`
  const asksItself = templateSelectors(prompt.text).some(selector => selector.join('.') === 'sys.query')
  const question = memory && !asksItself ? questionText(memory, sources) : ''
  return [textDraft('user', question ? `${question}\n${withHistory}` : withHistory)]
}

async function turnsFor(memory: MemorySettings, drafts: DraftMessage[], { history, run, model, data }: PromptSources): Promise<PastTurn[]> {
  const text = drafts.flatMap(({ parts }) => parts.map(part => (part.type === 'text' ? part.text : ''))).join('\n')
  const promptTokens = estimateMessageTokens([{ role: 'user', content: text }])
  return rememberedTurns(history, memory, run, { model, parameters: data.model.parameters, promptTokens })
}

/** One prompt, and behind it the files it names. */
async function promptDrafts(prompt: PromptTemplate, sources: PromptSources): Promise<DraftMessage[]> {
  const text = await promptText(prompt, sources)
  return [{ role: prompt.role, parts: text ? [{ type: 'text', text }] : [] }, ...(prompt.isJinja ? [] : fileDrafts(prompt.text, sources))]
}

async function promptText(prompt: PromptTemplate, { variables, context, data, renderJinja }: PromptSources): Promise<string> {
  if (prompt.isJinja) {
    const values = data.jinjaVariables.map(({ variable, selector }): [string, Value] => [variable, variables.get(selector) ?? ''])
    return prompt.text ? renderJinja(prompt.text, Object.fromEntries(values)) : ''
  }
  // The passages are not a template: a placeholder inside them stays what it is.
  const pieces = context ? prompt.text.split('{#context#}') : [prompt.text]
  return pieces.map(piece => variables.render(piece)).join(context)
}

/** Files go out in messages of the user's: vendors take them in no others. */
function fileDrafts(template: string, { variables, data }: PromptSources): DraftMessage[] {
  const files = templateSelectors(template).flatMap(selector => {
    const value = variables.get(selector)
    return (Array.isArray(value) ? value : [value]).filter(isFile)
  })
  const parts = files.filter(file => file.type !== 'custom').map(file => draftFile(file, data.vision.detail))
  return parts.length ? [{ role: 'user', parts }] : []
}

function questionDrafts(memory: MemorySettings, sources: PromptSources): DraftMessage[] {
  const text = questionText(memory, sources)
  return [...(text ? [textDraft('user', text)] : []), ...fileDrafts(memory.queryTemplate, sources)]
}

/** A user's own words are no template. */
function questionText(memory: MemorySettings, { variables }: PromptSources): string {
  return memory.queryTemplate ? variables.render(memory.queryTemplate) : textOf(variables.get(['sys', 'query']) ?? '')
}
