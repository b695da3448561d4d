import { describe, expect, test } from 'vitest'
import { fail, graphOf, ManualRun, succeed } from './run-graph.ts'

const start = { type: 'start' }
const work = { type: 'work' }
const tools = { now: 9000, newId: () => 'new' }

const loop = (more = {}) => ({
  type: 'loop',
  loop_count: 1,
  break_conditions: [{ variable_selector: ['conversation', 'flag'], comparison_operator: 'is', value: 'stop' }],
  logical_operator: 'and',
  start_node_id: 'm',
  loop_variables: [],
  ...more,
})

describe('a loop that is taken over goes on as it would have', () => {
  test('after its end was announced, whatever its conditions say by then', () => {
    const document = graphOf({ s: start, l: loop(), m: { type: 'loop-start' }, w: work, b: work }, ['s>l', 's>b', 'm>w'])
    const play = new ManualRun(document, {}, { flag: '' })
    play.end('s')
    play.add(play.state.resolve(play.of('w').id, succeed(), 2000))
    const announcement = play.next()
    expect(announcement).toMatchObject({ type: 'round-started', index: 1 })
    if (announcement) play.add(announcement)
    // A parallel branch changes what the condition reads.
    const change = { ...succeed(), assignments: [{ selector: ['conversation', 'flag'], value: 'stop' }] } as ReturnType<typeof succeed>
    play.add(play.state.resolve(play.of('b').id, change, 2001))
    expect(play.recover(document).decide(tools)).toEqual(play.state.decide(tools))
    expect(play.state.decide(tools)).toMatchObject({ metadata: { completed_reason: 'loop_completed' } })
  })

  test('after it finished because a condition could not be tested', () => {
    const missing = loop({ loop_count: 3, break_conditions: [{ variable_selector: ['w', 'x'], comparison_operator: 'is', value: 'y' }] })
    const document = graphOf({ s: start, l: missing, m: { type: 'loop-start' }, w: work }, ['s>l', 'm>w'])
    const play = new ManualRun(document)
    play.end('s')
    play.add(play.state.resolve(play.of('w').id, succeed(), 2000))
    const finish = play.next()
    expect(finish).toMatchObject({ type: 'container-finished', status: 'failed' })
    if (finish) play.add(finish)
    expect(play.recover(document).decide(tools)).toMatchObject({ type: 'node-failed', result: { error: "Variable ['w', 'x'] not found" } })
  })
})

describe('text of an attempt that is replaced', () => {
  const model = { type: 'code', retry_config: { retry_enabled: true, max_retries: 1, retry_interval: 0 } }
  const document = graphOf({ s: start, a: model, r: { type: 'answer', parts: ['> ', ['a', 'text'], '!'] } }, ['s>a', 'a>r'])

  test('a failed try takes its text back', () => {
    const play = new ManualRun(document)
    play.end('s')
    play.say('a', 'half')
    play.end('a', fail())
    expect(play.text.at(-1)).toEqual({ text: '', selector: ['a', 'text'], frame: 0, isReplacement: true })
    play.say('a', 'whole')
    play.end('a', succeed({ text: 'whole' }))
    play.end('r')
    expect(play.text.map(({ text }) => text)).toEqual(['> ', 'half', '', 'whole', '!'])
  })

  test('goes to its place, also when the answer has gone on', () => {
    const play = new ManualRun(document)
    play.end('s')
    play.say('a', 'one ')
    const { id } = play.of('a')
    const selector = ['a', 'text']
    play.add({ type: 'text-ended', at: 2000, execution: id, selector })
    play.add({ type: 'text-replaced', at: 2001, execution: id, selector, text: 'two' })
    play.say('a', ' more')
    play.end('a', succeed({ text: 'two more' }))
    play.end('r')
    expect(play.text.slice(3)).toEqual([
      { text: '!', selector: ['r', 'answer'], frame: 0 },
      { text: 'two', selector, frame: 0, isReplacement: true },
      { text: 'two more', selector, frame: 0, isReplacement: true },
    ])
  })
})
