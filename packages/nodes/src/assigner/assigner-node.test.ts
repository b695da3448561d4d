import { Float, type SegmentType, type Value } from '@weft/contracts'
import { VariablePool } from '@weft/engine'
import { describe, expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { fileValue } from '../test-files.ts'
import { createAssignerNode } from './assigner-node.ts'

const assigner = createAssignerNode()

function item(name: string, operation: string, value: Value = null, input_type = 'constant'): Value {
  return { variable_selector: ['conversation', name], input_type, operation, value }
}

const conversation = () => ({ word: 'calm', count: 1, half: 0.5, flag: false, thing: { a: 1 }, words: ['x'], numbers: [1, 2], none: [] })
const make = { n: 4.5, w: 'new', gone: null, ws: ['p', 'q'] }

async function assign(items: Value[]) {
  return runNode(assigner, { version: '2', items }, { conversation: conversation(), make, each: { item: 'a' } })
}

describe('items', () => {
  test('apply in order and show up in the record', async () => {
    const items = [item('count', '+=', 5), item('count', '-=', 2), item('count', '*=', 3)]
    expect(await assign(items)).toEqual({
      status: 'succeeded',
      inputs: {
        title: 'node',
        desc: null,
        version: '2',
        error_strategy: null,
        default_value: null,
        retry_config: { max_retries: 0, retry_interval: 0, retry_enabled: false },
        items,
      },
      processData: {
        count: 12,
        __updated_variables: [{ name: 'count', selector: ['conversation', 'count'], value_type: 'integer', new_value: 12 }],
      },
      outputs: {},
      assignments: [{ selector: ['conversation', 'count'], value: 12 }],
    })
  })

  test.each<[string, string, Value, string, Value]>([
    ['count', '/=', 4, 'constant', 0.25],
    ['count', '/=', 1, 'constant', new Float(1)],
    ['count', '+=', new Float(2), 'constant', new Float(3)],
    ['count', '*=', 10n ** 20n, 'constant', 10n ** 20n],
    ['half', '-=', 1, 'constant', -0.5],
    ['half', 'clear', null, 'variable', new Float(0)],
    ['count', 'clear', null, 'variable', 0],
    ['word', 'clear', null, 'variable', ''],
    ['thing', 'clear', null, 'variable', {}],
    ['words', 'clear', null, 'variable', []],
    ['word', 'over-write', 'wild', 'constant', 'wild'],
    ['flag', 'set', true, 'constant', true],
    ['thing', 'set', '{"b": [2]}', 'constant', { b: [2] }],
    ['thing', 'set', { b: [2] }, 'constant', { b: [2] }],
    ['word', 'over-write', ['make', 'w'], 'variable', 'new'],
    ['count', 'over-write', ['make', 'n'], 'variable', 4.5],
    ['words', 'append', ['each', 'item'], 'variable', ['x', 'a']],
    ['words', 'extend', ['make', 'ws'], 'variable', ['x', 'p', 'q']],
    ['numbers', 'remove-first', null, 'variable', [2]],
    ['numbers', 'remove-last', null, 'variable', [1]],
    ['none', 'remove-last', null, 'variable', []],
    ['none', 'append', ['make', 'n'], 'variable', [4.5]],
  ])('%s %s %o (%s) gives %o', async (name, operation, value, input, expected) => {
    const result = await assign([item(name, operation, value, input)])
    expect(result).toMatchObject({ status: 'succeeded', assignments: [{ selector: ['conversation', name], value: expected }] })
  })

  test.each<[Value, string]>([
    [item('word', '+=', 'x'), 'Operation += is not supported for type string'],
    [item('word', 'append', 'x', 'variable'), 'Operation append is not supported for type string'],
    [item('count', '+=', ['make', 'n'], 'variable'), 'Input type variable is not supported for operation +='],
    [item('words', 'over-write', ['a']), 'Input type constant is not supported for operation over-write'],
    [item('words', 'clear'), 'Input type constant is not supported for operation clear'],
    [item('count', 'over-write', 'many'), 'Invalid input value many'],
    [item('numbers', 'append', ['make', 'w'], 'variable'), 'Invalid input value new'],
    [item('count', '/=', 0), 'Invalid input value 0'],
    [item('count', '/=', new Float(0)), 'Invalid input value 0.0'],
    [item('thing', 'set', '{broken'), 'Invalid input value {broken'],
    [item('thing', 'set', fileValue('a.txt')), 'Invalid input value {'],
    [item('word', 'over-write', null, 'variable'), 'Invalid input value None'],
    [item('word', 'over-write', ['nowhere', 'text'], 'variable'), "Variable ['nowhere', 'text'] not found"],
    [item('nothing', 'clear', null, 'variable'), "Variable ['conversation', 'nothing'] not found"],
    [
      { variable_selector: ['conversation', 'thing', 'a'], input_type: 'constant', operation: 'set', value: 1 },
      "Variable ['conversation', 'thing', 'a'] not found",
    ],
  ])('%o fails: %s', async (bad, message) => {
    const result = await assign([item('count', '+=', 1), bad])
    expect(result).toMatchObject({ status: 'failed', errorType: '', error: expect.stringContaining(message), processData: {} })
  })

  test('a source that holds null is passed over', async () => {
    const result = await assign([item('word', 'over-write', ['make', 'gone'], 'variable'), item('count', '+=', 1)])
    expect(result).toMatchObject({ assignments: [{ selector: ['conversation', 'count'], value: 2 }] })
  })

  test('a later item reads what an earlier one wrote', async () => {
    const result = await assign([item('word', 'set', 'sea'), item('words', 'append', ['conversation', 'word'], 'variable')])
    expect(result).toMatchObject({ processData: { word: 'sea', words: ['x', 'sea'] } })
  })

  test('a declared type holds for an empty list', async () => {
    class TypedPool extends VariablePool {
      declaredType(): SegmentType {
        return 'array[number]'
      }
    }
    const pool = new TypedPool()
    pool.setAll('conversation', conversation())
    pool.setAll('make', make)
    const result = await runNode(assigner, { items: [item('none', 'append', ['make', 'w'], 'variable')] }, pool)
    expect(result).toMatchObject({ status: 'failed', error: 'Invalid input value new' })
  })

  test('conversation variables need a conversation, except in the editor', async () => {
    const data = { items: [item('count', '+=', 1)] }
    const run = { conversationId: null, invokeFrom: 'service-api' } as never
    const refused = await runNode(assigner, data, { conversation: conversation() }, { run })
    expect(refused).toMatchObject({ status: 'failed', error: 'conversation_id not found' })
    const inEditor = { conversationId: null, invokeFrom: 'debugger' } as never
    expect(await runNode(assigner, data, { conversation: conversation() }, { run: inEditor })).toMatchObject({ status: 'succeeded' })
    const onLoop = { items: [{ variable_selector: ['loop', 'n'], input_type: 'constant', operation: '+=', value: 1 }] }
    expect(await runNode(assigner, onLoop, { loop: { n: 1 } }, { run })).toMatchObject({ status: 'succeeded' })
  })
})

describe('the older form with one variable', () => {
  const data = (write_mode: string, name: string, source = ['make', 'w']) => ({
    assigned_variable_selector: ['conversation', name],
    write_mode,
    input_variable_selector: source,
  })

  test.each<[string, string, Value, Value]>([
    ['over-write', 'word', 'new', 'new'],
    ['append', 'words', 'new', ['x', 'new']],
    ['clear', 'words', [], []],
    ['clear', 'half', new Float(0), new Float(0)],
  ])('%s %s', async (mode, name, value, assigned) => {
    const result = await runNode(assigner, data(mode, name), { conversation: conversation(), make })
    expect(result).toMatchObject({
      status: 'succeeded',
      inputs: { value },
      outputs: {},
      assignments: [{ selector: ['conversation', name], value: assigned }],
    })
    expect(result.processData).toEqual({ __updated_variables: [expect.objectContaining({ name, new_value: assigned })] })
  })

  test.each([
    [data('over-write', 'nothing'), 'assigned variable not found'],
    [data('over-write', 'word', ['make', 'nothing']), 'input value not found'],
    [data('append', 'word'), 'Operation append is not supported for type string'],
  ])('%o fails: %s', async (bad, error) => {
    expect(await runNode(assigner, bad, { conversation: conversation(), make })).toMatchObject({ status: 'failed', error })
  })
})

test('tells which variables it may change', () => {
  expect(assigner.assigns?.(assigner.parse({ items: [item('word', 'set', 'x')] }))).toEqual([['conversation', 'word']])
})

test('refuses unknown operations, naming the field', () => {
  expect(() => assigner.parse({ items: [item('word', 'square', 2)] })).toThrow(expect.objectContaining({ field: 'items.0.operation' }))
  expect(() => assigner.parse({ assigned_variable_selector: ['a', 'b'] })).toThrow('write_mode is required')
})
