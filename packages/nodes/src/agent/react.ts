import { pythonJson, type ValueMap } from '@weft/contracts'
import type { AgentContext, AgentMessage, AgentModel, AgentParameters, AgentStrategy, PromptMessage, ToolDefinition } from '@weft/ports'
import { collectAnswer } from '../llm/answer.ts'
import { NATIVE_PARAMETERS, type NativeStrategyPorts, nativeSetup, toolFacts } from './native-setup.ts'
import { finalText, isFinal, parseReactAnswer, type ReactAction, type ReactAnswer } from './react-answer.ts'
import { costOf, Steps } from './steps.ts'
import { callTool } from './tool-calls.ts'
import { toolDefinitions } from './tool-definitions.ts'

/** Models of these providers refuse the stop word. */
const WITHOUT_STOP_WORD = /(^|\/)wenxin(\/|$)/
const STOP_WORD = 'Observation'

/**
 * The model thinks and acts in writing, so that any model can be an agent: a thought, then an action with its input, then it is told
 * what came of it. The answer is the agent's text; thoughts are steps.
 */
export function createReactStrategy(ports: NativeStrategyPorts): AgentStrategy {
  return { parameters: NATIVE_PARAMETERS, icon: null, run: (parameters, context) => run(parameters, context, ports) }
}

interface Round extends ReactAnswer {
  observation: string
}

async function* run(parameters: AgentParameters, context: AgentContext, ports: NativeStrategyPorts): AsyncGenerator<AgentMessage> {
  const { model, named, instruction, query, rounds } = nativeSetup(parameters)
  const { reference } = model
  const steps = new Steps(context.idempotencyKey, ports.clock)
  const definitions = toolDefinitions(named)
  const stop = WITHOUT_STOP_WORD.test(reference.provider) || model.stop.includes(STOP_WORD) ? model.stop : [...model.stop, STOP_WORD]
  const request = { parameters: model.parameters, stop, user: context.caller.userId, signal: context.signal }
  const past: Round[] = []
  for (let number = 1; ; number++) {
    const isLast = number > rounds
    const round = steps.begin(`${number}`, `ROUND ${number}`, null)
    yield round.started
    const step = steps.begin(`${number}/thought`, `${reference.model} Thought`, round, { provider: reference.provider })
    yield step.started
    const messages = promptFor({ model, instruction, query, tools: isLast ? [] : definitions, past })
    const answer = await collectAnswer(ports.models.stream(reference, { ...request, messages }))
    const { thought, action } = parseReactAnswer(answer.text)
    yield { type: 'usage', usage: answer.usage }
    yield step.ended({ thought, ...(action ? actionRecord(action) : { action: answer.text }) }, costOf(answer.usage))

    if (!action || isFinal(action) || isLast) {
      yield round.ended(roundRecord({ thought, action, observation: '' }), costOf(answer.usage))
      // One who still wants to act in the end has at least thought something.
      const text = action && isFinal(action) ? finalText(action.input) : thought
      if (text) yield { type: 'text', text }
      return
    }
    const call = steps.begin(`${number}/call/0`, `CALL ${action.name}`, round, toolFacts(action.name, named))
    yield call.started
    const key = `${context.idempotencyKey}-${number}-0`
    const result = await callTool({ name: action.name, input: action.input, idempotencyKey: key }, named, ports.tools, context)
    const { observation } = result
    yield* result.messages
    const output = { tool_name: action.name, tool_call_args: result.input, output: observation }
    yield call.ended(output, {}, result.isError ? observation : null)
    yield round.ended(roundRecord({ thought, action, observation }), costOf(answer.usage))
    past.push({ thought, action, observation })
  }
}

interface ReactPrompt {
  model: AgentModel
  instruction: string
  query: string
  tools: readonly ToolDefinition[]
  past: readonly Round[]
}

function promptFor({ model, instruction, query, tools, past }: ReactPrompt): PromptMessage[] {
  const system = systemPrompt(instruction, tools)
  const written = past.map(writtenRound).join('')
  if (model.schema.mode === 'completion') {
    const turns = model.history.map(message => `${message.role === 'user' ? 'Question' : 'Thought'}: ${textOfMessage(message)}\n`).join('')
    return [{ role: 'user', content: `${system}\n\n${turns}Question: ${query}\n${written}Thought:` }]
  }
  const head: PromptMessage[] = [{ role: 'system', content: system }, ...model.history, { role: 'user', content: query }]
  if (!past.length) return head
  return [...head, { role: 'assistant', content: written.trimEnd() }, { role: 'user', content: 'continue' }]
}

function systemPrompt(instruction: string, tools: readonly ToolDefinition[]): string {
  const names = tools.map(tool => `"${tool.name}"`).join(', ')
  return [
    'Help the human as well and as exactly as you can. You work in steps: you think, you act, you are told what came of it.',
    ...(instruction ? [instruction] : []),
    tools.length
      ? `You can act by these tools:\n${pythonJson(tools.map(({ name, description, parameters }) => ({ name, description, parameters })))}`
      : 'No tool is left to you: give your final answer now.',
    [
      'Every reply of yours has exactly this form:',
      'Thought: what you know, what is missing, and what to do next',
      'Action:',
      '```json',
      '{"action": "the name of a tool", "action_input": {"a parameter": "its value"}}',
      '```',
    ].join('\n'),
    [
      `"action" is ${names ? `one of ${names}, or ` : ''}"Final Answer". There is one action in a reply, and the reply ends with it.`,
      'You are then told the result as "Observation: …", and reply again. Never write an observation yourself.',
      'When you know enough, give your answer to the human:',
      'Thought: I know what to answer',
      'Action:',
      '```json',
      '{"action": "Final Answer", "action_input": "the answer"}',
      '```',
    ].join('\n'),
  ].join('\n\n')
}

function writtenRound({ thought, action, observation }: Round): string {
  const acted = action ? `Action: ${pythonJson(actionRecord(action))}\n\n` : ''
  return `Thought: ${thought}\n\n${acted}${observation ? `Observation: ${observation}\n\n` : ''}`
}

function textOfMessage({ content }: PromptMessage): string {
  return typeof content === 'string' ? content : content.map(part => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n')
}

function actionRecord({ name, input }: ReactAction) {
  return { action: name, action_input: input }
}

function roundRecord({ thought, action, observation }: Round): ValueMap {
  return { action_name: action?.name ?? '', action_input: action?.input ?? '', thought, observation }
}
