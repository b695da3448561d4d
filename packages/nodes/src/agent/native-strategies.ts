import { type AgentStrategies, type AgentStrategy, systemClock } from '@weft/ports'
import { createFunctionCallingStrategy } from './function-calling.ts'
import type { NativeStrategyPorts } from './native-setup.ts'
import { createReactStrategy } from './react.ts'

/** Where DSL files find them: under the name of the plugin that Dify ships them in. */
const PROVIDER = 'langgenius/agent/agent'

/** The strategies that need no plugin: `function_calling` and `ReAct`. */
export function createNativeAgentStrategies(ports: Omit<NativeStrategyPorts, 'clock'> & Partial<NativeStrategyPorts>): AgentStrategies {
  const all = { clock: systemClock, ...ports }
  const strategies = new Map<string, AgentStrategy>([
    ['function_calling', createFunctionCallingStrategy(all)],
    ['ReAct', createReactStrategy(all)],
  ])
  return { find: async ({ provider, strategy }) => (provider === PROVIDER ? strategies.get(strategy) : undefined) }
}
