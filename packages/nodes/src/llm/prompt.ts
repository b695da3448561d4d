import { type FileValue, isFile, isValueMap, pythonRepr, textOf, type Value, type ValueMap } from '@weft/contracts'
import { type RunContext, templateSelectors, type VariableReader } from '@weft/engine'
import { type ConversationHistory, estimateMessageTokens, type ModelSchema, type PastTurn, type PromptMessage } from '@weft/ports'
import type { LlmData, MemorySettings, PromptTemplate } from './llm-data.ts'
import { LlmNodeError } from './llm-error.ts'
import { historyText, rememberedTurns } from './memory.ts'
import { type DraftPart, draftFile, type FileSource, isSupported, loadPart } from './prompt-files.ts'

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

interface DraftMessage {
  role: PromptTemplate['role']
  parts: DraftPart[]
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
  const drafts = sources.data.model.mode === 'completion' ? await completionDrafts(sources) : await chatDrafts(sources)
  addVisionFiles(drafts, sources)
  const messages: PromptMessage[] = []
  for (const draft of drafts) {
    const message = await loadMessage(draft, sources)
    if (message) messages.push(message)
  }
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
    drafts.push({ role: 'assistant', parts: [{ type: 'text', text: turn.answer }] })
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
    lines = historyText(await turnsFor(memory, [{ role: 'user', parts: [{ type: 'text', text }] }], sources), memory.rolePrefix)
  }
  const withHistory = text.includes('#histories#') ? text.replaceAll('#histories#', () => lines) : `${lines}\n${text}`
  const asksItself = templateSelectors(prompt.text).some(selector => selector.join('.') === 'sys.query')
  const question = memory && !asksItself ? questionText(memory, sources) : ''
  return [{ role: 'user', parts: [{ type: 'text', text: question ? `${question}\n${withHistory}` : withHistory }] }]
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
  return [
    ...(text ? [{ role: 'user' as const, parts: [{ type: 'text' as const, text }] }] : []),
    ...fileDrafts(memory.queryTemplate, sources),
  ]
}

/** A user's own words are no template. */
function questionText(memory: MemorySettings, { variables }: PromptSources): string {
  return memory.queryTemplate ? variables.render(memory.queryTemplate) : textOf(variables.get(['sys', 'query']) ?? '')
}

function addVisionFiles(drafts: DraftMessage[], { data, visionFiles }: PromptSources): void {
  if (!data.vision.isEnabled || !visionFiles.length) return
  const parts = visionFiles.map(file => draftFile(file, data.vision.detail))
  const last = drafts.at(-1)
  if (last?.role === 'user') last.parts.unshift(...parts)
  else drafts.push({ role: 'user', parts })
}

/** Undefined where nothing is left that the model takes. */
async function loadMessage({ role, parts }: DraftMessage, { model, fileSource }: PromptSources): Promise<PromptMessage | undefined> {
  const supported = parts.filter(part => isSupported(part, model.features) && (part.type !== 'text' || part.text !== ''))
  const isText = supported.every(part => part.type === 'text')
  if (isText || role !== 'user') {
    const content = supported.map(part => (part.type === 'text' ? part.text : '')).join('\n')
    return content ? { role, content } : undefined
  }
  return { role, content: await Promise.all(supported.map(part => loadPart(part, fileSource))) }
}
