import { expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { fileValue } from '../test-files.ts'
import { createAnswerNode } from './answer-node.ts'

const answer = createAnswerNode()
const picture = fileValue('sea.png', { type: 'image' })
const paper = fileValue('note.txt')

test('shows values as Markdown and unknown variables as their path', async () => {
  const data = { answer: 'Hi {{#start.name#}}: {{#code.list#}}\n{{#gone.text#}}' }
  expect(await runNode(answer, data, { start: { name: 'Ada' }, code: { list: ['a', 'b'] } })).toEqual({
    status: 'succeeded',
    outputs: { answer: 'Hi Ada: - a\n- b\ngone.text', files: [] },
  })
})

test('collects every file its template names', async () => {
  const data = { answer: '{{#a.one#}} {{#a.many#}} {{#a.empty#}}' }
  const result = await runNode(answer, data, { a: { one: picture, many: [paper, picture], empty: [] } })
  expect(result.outputs?.files).toEqual([picture, paper, picture])
  expect(result.outputs?.answer).toBe(
    '![sea.png](http://files/sea.png) [note.txt](http://files/note.txt)\n![sea.png](http://files/sea.png) ',
  )
})

test('streams literals and variables in the order of its template', () => {
  expect(answer.responseTemplate?.({ answer: 'Hi {{#start.name#}}!' })).toEqual(['Hi ', ['start', 'name'], '!'])
})

test('needs its answer', () => {
  expect(() => answer.parse({})).toThrow('answer is required')
})
