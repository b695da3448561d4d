import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen, publishApp } from './service-client.ts'

/** Graphs that cannot run, as a file may bring them: the import takes them, a run says what is wrong and leaves nothing behind. */
let weft: TestPlatform
let owner: TestMember
beforeAll(async () => {
  weft = await createTestPlatform({ environment: { LOG_LEVEL: 'CRITICAL', WORKFLOW_MAX_EXECUTION_TIME: '20' } })
  owner = await weft.owner()
  await listen(weft)
})
afterAll(() => weft?.[Symbol.asyncDispose]())

type Json = unknown
const start = (more: object = {}) => ({ id: 'start', data: { type: 'start', title: 'Start', variables: [], ...more } })
const end = (id = 'end') => ({ id, data: { type: 'end', title: 'End', outputs: [] } })
const template = (id: string, more: object = {}) => ({
  id,
  data: { type: 'template-transform', title: `Template ${id}`, template: id, variables: [], ...more },
})
const edges = (...pairs: string[]) =>
  pairs.map(pair => {
    const [source, target] = pair.split('>')
    return { id: pair, source, target, sourceHandle: 'source', targetHandle: 'target' }
  })

const documentOf = (graph: Json) =>
  JSON.stringify({ version: '0.4.0', app: { name: 'Broken', mode: 'workflow' }, workflow: { graph, features: {} } })

async function runOf(graph: Json) {
  const { key } = await publishApp(owner, documentOf(graph))
  const headers = { authorization: `Bearer ${key}` }
  const run = (response_mode: string) =>
    weft.call('POST', '/v1/workflows/run', { headers, body: { inputs: {}, user: 'ada', response_mode } })
  return { run }
}

const countRuns = async () =>
  (
    await weft.platform.database.query<{ runs: number; events: number }>({
      text: 'select (select count(*) from workflow_runs)::int as runs, (select count(*) from run_events)::int as events',
    })
  ).rows[0]

describe('a graph that cannot be', () => {
  test.each<[string, Json, string]>([
    ['of nothing', {}, 'nodes or edges not found in workflow graph'],
    ['without edges', { nodes: [start()] }, 'nodes or edges not found in workflow graph'],
    ['without nodes', { nodes: [], edges: [] }, 'Graph must have at least one node'],
    ['whose nodes are no list', { nodes: { start: start() }, edges: [] }, 'nodes in workflow graph must be a list'],
    ['whose edges are no list', { nodes: [start()], edges: 'start>end' }, 'edges in workflow graph must be a list'],
    ['of notes alone', { nodes: [{ id: 'n', type: 'custom-note', data: {} }], edges: [] }, 'Unable to determine root node ID'],
    ['of nodes without ids', { nodes: [{ data: start().data }, 7, null], edges: [] }, 'Unable to determine root node ID'],
    ['with a node of no data', { nodes: [start(), { id: 'x' }], edges: [] }, 'Node x has no data'],
    ['with a node of no type', { nodes: [start(), { id: 'x', data: { title: 'X' } }], edges: [] }, 'Node x has no type'],
    ['with a node of no title', { nodes: [start(), { id: 'x', data: { type: 'end' } }], edges: [] }, 'Node x has no title'],
    [
      'with a node of unknown type',
      { nodes: [start(), { id: 'x', data: { type: 'sorcery', title: 'X' } }], edges: [] },
      'Unknown node type: sorcery',
    ],
    [
      'with a type from the prototype',
      { nodes: [start(), { id: 'x', data: { type: 'constructor', title: 'X' } }], edges: [] },
      'Unknown node type: constructor',
    ],
    ['with a setting of the wrong type', { nodes: [start(), template('x', { template: 7 })], edges: [] }, 'Template x'],
    ['with an unknown error strategy', { nodes: [start(), template('x', { error_strategy: 'shrug' })], edges: [] }, 'error_strategy'],
    [
      'that begins where it ends',
      { nodes: [start(), template('a')], edges: edges('start>a', 'a>start') },
      'Unable to determine root node ID',
    ],
    ['that is one node leading to itself', { nodes: [start()], edges: edges('start>start') }, 'Unable to determine root node ID'],
  ])('%s is refused in words, and no run begins', async (_name, graph, message) => {
    const { run } = await runOf(graph)
    const before = await countRuns()
    const blocking = await run('blocking')
    expect(blocking).toMatchObject({ status: 400, body: { code: 'invalid_param', status: 400 } })
    expect(blocking.body.message).toContain(message)
    const streaming = await run('streaming')
    expect(streaming.status).toBe(200)
    const events = streaming.text.split('\n\n').filter(Boolean)
    expect(events).toHaveLength(1)
    expect(JSON.parse(events[0]?.split('data: ')[1] ?? '')).toMatchObject({
      event: 'error',
      code: 'invalid_param',
      message: blocking.body.message,
      status: 400,
    })
    expect(await countRuns()).toEqual(before)
  })
})

describe('a graph that can be, if barely', () => {
  test.each<[string, Json]>([
    [
      'with edges to and from nowhere',
      { nodes: [start(), end()], edges: [...edges('start>end', 'end>ghost', 'ghost>end', 'ghost>ghost'), 7, null, {}] },
    ],
    ['with the same edge twice', { nodes: [start(), end()], edges: edges('start>end', 'start>end') }],
    ['with an end that nothing leads to', { nodes: [start(), end(), end('apart')], edges: edges('start>end') }],
    ['with two nodes of one id', { nodes: [start(), template('a'), template('a'), end()], edges: edges('start>a', 'a>end') }],
    [
      'with ids from the prototype',
      {
        nodes: [start(), template('__proto__'), template('constructor'), end()],
        edges: edges('start>__proto__', '__proto__>constructor', 'constructor>end'),
      },
    ],
    ['of a thousand nodes in a row', chain(1000)],
    [
      'of a thousand branches',
      {
        nodes: [start(), ...Array.from({ length: 1000 }, (_, i) => template(`n${i}`))],
        edges: edges(...Array.from({ length: 1000 }, (_, i) => `start>n${i}`)),
      },
    ],
  ])('%s runs', async (_name, graph) => {
    const { run } = await runOf(graph)
    const answer = await run('blocking')
    expect(answer.status, answer.text.slice(0, 200)).toBe(200)
    expect(['succeeded', 'failed']).toContain(answer.body.data.status)
    if (answer.body.data.status === 'failed') expect(answer.body.data.error).toMatch(/step/i)
  })

  test.each<[string, Json]>([
    [
      'two nodes that wait for each other',
      { nodes: [start(), template('a'), template('b'), end()], edges: edges('start>a', 'a>b', 'b>a', 'b>end') },
    ],
    ['a node that waits for itself', { nodes: [start(), template('a'), end()], edges: edges('start>a', 'a>a', 'a>end') }],
    ['a loop that nothing leads into', { nodes: [start(), end(), template('a'), template('b')], edges: edges('start>end', 'a>b', 'b>a') }],
  ])('with %s comes to an end', async (_name, graph) => {
    const { run } = await runOf(graph)
    const answer = await run('blocking')
    expect(answer.status, answer.text).toBe(200)
    expect(['succeeded', 'failed']).toContain(answer.body.data.status)
  })

  test('versions of nodes that nobody knows run as the newest known, or say so', async () => {
    const version = (value: Json) => ({ nodes: [start(), template('a', { version: value }), end()], edges: edges('start>a', 'a>end') })
    for (const value of ['99', '', 7, null, [], { major: 1 }]) {
      const answer = await (await runOf(version(value))).run('blocking')
      expect(answer.status === 200 ? answer.body.data.status : answer.body.code, JSON.stringify(value)).toMatch(
        /^(succeeded|invalid_param)$/,
      )
    }
  })
})

describe('containers', () => {
  const iteration = (startId: string, more: object = {}) => ({
    id: 'each',
    data: {
      type: 'iteration',
      title: 'Each',
      start_node_id: startId,
      iterator_selector: ['start', 'list'],
      output_selector: ['inner', 'output'],
      output_type: 'array[string]',
      ...more,
    },
  })
  test.each<[string, Json]>([
    ['that begin nowhere', iteration('ghost')],
    ['that begin with themselves', iteration('each')],
    ['that begin with the start', iteration('start')],
    ['that go over what is not there', iteration('inner', { iterator_selector: ['ghost', 'list'] })],
    ['without an iterator', iteration('inner', { iterator_selector: [] })],
    ['that run infinitely many at once', iteration('inner', { is_parallel: true, parallel_nums: 1e12 })],
    [
      'of loops without end',
      {
        id: 'each',
        data: { type: 'loop', title: 'Each', start_node_id: 'inner', loop_count: 1e12, break_conditions: [], logical_operator: 'and' },
      },
    ],
  ])('%s end, and say why', async (_name, container) => {
    const inner = { id: 'inner', data: { type: 'iteration-start', title: '', isInIteration: true, iteration_id: 'each' }, parentId: 'each' }
    const { run } = await runOf({ nodes: [start(), container, inner, end()], edges: edges('start>each', 'each>end') })
    const answer = await run('blocking')
    if (answer.status === 400) expect(answer.body).toMatchObject({ code: 'invalid_param' })
    else expect(answer).toMatchObject({ status: 200, body: { data: { status: expect.stringMatching(/^(failed|succeeded)$/) } } })
  })
})

describe('files that are no apps', () => {
  test.each([
    [
      'aliases that multiply',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
      ].join('\n'),
    ],
    ['an alias of itself', 'app: &a {name: x, mode: *a}'],
    ['more than ten megabytes', `app: {name: ${'x'.repeat(11 * 1024 * 1024)}}`],
    ['tags of other languages', 'app: !!python/object/apply:os.system ["true"]'],
    ['merges of merges', `app: {<<: [${'{a: 1},'.repeat(1000)}]}`],
    ['nothing but depth', '- '.repeat(20_000)],
    ['bytes', '\u0000\u0001\u0002'],
  ])(
    '%s are refused in time, and leave nothing',
    async (_name, yaml_content) => {
      const count = async () => (await owner.call('GET', '/apps')).body.total
      const before = await count()
      const answer = await owner.call('POST', '/apps/imports', { mode: 'yaml-content', yaml_content })
      expect(answer).toMatchObject({ status: 400, body: { status: 'failed', app_id: null, error: expect.stringMatching(/./) } })
      expect(await count()).toBe(before)
    },
    20_000,
  )

  test('a draft of anything but a graph is kept as a draft or refused, and never ends the process', async () => {
    const { body } = await owner.call('POST', '/apps', { name: 'Draft', mode: 'workflow' })
    for (const graph of [null, [], 'x', { nodes: null, edges: null }, { nodes: [[[[]]]], edges: [[]] }]) {
      const saved = await owner.call('POST', `/apps/${body.id}/workflows/draft`, {
        graph,
        features: {},
        environment_variables: [],
        conversation_variables: [],
      })
      expect([200, 400], JSON.stringify(graph)).toContain(saved.status)
      const ran = await owner.call('POST', `/apps/${body.id}/workflows/draft/run`, { inputs: {} })
      expect(ran.status).toBeLessThan(500)
    }
  })
})

function chain(length: number): Json {
  const ids = Array.from({ length }, (_, index) => `n${index}`)
  return {
    nodes: [start(), ...ids.map(id => template(id)), end()],
    edges: edges(...['start', ...ids].map((id, index) => `${id}>${ids[index] ?? 'end'}`)),
  }
}
