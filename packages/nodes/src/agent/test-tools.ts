import type { ValueMap } from '@weft/contracts'
import type { ToolDeclaration, ToolInvocation, ToolMessage, ToolParameter, ToolReference, ToolRuntime } from '@weft/ports'
import { ToolError } from '@weft/ports'

/** What a tool of a test gives: a text, messages, or an error. */
type Scripted = (parameters: ValueMap, form: ValueMap) => string | ToolMessage[] | Error | Promise<string>

/** Tools that answer from a script, and keep how they were called. */
export class ScriptedTools implements ToolRuntime {
  readonly invocations: ToolInvocation[] = []
  readonly #tools: { [name: string]: { parameters: ToolParameter[]; run: Scripted } }

  constructor(tools: { [name: string]: { parameters?: ToolParameter[]; run: Scripted } }) {
    this.#tools = Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, { parameters: [], ...tool }]))
  }

  async describe({ toolName, providerId }: ToolReference): Promise<ToolDeclaration> {
    const tool = this.#tools[toolName]
    if (!tool) throw new ToolError('not-found', `tool ${toolName} not found`)
    return {
      identity: { author: 'test', name: toolName, label: { en_US: toolName }, provider: providerId, icon: `http://icons/${providerId}` },
      description: { human: { en_US: toolName }, llm: `does ${toolName}` },
      parameters: tool.parameters,
      output_schema: {},
    }
  }

  async formValues(_reference: ToolReference, configuration: ValueMap): Promise<ValueMap> {
    return { ...configuration, checked: true }
  }

  async *invoke(invocation: ToolInvocation): AsyncGenerator<ToolMessage> {
    this.invocations.push(invocation)
    const result = await this.#tools[invocation.reference.toolName]?.run(invocation.parameters, invocation.form)
    if (result instanceof Error) throw result
    if (typeof result === 'string') yield { type: 'text', text: result }
    else yield* result ?? []
  }
}

/** A parameter that the model fills in. */
export function asked(name: string, more: Partial<ToolParameter> = {}): ToolParameter {
  return {
    name,
    label: { en_US: name },
    human_description: null,
    llm_description: `the ${name}`,
    placeholder: null,
    type: 'string',
    form: 'llm',
    scope: null,
    required: false,
    default: null,
    min: null,
    max: null,
    precision: null,
    options: [],
    auto_generate: null,
    template: null,
    input_schema: null,
    ...more,
  }
}
