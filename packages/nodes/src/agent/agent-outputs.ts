import type { FileValue, Value, ValueMap } from '@weft/contracts'
import type { NodeContext, NodeLog } from '@weft/engine'
import { type AgentMessage, AgentStrategyError, addUsage, createUsage, RESERVED_TOOL_VARIABLES } from '@weft/ports'
import { usageMetadata, usageRecord } from '../llm/answer.ts'

/** Gathers what an agent says into the node's outputs and metadata, and streams text, variables and steps on. */
export class AgentOutputs {
  readonly #context: NodeContext
  readonly #files: FileValue[] = []
  readonly #json: ValueMap[] = []
  readonly #variables: ValueMap = {}
  readonly #streamed = new Set<string>()
  readonly #logs = new Map<string, NodeLog>()
  readonly #citations: ValueMap[] = []
  #usage = createUsage(0, 0, 0)
  #text = ''

  constructor(context: NodeContext) {
    this.#context = context
  }

  add(message: AgentMessage): void {
    if (message.type === 'text') this.#say(message.text)
    else if (message.type === 'usage') this.#usage = addUsage(this.#usage, message.usage)
    else if (message.type === 'log') this.#note(message.log)
    else if (message.type === 'file') this.#files.push(message.file)
    else if (message.type === 'variable') this.#setVariable(message)
    else if (message.type === 'retriever-resources') this.#citations.push(...message.resources)
    else if (message.type === 'json') {
      if (Object.keys(message.value).length) this.#json.push(message.value)
    } else {
      if (message.file) this.#files.push(message.file)
      this.#say(`Link: ${message.url}\n`)
    }
  }

  #say(text: string): void {
    this.#text += text
    this.#context.emitText([this.#context.nodeId, 'text'], text)
  }

  /** A repeated id replaces the earlier entry, in its place. */
  #note(log: NodeLog): void {
    const earlier = this.#logs.get(log.id)
    this.#logs.set(log.id, earlier ? { ...log, parentId: earlier.parentId } : log)
    this.#context.emitLog(log)
  }

  #setVariable({ name, value, isStreamed }: { name: string; value: Value; isStreamed: boolean }): void {
    if (RESERVED_TOOL_VARIABLES.has(name) || name === 'usage') throw new AgentStrategyError(`The variable name ${name} is reserved.`)
    if (!isStreamed) {
      this.#variables[name] = value
      return
    }
    if (typeof value !== 'string') throw new AgentStrategyError("When 'stream' is True, 'variable_value' must be a string.")
    this.#streamed.add(name)
    this.#variables[name] = `${this.#variables[name] ?? ''}${value}`
    this.#context.emitText([this.#context.nodeId, name], value)
  }

  /** Ends the streams. */
  finish(): ValueMap {
    for (const name of ['text', ...this.#streamed]) this.#context.endText([this.#context.nodeId, name])
    const steps = [...this.#logs.values()].map(log => ({ id: log.id, ...this.#step(log) }))
    return {
      text: this.#text,
      usage: usageRecord(this.#usage),
      files: this.#files,
      json: [...steps, ...(this.#json.length ? this.#json : [{ data: [] }])],
      ...this.#variables,
    }
  }

  get metadata(): ValueMap {
    // The execution's id here is the node's: existing clients match steps by it.
    const { nodeId } = this.#context
    return {
      ...(this.#usage.total_tokens ? usageMetadata(this.#usage) : {}),
      agent_log: [...this.#logs.values()].map(log => ({ message_id: log.id, node_execution_id: nodeId, ...this.#step(log) })),
      ...(this.#citations.length ? { retriever_resources: this.#citations } : {}),
    }
  }

  #step({ parentId, error, status, data, label, metadata }: NodeLog): ValueMap {
    return { parent_id: parentId, error, status, data, label, metadata, node_id: this.#context.nodeId }
  }
}
