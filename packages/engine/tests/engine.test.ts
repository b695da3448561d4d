import { describe, expect, test } from 'vitest'
import { fail, graphOf, replay, run, succeed } from './run-graph.ts'

const start = { type: 'start' }
const work = { type: 'work' }

describe('joins', () => {
  test('a node waits for every branch that may still reach it and runs once', () => {
    const { order, finished } = run(graphOf({ s: start, a: work, b: work, j: work }, ['s>a', 's>b', 'a>j', 'b>j']))
    expect(order).toEqual(['s', 'a', 'b', 'j'])
    expect(finished.status).toBe('succeeded')
  })

  test('a join behind a condition does not wait for the branch that was not taken', () => {
    const document = graphOf({ s: start, c: { type: 'choose' }, a: work, b: work, j: work }, [
      's>c',
      ['c', 'a', 'yes'],
      ['c', 'b', 'no'],
      'a>j',
      'b>j',
    ])
    expect(run(document, { c: () => succeed({}, 'yes') }).order).toEqual(['s', 'c', 'a', 'j'])
  })

  test('a handle without an edge ends the path and the run succeeds', () => {
    const { order, finished } = run(graphOf({ s: start, c: { type: 'choose' }, a: work }, ['s>c', ['c', 'a', 'yes']]), {
      c: () => succeed({}, 'other'),
    })
    expect(order).toEqual(['s', 'c'])
    expect(finished.status).toBe('succeeded')
  })

  test('an edge from an unreachable node keeps its target from running', () => {
    expect(run(graphOf({ s: start, lost: work, a: work }, ['s>a', 'lost>a'])).order).toEqual(['s'])
  })
})

describe('failures', () => {
  test('a failure without a strategy ends the run with its error', () => {
    const { finished, order } = run(graphOf({ s: start, a: work, b: work }, ['s>a', 'a>b']), { a: () => fail() })
    expect(finished).toMatchObject({ status: 'failed', error: 'boom', outputs: {}, exceptionsCount: 1 })
    expect(order).toEqual(['s', 'a'])
  })

  test('a failure branch is taken and the run ends in partial success', () => {
    const document = graphOf({ s: start, a: { type: 'code', error_strategy: 'fail-branch' }, ok: work, bad: work }, [
      's>a',
      'a>ok',
      ['a', 'bad', 'fail-branch'],
    ])
    const { order, finished, state } = run(document, { a: () => fail() })
    expect(order).toEqual(['s', 'a', 'bad'])
    expect(finished.status).toBe('partial-succeeded')
    expect(state.pool.of('a')).toEqual({ error_message: 'boom', error_type: 'TestError' })
  })

  test('default values stand in for the outputs', () => {
    const strategy = { type: 'code', error_strategy: 'default-value', default_value: [{ key: 'n', type: 'number', value: '3' }] }
    const { order, state } = run(graphOf({ s: start, a: strategy, b: work }, ['s>a', 'a>b']), { a: () => fail() })
    expect(order).toEqual(['s', 'a', 'b'])
    expect(state.pool.of('a')).toMatchObject({ error_message: 'boom' })
    expect(String(state.pool.get(['a', 'n']))).toBe('3.0')
  })

  test('retries keep the execution and count as exceptions', () => {
    let tries = 0
    const document = graphOf({ s: start, a: { type: 'code', retry_config: { retry_enabled: true, max_retries: 2, retry_interval: 5 } } }, [
      's>a',
    ])
    const { events, finished } = run(document, { a: () => (++tries < 3 ? fail() : succeed()) })
    expect(events.filter(event => event.type === 'node-retried')).toHaveLength(2)
    expect(events.filter(event => event.type === 'node-started')).toHaveLength(2)
    expect(finished.status).toBe('partial-succeeded')
  })

  test('the step limit ends a run that goes over it', () => {
    const { finished } = run(graphOf({ s: start, a: work, b: work }, ['s>a', 'a>b']), {}, { maxSteps: 1, maxTime: 1 })
    expect(finished).toMatchObject({ status: 'failed', error: 'Aborted: Maximum execution steps exceeded: 2 > 1' })
  })
})

const iteration = (more = {}) => ({
  type: 'iteration',
  iterator_selector: ['s', 'list'],
  output_selector: ['w', 'r'],
  start_node_id: 'is',
  ...more,
})
const overList = (more = {}) =>
  graphOf({ s: start, i: iteration(more), is: { type: 'iteration-start' }, w: work, e: work }, ['s>i', 'i>e', 'is>w'])
const list = () => succeed({ list: ['a', 'b', 'c'] })

describe('iterations', () => {
  test.each([{ is_parallel: false }, { is_parallel: true, parallel_nums: 2 }])('give results in the order of the list (%o)', more => {
    const { state, finished } = run(overList(more), {
      s: list,
      w: pool => succeed({ r: `${pool.get(['i', 'item'])}${pool.get(['i', 'index'])}` }),
    })
    expect(finished.status).toBe('succeeded')
    expect(state.pool.get(['i', 'output'])).toEqual(['a0', 'b1', 'c2'])
    expect(state.pool.get(['w', 'r'])).toBeUndefined()
  })

  const failing = {
    s: list,
    w: (pool: { get(selector: string[]): unknown }) => (pool.get(['i', 'item']) === 'b' ? fail() : succeed({ r: 1 })),
  }
  test.each([
    ['terminated', 'failed', undefined],
    ['continue-on-error', 'succeeded', [1, null, 1]],
    ['remove-abnormal-output', 'succeeded', [1, 1]],
  ])('%s ends in %s', (mode, status, output) => {
    for (const is_parallel of [false, true]) {
      const { finished, state } = run(overList({ error_handle_mode: mode, is_parallel }), failing)
      expect(finished.status).toBe(status)
      expect(state.pool.get(['i', 'output'])).toEqual(output)
    }
  })

  test('an empty list gives an empty list without a round', () => {
    const { events, state } = run(overList(), { s: () => succeed({ list: [] }) })
    expect(events.some(event => event.type === 'container-started')).toBe(false)
    expect(state.pool.get(['i', 'output'])).toEqual([])
  })

  test('nested lists become one where the iteration says so', () => {
    const { state } = run(overList({ flatten_output: true }), { s: list, w: () => succeed({ r: [1, 2] }) })
    expect(state.pool.get(['i', 'output'])).toEqual([1, 2, 1, 2, 1, 2])
  })
})

const loop = (more = {}) => ({
  type: 'loop',
  loop_count: 3,
  break_conditions: [],
  logical_operator: 'and',
  start_node_id: 'ls',
  loop_variables: [{ label: 'n', var_type: 'number', value_type: 'constant', value: '0' }],
  ...more,
})
const overLoop = (more = {}) => graphOf({ s: start, l: loop(more), ls: { type: 'loop-start' }, w: work }, ['s>l', 'ls>w'])
const increment = (pool: { get(selector: string[]): unknown }) =>
  ({ ...succeed(), assignments: [{ selector: ['l', 'n'], value: Number(pool.get(['l', 'n'])) + 1 }] }) as ReturnType<typeof succeed>

describe('loops', () => {
  test('run to their count and show their variables', () => {
    const { state, events } = run(overLoop(), { w: increment })
    expect(state.pool.of('l')).toEqual({ n: 3, loop_round: 3 })
    expect(events.filter(event => event.type === 'round-started').map(event => event.index)).toEqual([0, 1, 2, 3])
  })

  test('end when a condition holds', () => {
    const break_conditions = [{ variable_selector: ['l', 'n'], comparison_operator: '=', value: '2' }]
    const { state, events } = run(overLoop({ break_conditions }), { w: increment })
    expect(state.pool.of('l')).toEqual({ n: 2, loop_round: 2 })
    expect(events.find(event => event.type === 'container-finished')).toMatchObject({ metadata: { completed_reason: 'loop_break' } })
  })

  test('end at a loop-end node', () => {
    const document = graphOf({ s: start, l: loop(), ls: { type: 'loop-start' }, w: { type: 'loop-end' } }, ['s>l', 'ls>w'])
    expect(run(document).state.pool.of('l')).toMatchObject({ loop_round: 1 })
  })

  test('fail with their children', () => {
    expect(run(overLoop(), { w: () => fail() }).finished).toMatchObject({ status: 'failed', error: 'boom' })
  })
})

describe('answers', () => {
  test('literals go out before the variables they stand in front of', () => {
    const document = graphOf({ s: start, a: work, r: { type: 'answer', parts: ['Hi ', ['a', 'x'], '!'] } }, ['s>a', 'a>r'])
    expect(run(document, { a: () => succeed({ x: 'you' }), r: () => succeed({ answer: 'Hi you!' }) })).toMatchObject({
      text: 'Hi you!',
      finished: { outputs: { answer: 'Hi you!' } },
    })
  })

  test('an answer behind a condition waits for it', () => {
    const document = graphOf(
      { s: start, c: { type: 'choose' }, r: { type: 'answer', parts: ['yes'] }, q: { type: 'answer', parts: ['no'] } },
      ['s>c', ['c', 'r', 'y'], ['c', 'q', 'n']],
    )
    expect(run(document, { c: () => succeed({}, 'n') }).text).toBe('no')
  })
})

test('a journal alone brings a run back', () => {
  const { events, state } = run(overList({ is_parallel: true }), { s: list, w: () => succeed({ r: 1 }) })
  const again = replay(overList({ is_parallel: true }), events)
  expect(again.finished).toEqual(state.finished)
  expect(again.pool.get(['i', 'output'])).toEqual([1, 1, 1])
  for (let cut = 1; cut < events.length; cut++) expect(() => replay(overList({ is_parallel: true }), events.slice(0, cut))).not.toThrow()
})
