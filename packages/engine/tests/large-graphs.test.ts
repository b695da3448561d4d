import { expect, test } from 'vitest'
import { buildGraph, RunState } from '../src/index.ts'
import { graphOf, nodeTypes, run, succeed } from './run-graph.ts'

/** Bounds are many times what is measured, and far below what a quadratic step would take. */
const ids = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)
const work = { type: 'work' }

function timed(document: ReturnType<typeof graphOf>, behaviours = {}): { build: number; node: number } {
  const begin = performance.now()
  buildGraph(document, nodeTypes)
  const built = performance.now()
  const { order } = run(document, behaviours, { maxSteps: 1_000_000, maxTime: 1200 })
  return { build: built - begin, node: ((performance.now() - built) * 1000) / order.length }
}

test('a chain of 5,000 nodes with conditions and an answer at its end', () => {
  const nodes = Object.fromEntries(ids(5000).map((id, index) => [id, index % 5 ? work : { type: 'choose' }]))
  const edges = ids(5000).map((id, index): [string, string, string] => [id, `n${index + 1}`, index % 5 ? 'source' : 'yes'])
  const document = graphOf({ s: { type: 'start' }, ...nodes, n5000: { type: 'answer', parts: ['done'] } }, ['s>n0', ...edges])
  const choices = Object.fromEntries(ids(5000).map((id, index) => [id, () => succeed({}, index % 5 ? undefined : 'yes')]))
  const { build, node } = timed(document, choices)
  expect(build).toBeLessThan(500)
  expect(node).toBeLessThan(100)
})

test('5,000 branches side by side that meet again', () => {
  const nodes = Object.fromEntries(ids(5000).map(id => [id, work]))
  const edges = ids(5000).flatMap(id => [`s>${id}`, `${id}>end`])
  const { build, node } = timed(graphOf({ s: { type: 'start' }, ...nodes, end: work }, edges))
  expect(build).toBeLessThan(500)
  expect(node).toBeLessThan(100)
})

test('300 answers behind conditions of their own', () => {
  const nodes = Object.fromEntries(
    ids(300).flatMap(id => [
      [id, { type: 'choose' }],
      [`r${id}`, { type: 'answer', parts: [id] }],
    ]),
  )
  const edges = ids(300).flatMap((id, index): (string | [string, string, string])[] => [
    [id, `r${id}`, 'yes'],
    [id, `n${index + 1}`, 'yes'],
  ])
  const choices = Object.fromEntries(ids(300).map(id => [id, () => succeed({}, 'yes')]))
  const { node } = timed(graphOf({ s: { type: 'start' }, ...nodes }, ['s>n0', ...edges]), choices)
  expect(node).toBeLessThan(200)
})

test('a chain of 100,000 nodes is skipped without running out of stack', () => {
  const nodes = Object.fromEntries(ids(100_000).map(id => [id, work]))
  const edges = ids(100_000).map((id, index) => `${id}>n${index + 1}`)
  const document = graphOf({ s: { type: 'start' }, c: { type: 'choose' }, ...nodes }, ['s>c', ['c', 'n0', 'yes'], ...edges])
  expect(run(document, { c: () => succeed({}, 'no') }).order).toEqual(['s', 'c'])
})

test('an iteration over 2,000 items', () => {
  const iteration = {
    type: 'iteration',
    iterator_selector: ['s', 'list'],
    output_selector: ['w', 'r'],
    start_node_id: 'm',
    is_parallel: true,
  }
  const document = graphOf({ s: { type: 'start' }, i: iteration, m: { type: 'iteration-start' }, w: work }, ['s>i', 'm>w'])
  const { node } = timed(document, { s: () => succeed({ list: ids(2000) }), w: () => succeed({ r: 1 }) })
  expect(node).toBeLessThan(200)
})

test('many containers that share a long scope are checked in linear time', () => {
  const nodes = Object.fromEntries(
    ids(3000).flatMap((id, index) => [
      [id, work],
      [`i${id}`, { type: 'iteration', iterator_selector: ['s', 'list'], output_selector: ['w', 'r'], start_node_id: `n${index}` }],
    ]),
  )
  const edges = ids(3000).map((id, index) => `${id}>n${index + 1}`)
  const begin = performance.now()
  const graph = buildGraph(graphOf({ s: { type: 'start' }, ...nodes }, edges), nodeTypes)
  expect(performance.now() - begin).toBeLessThan(500)
  expect(() => new RunState(graph, { maxSteps: 1, maxTime: 1 })).not.toThrow()
})
