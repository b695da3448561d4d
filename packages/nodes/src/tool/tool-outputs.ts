import type { FileValue, Value, ValueMap } from '@weft/contracts'
import type { NodeContext } from '@weft/engine'
import { ToolError, type ToolMessage } from '@weft/ports'

/** Gathers what a tool says into the node's variables, and streams its text and its streamed variables on. */
export class ToolOutputs {
  readonly #context: NodeContext
  readonly #files: FileValue[] = []
  readonly #json: ValueMap[] = []
  readonly #variables: ValueMap = {}
  readonly #streamed = new Set<string>()
  #text = ''

  constructor(context: NodeContext) {
    this.#context = context
  }

  add(message: ToolMessage): void {
    if (message.type === 'text') this.#say(message.text)
    else if (message.type === 'file') this.#files.push(message.file)
    else if (message.type === 'variable') this.#setVariable(message)
    else if (message.type === 'log') this.#context.emitLog(message.log)
    else if (message.type === 'json' && Object.keys(message.value).length) this.#json.push(message.value)
    else if (message.type === 'link') {
      if (message.file) this.#files.push(message.file)
      this.#say(`Link: ${message.url}\n`)
    }
  }

  #say(text: string): void {
    this.#text += text
    this.#context.emitText([this.#context.nodeId, 'text'], text)
  }

  #setVariable({ name, value, isStreamed }: { name: string; value: Value; isStreamed: boolean }): void {
    if (!isStreamed) {
      this.#variables[name] = value
      return
    }
    if (typeof value !== 'string') throw new ToolError('failed', "When 'stream' is True, 'variable_value' must be a string.")
    const said = this.#variables[name]
    this.#variables[name] = (typeof said === 'string' ? said : '') + value
    this.#streamed.add(name)
    this.#context.emitText([this.#context.nodeId, name], value)
  }

  /** The node's variables; ends its streams. */
  finish(): ValueMap {
    const { nodeId } = this.#context
    this.#context.endText([nodeId, 'text'])
    for (const name of this.#streamed) this.#context.endText([nodeId, name])
    return { text: this.#text, files: this.#files, json: this.#json.length ? this.#json : [{ data: [] }], ...this.#variables }
  }
}
