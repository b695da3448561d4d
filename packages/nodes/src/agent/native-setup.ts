import { textOf, toNumber, type Value, type ValueMap } from '@weft/contracts'
import {
  type AgentParameters,
  AgentStrategyError,
  type AgentStrategyParameter,
  type Clock,
  type LanguageModels,
  type ToolRuntime,
} from '@weft/ports'
import { type NamedTools, nameTools } from './tool-definitions.ts'

const DEFAULT_ROUNDS = 3
const MAX_ROUNDS = 99

export interface NativeStrategyPorts {
  models: LanguageModels
  tools: ToolRuntime
  clock: Clock
}

export const NATIVE_PARAMETERS: readonly AgentStrategyParameter[] = [
  { name: 'model', type: 'model-selector', required: true, default: null },
  { name: 'tools', type: 'array[tools]', required: true, default: [] },
  { name: 'instruction', type: 'string', required: true, default: null },
  { name: 'query', type: 'string', required: true, default: null },
  { name: 'maximum_iterations', type: 'number', required: true, default: DEFAULT_ROUNDS },
]

/** What both native strategies are set up with. */
export function nativeSetup({ values, models, tools }: AgentParameters) {
  const { model } = models
  if (!model) throw new AgentStrategyError('the agent has no model')
  return {
    model,
    named: nameTools(tools.tools ?? []),
    instruction: textOf(values.instruction ?? ''),
    query: textOf(values.query ?? ''),
    rounds: roundLimit(values.maximum_iterations),
  }
}

/** A whole number of at least one, also from a text. */
function roundLimit(value: Value | undefined): number {
  const number = typeof value === 'string' ? Number(value) : toNumber(value ?? null)
  return number !== undefined && Number.isFinite(number) ? Math.min(Math.max(1, Math.trunc(number)), MAX_ROUNDS) : DEFAULT_ROUNDS
}

/** Where a step calls a tool: its provider, with the sign that clients show. */
export function toolFacts(name: string, named: NamedTools): ValueMap {
  const tool = named.get(name)
  if (!tool) return { provider: '' }
  const { provider, icon } = tool.declaration.identity
  return { provider, icon: icon ?? '' }
}
