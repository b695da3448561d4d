import { describe, expect, it } from 'vitest'
import { parseReactAnswer } from './react-answer.ts'

const weekday = { name: 'weekday', input: { year: 1999 } }

describe('an action', () => {
  it('is found in code blocks, bare, and in a list of one, whatever its members are called', () => {
    const blob = '{"action": "weekday", "action_input": {"year": 1999}}'
    for (const text of [
      `Thought: which day?\nAction:\n\`\`\`json\n${blob}\n\`\`\``,
      `which day?\nAction: ${blob}`,
      `**Thought:** which day?\n[${blob}]`,
      'Thought: which day?\n{"tool_input": {"year": 1999}, "tool": "weekday"}',
      "Thought: which day?\nAction:\n{'action': 'weekday', 'action_input': {'year': 1999,}}",
    ]) {
      expect(parseReactAnswer(text)).toEqual({ thought: 'which day?', action: weekday })
    }
  })

  it('may be written in words', () => {
    expect(parseReactAnswer('Thought: hm\nAction: weekday\nAction Input: {"year": 1999}')).toEqual({ thought: 'hm', action: weekday })
    expect(parseReactAnswer('Action: search\nAction Input: "boats"').action).toEqual({ name: 'search', input: 'boats' })
  })

  it('is the first, and what the model imagines of its result is cut off', () => {
    const text = 'Action: {"action": "a", "action_input": {}}\nObservation: {"action": "b", "action_input": {}}'
    expect(parseReactAnswer(text).action).toEqual({ name: 'a', input: {} })
  })

  it('is not every object', () => {
    expect(parseReactAnswer('It holds {"a": 1} and [2].')).toEqual({ thought: 'It holds {"a": 1} and [2].', action: undefined })
  })
})

describe('an answer without an action', () => {
  it('is its words, without labels and hidden thoughts', () => {
    const text = '<think>{"action": "x", "action_input": 1}</think>Thought: I know\nFinal Answer: 42'
    expect(parseReactAnswer(text)).toEqual({ thought: 'I know\n42', action: undefined })
  })
})
