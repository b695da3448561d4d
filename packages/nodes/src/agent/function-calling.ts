import { pythonJson, type Value, type ValueMap } from '@weft/contracts'
import type { AgentContext, AgentMessage, AgentParameters, AgentStrategy, PromptMessage, ToolCall, ToolRuntime } from '@weft/ports'
import { type Answer, readAnswer } from '../llm/answer.ts'
import { splitReasoning } from '../llm/reasoning.ts'
import { inCompletionOrder } from './in-completion-order.ts'
import { NATIVE_PARAMETERS, type NativeStrategyPorts, nativeSetup, toolFacts } from './native-setup.ts'
import { costOf, type Step, Steps } from './steps.ts'
import { type CallResult, callTool, parseArguments } from './tool-calls.ts'
import { type NamedTools, toolDefinitions } from './tool-definitions.ts'

/**
 * The model calls tools by its own means: several at once where it asks for several, round after round. Once the rounds are used
 * up, it is asked for an answer and may call none.
 */
export function createFunctionCallingStrategy(ports: NativeStrategyPorts): AgentStrategy {
  return { parameters: NATIVE_PARAMETERS, icon: null, run: (parameters, context) => run(parameters, context, ports) }
}

async function* run(parameters: AgentParameters, context: AgentContext, ports: NativeStrategyPorts): AsyncGenerator<AgentMessage> {
  const { model, named, instruction, query, rounds } = nativeSetup(parameters)
  const steps = new Steps(context.idempotencyKey, ports.clock)
  const definitions = toolDefinitions(named)
  const messages: PromptMessage[] = [
    ...(instruction ? [{ role: 'system' as const, content: instruction }] : []),
    ...model.history,
    { role: 'user', content: query },
  ]
  const { reference, parameters: settings, stop } = model
  const request = { parameters: settings, stop, user: context.caller.userId, signal: context.signal }
  for (let number = 1; ; number++) {
    const isLast = number > rounds
    // Some vendors want tools declared wherever the messages show calls.
    const tools = definitions.length ? { tools: definitions, toolChoice: isLast ? ('none' as const) : ('auto' as const) } : {}
    const round = steps.begin(`${number}`, `ROUND ${number}`, null)
    yield round.started
    const thought = steps.begin(`${number}/thought`, `${reference.model} Thought`, round, { provider: reference.provider })
    yield thought.started
    const answer = yield* readAnswer(ports.models.stream(reference, { ...request, ...tools, messages: [...messages] }), spoken)
    yield { type: 'usage', usage: answer.usage }
    const calls = isLast ? [] : answer.toolCalls
    yield thought.ended(thoughtRecord(answer, calls), costOf(answer.usage))

    const results = yield* callTools(calls, number, named, round, steps, context, ports.tools)
    const told = calls.map((call, index) => toolResponse(call, results[index] as CallResult))
    yield round.ended({ output: { llm_response: answer.text, tool_responses: told } }, costOf(answer.usage))
    if (!calls.length) return
    if (answer.text) yield { type: 'text', text: '\n' }
    messages.push(assistantMessage(answer))
    for (const [index, call] of calls.entries()) {
      messages.push({ role: 'tool', toolCallId: call.id, toolName: call.name, content: (results[index] as CallResult).observation })
    }
  }
}

function spoken(text: string): AgentMessage {
  return { type: 'text', text }
}

/** Calls tools at the same time; the results are in the order of the calls. */
async function* callTools(
  calls: readonly ToolCall[],
  round: number,
  named: NamedTools,
  parent: Step,
  steps: Steps,
  context: AgentContext,
  tools: ToolRuntime,
): AsyncGenerator<AgentMessage, CallResult[]> {
  const begun = calls.map((call, index) => steps.begin(`${round}/call/${index}`, `CALL ${call.name}`, parent, toolFacts(call.name, named)))
  for (const step of begun) yield step.started
  const work = calls.map(({ name, arguments: text }, index) => {
    const input = parseArguments(text.trim() || '{}') ?? text
    return callTool({ name, input, idempotencyKey: `${context.idempotencyKey}-${round}-${index}` }, named, tools, context)
  })
  const results: CallResult[] = []
  for await (const { index, result } of inCompletionOrder(work)) {
    results[index] = result
    yield* result.messages
    const output = toolResponse(calls[index] as ToolCall, result)
    yield (begun[index] as Step).ended({ output }, {}, result.isError ? result.observation : null)
  }
  return results
}

function toolResponse({ id, name }: ToolCall, { input, observation }: CallResult): ValueMap {
  return { tool_call_id: id, tool_call_name: name, tool_call_input: input, tool_response: observation }
}

function thoughtRecord(answer: Answer, calls: readonly ToolCall[]): ValueMap {
  const input = calls.map(({ name, arguments: text }): Value => ({ name, args: parseArguments(text.trim() || '{}') ?? text }))
  return { output: answer.text, tool_name: calls.map(({ name }) => name).join(';'), tool_input: input }
}

/** What the model said, its thoughts apart, with arguments that every vendor can read back. */
function assistantMessage({ text, toolCalls }: Answer): PromptMessage {
  const { text: content, reasoning } = splitReasoning(text)
  const calls = toolCalls.map(call => ({ ...call, arguments: pythonJson(parseArguments(call.arguments.trim() || '{}') ?? {}) }))
  return { role: 'assistant', content, toolCalls: calls, ...(reasoning ? { reasoning } : {}) }
}
