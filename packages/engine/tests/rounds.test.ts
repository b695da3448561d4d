import { describe, expect, test } from 'vitest'
import { buildGraph } from '../src/index.ts'
import { fail, graphOf, ManualRun, nodeTypes, run, succeed } from './run-graph.ts'

const start = { type: 'start' }
const work = { type: 'work' }
const marker = { type: 'iteration-start' }
const over = (selector: string[], startNode: string, more = {}) => ({
  type: 'iteration',
  iterator_selector: selector,
  output_selector: ['w', 'r'],
  start_node_id: startNode,
  ...more,
})
const loop = (startNode: string, more = {}) => ({
  type: 'loop',
  loop_count: 2,
  break_conditions: [],
  logical_operator: 'and',
  start_node_id: startNode,
  loop_variables: [{ label: 'v', var_type: 'string', value_type: 'constant', value: 'first' }],
  ...more,
})
const list = { list: ['a', 'b', 'c'] }

describe('a scope that ends takes down what runs in it', () => {
  const nested = graphOf(
    {
      s: start,
      o: over(['sys', 'list'], 'm', { is_parallel: true }),
      m: marker,
      i: over(['sys', 'list'], 'n'),
      n: marker,
      w: work,
      b: work,
    },
    ['s>o', 'm>i', 'm>b', 'n>w'],
  )

  test('containers in rounds that are given up are given up too', () => {
    const play = new ManualRun(nested, list)
    play.end('s')
    play.end('b', fail(), 1)
    expect([...play.state.executions.values()].map(({ node, frame, status }) => `${node.id} ${frame.index} ${status}`)).toEqual([
      's 0 succeeded',
      'o 0 failed',
      'i 0 abandoned',
      'b 0 abandoned',
      'i 1 abandoned',
      'b 1 failed',
      'i 2 abandoned',
      'b 2 abandoned',
      'w 0 abandoned',
      'w 0 abandoned',
      'w 0 abandoned',
    ])
    expect(play.state.running.size).toBe(0)
    expect(play.state.finished).toMatchObject({ status: 'failed', error: 'boom' })
  })

  test('a stop gives up nodes and containers alike', () => {
    const play = new ManualRun(nested, list)
    play.end('s')
    play.add({ type: 'stop-requested', at: 2000, reason: 'Stopped by user.' })
    play.decide()
    expect(play.state.finished).toMatchObject({ status: 'stopped', error: 'Stopped by user.' })
    const open = [...play.state.executions.values()].filter(execution => execution.finishedAt === undefined)
    expect(open).toEqual([])
  })

  test('a failure in one branch gives up the rounds of another', () => {
    const play = new ManualRun(
      graphOf({ s: start, o: over(['sys', 'list'], 'm'), m: marker, w: work, b: work }, ['s>o', 's>b', 'm>w']),
      list,
    )
    play.end('s')
    play.end('b', fail())
    expect([...play.state.executions.values()].map(({ node, status }) => `${node.id} ${status}`)).toEqual([
      's succeeded',
      'o abandoned',
      'b failed',
      'w abandoned',
    ])
  })

  test('text of a round that was given up goes nowhere', () => {
    const document = graphOf(
      {
        s: start,
        o: over(['sys', 'list'], 'm', { is_parallel: true, error_strategy: 'fail-branch' }),
        m: marker,
        w: work,
        r: { type: 'answer', parts: [['w', 'text']] },
        z: work,
      },
      ['s>o', 'm>w', 'w>r', ['o', 'z', 'fail-branch']],
    )
    const play = new ManualRun(document, list)
    play.end('s')
    const late = play.of('w', 0)
    play.say('w', 'early', 0)
    play.end('w', fail(), 1)
    play.add({ type: 'text-delta', at: 3000, execution: late.id, selector: ['w', 'text'], text: 'late' })
    expect(play.said).toBe('early')
    play.end('z')
    expect(play.state.finished?.status).toBe('partial-succeeded')
  })
})

describe('error strategies on containers', () => {
  test.each(['iteration', 'loop'])('an %s that fails leaves by its failure branch', kind => {
    const container =
      kind === 'loop' ? loop('m', { error_strategy: 'fail-branch' }) : over(['sys', 'list'], 'm', { error_strategy: 'fail-branch' })
    const document = graphOf({ s: start, o: container, m: { type: `${kind}-start` }, w: work, ok: work, bad: work }, [
      's>o',
      'm>w',
      'o>ok',
      ['o', 'bad', 'fail-branch'],
    ])
    const play = new ManualRun(document, list)
    play.end('s')
    play.end('w', fail('child broke'))
    play.end('bad')
    expect(play.state.finished?.status).toBe('partial-succeeded')
    expect(play.state.pool.get(['o', 'error_message'])).toBe('child broke')
  })

  test('default values stand in for an iteration', () => {
    const container = over(['sys', 'list'], 'm', {
      error_strategy: 'default-value',
      default_value: [{ key: 'output', type: 'array[string]', value: '["x"]' }],
    })
    const { state, order } = run(graphOf({ s: start, o: container, m: marker, w: work, e: work }, ['s>o', 'm>w', 'o>e']), {
      s: () => succeed(),
    })
    expect(order).toEqual(['s', 'o', 'e'])
    expect(state.pool.get(['o', 'output'])).toEqual(['x'])
  })

  test('an error without a message ends a terminated iteration as any other does', () => {
    const play = new ManualRun(
      graphOf({ s: start, o: over(['sys', 'list'], 'm', { is_parallel: true }), m: marker, w: work }, ['s>o', 'm>w']),
      list,
    )
    play.end('s')
    play.end('w', fail(''), 1)
    expect(play.state.finished).toMatchObject({ status: 'failed', error: '' })
  })
})

describe('retries in rounds', () => {
  test('keep to their round and do not make the run a partial success', () => {
    const code = { type: 'code', retry_config: { retry_enabled: true, max_retries: 1, retry_interval: 0 } }
    const play = new ManualRun(
      graphOf({ s: start, o: over(['sys', 'list'], 'm', { is_parallel: true }), m: marker, w: code }, ['s>o', 'm>w']),
      list,
    )
    play.end('s')
    play.end('w', fail(), 1)
    expect(play.of('w', 1)).toMatchObject({ status: 'retrying', retryIndex: 1 })
    for (const round of [1, 0, 2]) play.end('w', succeed({ r: round }), round)
    expect(play.state.pool.get(['o', 'output'])).toEqual([0, 1, 2])
    expect(play.state.finished).toMatchObject({ status: 'succeeded', exceptionsCount: 0 })
  })
})

describe('conversation variables', () => {
  test('an iteration hands the changes of its rounds on, from round to round and to what follows', () => {
    const seen: unknown[] = []
    const document = graphOf({ s: start, o: over(['sys', 'list'], 'm'), m: marker, w: work, e: work }, ['s>o', 'm>w', 'o>e'])
    const play = new ManualRun(document, list, { memory: '' })
    play.end('s')
    for (const round of [0, 1, 2]) {
      const before = play.of('w').frame.pool.get(['conversation', 'memory'])
      seen.push(before)
      play.end('w', { ...succeed(), assignments: [{ selector: ['conversation', 'memory'], value: `${before}${round}` }] } as ReturnType<
        typeof succeed
      >)
    }
    expect(seen).toEqual(['', '0', '01'])
    expect(play.of('e').frame.pool.get(['conversation', 'memory'])).toBe('012')
  })
})

describe('the step limit', () => {
  test('counts the nodes of rounds', () => {
    const play = new ManualRun(graphOf({ s: start, o: over(['sys', 'list'], 'm'), m: marker, w: work }, ['s>o', 'm>w']), list, {}, 3)
    play.end('s')
    play.end('w')
    play.end('w')
    expect(play.state.finished).toMatchObject({ status: 'failed', error: 'Aborted: Maximum execution steps exceeded: 4 > 3' })
  })

  test('holds where every round fails and the iteration goes on', () => {
    const document = graphOf({ s: start, o: over(['sys', 'list'], 'm', { error_handle_mode: 'continue-on-error' }), m: marker, w: work }, [
      's>o',
      'm>w',
    ])
    const play = new ManualRun(document, list, {}, 3)
    play.end('s')
    play.end('w', fail())
    play.end('w', fail())
    expect(play.state.finished?.error).toBe('Aborted: Maximum execution steps exceeded: 4 > 3')
  })

  test('ends a loop without nodes', () => {
    const play = new ManualRun(
      graphOf({ s: start, o: loop('m', { loop_count: 1_000_000_000 }), m: { type: 'loop-start' } }, ['s>o']),
      list,
      {},
      50,
    )
    play.end('s')
    expect(play.state.finished).toMatchObject({ status: 'failed', totalSteps: 2 })
  })

  test('ends a node that is retried without end', () => {
    const code = { type: 'code', retry_config: { retry_enabled: true, max_retries: 1_000_000_000, retry_interval: 0 } }
    const { finished } = run(graphOf({ s: start, c: code }, ['s>c']), { c: () => fail() }, { maxSteps: 5, maxTime: 1 })
    expect(finished.error).toBe('Aborted: Maximum execution steps exceeded: 6 > 5')
  })
})

describe('graphs that lead back', () => {
  test('a cycle of nodes is never entered and the run ends', () => {
    const { order, finished } = run(graphOf({ s: start, a: work, b: work, z: work }, ['s>a', 'a>b', 'b>a', 's>z']))
    expect(order).toEqual(['s', 'z'])
    expect(finished.status).toBe('succeeded')
  })

  test('a cycle in a round is never entered and the round ends', () => {
    const { order } = run(
      graphOf({ s: start, o: loop('m'), m: { type: 'loop-start' }, a: work, b: work, w: work }, ['s>o', 'm>a', 'a>b', 'b>a', 'm>w', 'w>m']),
    )
    expect(order).toEqual(['s', 'o', 'w', 'w'])
  })

  test('a container that holds itself is refused', () => {
    const holdsItself = graphOf({ s: start, o: over(['sys', 'list'], 'm'), m: marker, w: work }, ['s>o', 'm>w', 'w>o'])
    expect(() => buildGraph(holdsItself, nodeTypes)).toThrow(
      expect.objectContaining({ code: 'invalid-graph', nodeId: 'o', field: 'start_node_id' }),
    )
    const beginsAtItself = graphOf({ s: start, o: loop('o') }, ['s>o'])
    expect(() => buildGraph(beginsAtItself, nodeTypes)).toThrow(/holds itself/)
  })
})

test('start nodes beside the one that a run begins at count as skipped', () => {
  const document = graphOf({ s: start, t: start, onlyT: work, both: work }, ['s>both', 't>onlyT', 'onlyT>both'])
  expect(run(document).order).toEqual(['s', 'both'])
})
