import type { ValueMap } from '@weft/contracts'
import { type NodeContext, NodeDataError, type NodeFailure, type NodeResult, type NodeType } from '@weft/engine'
import { type AgentContext, type AgentStrategies, type AgentStrategy, AgentStrategyError, ToolError } from '@weft/ports'
import { modelFailure } from '../llm/llm-error.ts'
import { type AgentData, parseAgentData } from './agent-data.ts'
import { AgentOutputs } from './agent-outputs.ts'
import { AgentParameterError, type AgentPorts, agentParameters, shownParameters } from './agent-parameters.ts'

export interface AgentNodeOptions extends AgentPorts {
  /** Asked in order. */
  strategies: readonly AgentStrategies[]
}

/** Runs an agent: a strategy that asks a model and calls tools until it has an answer. */
export function createAgentNode(options: AgentNodeOptions): NodeType<AgentData> {
  return {
    type: 'agent',
    hasSideEffects: true,
    parse: parseAgentData,
    async execute(context) {
      const strategy = await findStrategy(context, options.strategies)
      if (strategy) return run(context, strategy, options)
      const { provider, strategy: name } = context.data
      const error = `Failed to get agent strategy: there is no strategy ${name} of ${provider}. Install its plugin, or choose another strategy.`
      return { status: 'failed', inputs: {}, error, errorType: '' }
    },
  }
}

async function findStrategy(
  { data, run }: NodeContext<AgentData>,
  sources: readonly AgentStrategies[],
): Promise<AgentStrategy | undefined> {
  for (const source of sources) {
    const strategy = await source.find({ tenantId: run.tenantId, provider: data.provider, strategy: data.strategy })
    if (strategy) return strategy
  }
  return undefined
}

async function run(context: NodeContext<AgentData>, strategy: AgentStrategy, ports: AgentPorts): Promise<NodeResult> {
  const outputs = new AgentOutputs(context)
  const record: { inputs: ValueMap } = { inputs: {} }
  const metadata = () => ({ tool_info: { icon: strategy.icon, agent_strategy: context.data.strategy }, ...outputs.metadata })
  try {
    record.inputs = shownParameters(context, strategy.parameters)
    const parameters = await agentParameters(context, strategy.parameters, ports)
    for await (const message of strategy.run(parameters, contextOf(context))) outputs.add(message)
    return { status: 'succeeded', ...record, outputs: outputs.finish(), metadata: metadata() }
  } catch (error) {
    return { ...failureOf(error, context.signal), ...record, metadata: metadata() }
  }
}

function contextOf({ run, idempotencyKey, signal }: NodeContext): AgentContext {
  const { tenantId, userId, userKind, invokeFrom, appId, conversationId, messageId, origin, callDepth } = run
  const caller = { userId, userKind, invokeFrom, appId, conversationId, messageId, origin, callDepth }
  return { tenantId, caller, idempotencyKey, signal }
}

function failureOf(error: unknown, signal: AbortSignal): NodeFailure {
  signal.throwIfAborted()
  if (error instanceof AgentParameterError || error instanceof NodeDataError) return failure(error.message, 'WorkflowNodeError')
  if (error instanceof AgentStrategyError) return failure(`Failed to transform agent message: ${error.message}`, '')
  if (error instanceof ToolError) return failure(`Failed to get a tool of the agent: ${error.message}`, 'WorkflowNodeError')
  return { status: 'failed', ...modelFailure(error, signal) }
}

function failure(error: string, errorType: string): NodeFailure {
  return { status: 'failed', error, errorType }
}
