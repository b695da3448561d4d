import { expect, test } from 'vitest'
import { Answer } from './answer.ts'

const say = (text: string, selector = ['llm', 'text']) => [{ text, selector, frame: 0 }]
const delta = { type: 'text-delta', at: 0, execution: 'e', selector: ['llm', 'text'], text: '' } as const
const finished = {
  type: 'run-finished',
  at: 0,
  status: 'succeeded',
  error: '',
  outputs: {},
  totalTokens: 0,
  totalSteps: 0,
  exceptionsCount: 0,
} as const

test('joins what was said, and replaces what a restarted node says anew', () => {
  const answer = new Answer()
  answer.add(delta, say('Hello '))
  answer.add(delta, say('wor'))
  answer.add(delta, [{ ...say('Good day', ['llm', 'text'])[0], isReplacement: true } as never])
  expect(answer.text).toBe('Good day')
})

test('is refused as soon as it has said an unwanted word, whatever the case', () => {
  const moderation = { keywords: ['storm'], inputResponse: undefined, outputResponse: 'Not about that.' }
  const answer = new Answer(moderation)
  answer.add(delta, say('A STORM is near. '))
  expect(answer.refusal).toBeUndefined()
  answer.add(delta, say('x'.repeat(300)))
  expect(answer.text).toBe('Not about that.')
})

test('a short answer is looked at when it is over', () => {
  const answer = new Answer({ keywords: ['storm'], inputResponse: undefined, outputResponse: 'No.' })
  answer.add(delta, say('a storm'))
  answer.add(finished, [])
  expect(answer.text).toBe('No.')
})

test('sums the usage of several models in decimals', () => {
  const answer = new Answer()
  const usage = {
    prompt_tokens: 1,
    completion_tokens: 2,
    total_tokens: 3,
    total_price: '0.1',
    prompt_price: '0.0',
    completion_price: '0.1',
    latency: 1,
  }
  for (let i = 0; i < 3; i++) answer.add({ type: 'node-succeeded', at: 0, execution: 'e', result: { outputs: { usage } } }, [])
  expect(answer.usage).toMatchObject({ total_tokens: 9, total_price: '0.3' })
})
