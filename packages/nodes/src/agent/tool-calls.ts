import { isValueMap, pythonJson, stringifyJson, type Value, type ValueMap } from '@weft/contracts'
import { type AgentContext, type AgentMessage, type AgentTool, ToolError, type ToolMessage, type ToolRuntime } from '@weft/ports'
import { mendJson, tryJson } from '../llm/json-in-text.ts'
import { askedParameters, type NamedTools } from './tool-definitions.ts'

/** A call that the model asks for. */
export interface RequestedCall {
  name: string
  /** What the model gave: an object by parameter, or a text where it kept to no form. */
  input: Value
  idempotencyKey: string
}

export interface CallResult {
  /** What the tool was called with. */
  input: Value
  /** What the model is told, of failures too: it may try something else. */
  observation: string
  isError: boolean
  /** What the user gets beside the agent's words. */
  messages: AgentMessage[]
}

/** Calls a tool for the model. A failing tool is something to tell the model, not a failure of the agent. */
export async function callTool(call: RequestedCall, named: NamedTools, tools: ToolRuntime, context: AgentContext): Promise<CallResult> {
  const tool = named.get(call.name)
  if (!tool) return failed(call.input, `there is not a tool named ${call.name}`)
  const given = readArguments(call.input, tool)
  if (!given) {
    const wanted = `the arguments must be one JSON object with the members ${namesOf(tool) || '(none)'}`
    return failed(call.input, `tool parameters validation error: ${wanted}, please check your tool parameters`)
  }
  const parameters = { ...given, ...tool.fixed }
  const { caller, signal } = context
  try {
    const messages: ToolMessage[] = []
    const invocation = { reference: tool.reference, form: tool.form, parameters, caller, idempotencyKey: call.idempotencyKey, signal }
    for await (const message of tools.invoke(invocation)) messages.push(message)
    return { input: parameters, observation: observationOf(messages), isError: false, messages: messages.flatMap(forTheUser) }
  } catch (error) {
    signal.throwIfAborted()
    return failed(parameters, errorText(error, call.name))
  }
}

function failed(input: Value, observation: string): CallResult {
  return { input, observation, isError: true, messages: [] }
}

function namesOf(tool: AgentTool): string {
  return askedParameters(tool)
    .map(({ name }) => name)
    .join(', ')
}

/** Arguments by name. A bare text is the value of a tool's only parameter. */
function readArguments(input: Value, tool: AgentTool): ValueMap | undefined {
  if (isValueMap(input)) return input
  if (input === null) return {}
  const text = typeof input === 'string' ? input.trim() : ''
  if (text === '' && typeof input === 'string') return {}
  const parsed = text.startsWith('{') ? parseArguments(text) : undefined
  if (parsed) return parsed
  const [only, ...others] = askedParameters(tool)
  return only && !others.length ? { [only.name]: input } : undefined
}

/** The object in a call's text, mended where its JSON is broken. */
export function parseArguments(text: string): ValueMap | undefined {
  const value = mendJson(text)
  return isValueMap(value) ? value : undefined
}

function errorText(error: unknown, name: string): string {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof ToolError)) return `unknown error: ${message}`
  if (error.code === 'not-found') return `there is not a tool named ${name}`
  if (error.code === 'credentials') return 'Please check your tool provider credentials'
  if (error.code === 'invalid-parameters') return `tool parameters validation error: ${message}, please check your tool parameters`
  return `tool invoke error: ${message}`
}

/** What the model reads of a tool's result. JSON that the tool has also said as text is told once. */
function observationOf(messages: readonly ToolMessage[]): string {
  const said = new Set(messages.flatMap(message => (message.type === 'text' ? [normalJson(message.text)] : [])))
  return messages
    .map(message => {
      if (message.type === 'text') return message.text
      if (message.type === 'json') return said.has(stringifyJson(message.value)) ? '' : pythonJson(message.value)
      if (message.type === 'link' && !message.file) return `result link: ${message.url}. please tell user to check it.`
      if (message.type === 'link') return shownAlready('file')
      if (message.type === 'file') return shownAlready(message.file.type === 'image' ? 'image' : 'file')
      return message.type === 'retriever-resources' ? message.context : ''
    })
    .join('')
}

function shownAlready(kind: 'image' | 'file'): string {
  return `${kind} has been created and sent to user already, you do not need to create it, just tell the user to check it now.`
}

function normalJson(text: string): string {
  const value = tryJson(text)
  return value === undefined ? text : stringifyJson(value)
}

function forTheUser(message: ToolMessage): AgentMessage[] {
  if (message.type === 'file' || message.type === 'retriever-resources') return [message]
  return message.type === 'link' && message.file ? [{ type: 'file', file: message.file }] : []
}
