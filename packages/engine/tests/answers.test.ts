import { describe, expect, test } from 'vitest'
import { graphOf, ManualRun, succeed } from './run-graph.ts'

const start = { type: 'start' }
const work = { type: 'work' }
const choose = { type: 'choose' }
const answer = (...parts: (string | string[])[]) => ({ type: 'answer', parts })

describe('turns', () => {
  test('an answer behind an assigner of its variable waits for the assigner', () => {
    const document = graphOf(
      { s: start, a: { type: 'assigner', assigns: ['conversation', 'x'] }, r: answer('x is ', ['conversation', 'x']) },
      ['s>a', 'a>r'],
    )
    const play = new ManualRun(document, {}, { x: 'old' })
    play.end('s')
    expect(play.said).toBe('')
    play.end('a', { ...succeed(), assignments: [{ selector: ['conversation', 'x'], value: 'new' }] } as ReturnType<typeof succeed>)
    expect(play.said).toBe('x is new')
  })

  test('an assigner of some other variable holds nothing up', () => {
    const document = graphOf(
      { s: start, a: { type: 'assigner', assigns: ['conversation', 'y'] }, r: answer('x is ', ['conversation', 'x']) },
      ['s>a', 'a>r'],
    )
    const play = new ManualRun(document, {}, { x: 'old' })
    play.end('s')
    expect(play.said).toBe('x is old')
  })

  test('text that comes before its turn is kept until then', () => {
    const document = graphOf({ s: start, a: work, b: work, r: answer(['a', 'text'], ' | ', ['b', 'text']) }, ['s>a', 's>b', 'a>r', 'b>r'])
    const play = new ManualRun(document)
    play.end('s')
    play.say('b', 'B')
    play.end('b', succeed({ text: 'B' }))
    play.say('a', 'A1')
    expect(play.said).toBe('A1')
    play.say('a', 'A2')
    play.end('a', succeed({ text: 'A1A2' }))
    expect(play.said).toBe('A1A2 | B')
  })

  test('two answers that one edge makes certain speak in the order of the document', () => {
    const document = graphOf({ s: start, a: work, q: answer('first'), r: answer('second') }, ['s>a', 'a>r', 'a>q'])
    const play = new ManualRun(document)
    play.end('s')
    expect(play.said).toBe('firstsecond')
  })

  test('a variable whose node has just been skipped holds nothing up any longer', () => {
    const document = graphOf({ s: start, c: choose, x: work, r: answer('got ', ['x', 'out'], 'nothing') }, [
      's>c',
      ['c', 'x', 'yes'],
      's>r',
    ])
    const play = new ManualRun(document)
    play.end('s')
    play.end('r')
    expect(play.said).toBe('got ')
    play.end('c', succeed({}, 'no'))
    expect(play.said).toBe('got nothing')
  })
})

describe('rounds', () => {
  const loop = {
    type: 'loop',
    loop_count: 2,
    break_conditions: [],
    logical_operator: 'and',
    start_node_id: 'm',
    loop_variables: [],
  }
  test('a round of a loop waits for its own values, not those of the round before', () => {
    const document = graphOf({ s: start, l: loop, m: { type: 'loop-start' }, w: work, r: answer('[', ['w', 'out'], ']') }, [
      's>l',
      'm>w',
      'w>r',
    ])
    const play = new ManualRun(document)
    play.end('s')
    play.end('w', succeed({ out: '1' }))
    play.end('r', succeed({ answer: '[1]' }))
    expect(play.said).toBe('[1][')
    play.end('w', succeed({ out: '2' }))
    play.end('r', succeed({ answer: '[2]' }))
    expect(play.said).toBe('[1][2]')
    expect(play.state.finished?.outputs).toEqual({ answer: '[1][2]' })
  })

  test('parallel rounds speak one after another, whichever is done first', () => {
    const iteration = {
      type: 'iteration',
      iterator_selector: ['sys', 'list'],
      output_selector: ['w', 'out'],
      start_node_id: 'm',
      is_parallel: true,
    }
    const document = graphOf({ s: start, i: iteration, m: { type: 'iteration-start' }, w: work, r: answer('[', ['w', 'text'], ']') }, [
      's>i',
      'm>w',
      'w>r',
    ])
    const play = new ManualRun(document, { list: ['a', 'b', 'c'] })
    play.end('s')
    play.say('w', 'c', 2)
    play.end('w', succeed({ text: 'c' }), 2)
    play.end('r', succeed(), 2)
    play.say('w', 'a', 0)
    expect(play.said).toBe('[a')
    play.end('w', succeed({ text: 'a' }), 0)
    play.end('r', succeed(), 0)
    expect(play.said).toBe('[a][')
    play.say('w', 'b', 1)
    play.end('w', succeed({ text: 'b' }), 1)
    play.end('r', succeed(), 1)
    expect(play.said).toBe('[a][b][c]')
    expect(new Set(play.text.map(({ frame }) => frame)).size).toBe(3)
  })
})
