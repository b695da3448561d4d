import type { Value, ValueMap } from '@weft/contracts'
import type { ModelReference, ModelSchema, ModelUsage, PromptMessage } from './language-model.ts'
import type { ToolCaller, ToolDeclaration, ToolMessage, ToolReference } from './tools.ts'

/**
 * A way for an agent to think: it asks models, calls tools and speaks until it has an answer. Some are the platform's own,
 * others come from plugins.
 */
export interface AgentStrategy {
  readonly parameters: readonly AgentStrategyParameter[]
  /** Null where it has none. */
  readonly icon: string | null
  /** Leaving the loop early ends the agent. @throws AgentStrategyError, ModelError, ToolError */
  run(parameters: AgentParameters, context: AgentContext): AsyncIterable<AgentMessage>
}

export interface AgentStrategyParameter {
  name: string
  /** `string`, `number`, `model-selector`, `array[tools]`, `any`, …, as plugins declare it. */
  type: string
  required: boolean
  default: Value
}

/** What an agent is set up with. */
export interface AgentParameters {
  /** By parameter, with variables filled in. Models and tools are there as they were chosen, switched-off tools left out. */
  values: ValueMap
  /** By parameter of the type `model-selector`. */
  models: { [parameter: string]: AgentModel }
  /** By parameter of the type `array[tools]`. */
  tools: { [parameter: string]: AgentTool[] }
}

export interface AgentModel {
  reference: ModelReference
  schema: ModelSchema
  /** As in the DSL's `completion_params`, without `stop`. */
  parameters: ValueMap
  stop: string[]
  /** Past turns, oldest first, where the agent remembers. */
  history: PromptMessage[]
}

export interface AgentTool {
  reference: ToolReference
  /** Described in the words of whoever set up the agent, where they gave some. */
  declaration: ToolDeclaration
  /** Values of the tool's form. */
  form: ValueMap
  /** Values, set by hand, of parameters that would else be the model's. */
  fixed: ValueMap
}

/** On whose behalf the agent works. */
export interface AgentContext {
  tenantId: string
  caller: ToolCaller
  /** The same after a crash, another for each retry; calls of tools derive theirs from it. */
  idempotencyKey: string
  signal: AbortSignal
}

/** What an agent says and does, piece by piece. */
export type AgentMessage =
  | ToolMessage
  /** What a call of a model cost; several add up. */
  | { type: 'usage'; usage: ModelUsage }

export interface AgentStrategyReference {
  tenantId: string
  /** `langgenius/agent/agent`. */
  provider: string
  /** `function_calling`. */
  strategy: string
}

export interface AgentStrategies {
  /** Undefined where there is no such strategy. */
  find(reference: AgentStrategyReference): Promise<AgentStrategy | undefined>
}

/** A strategy failed by itself. `message` is what users see. */
export class AgentStrategyError extends Error {
  readonly code = 'agent-strategy'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AgentStrategyError'
  }
}
