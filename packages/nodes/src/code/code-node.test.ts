import { Float, type Value, type ValueMap } from '@weft/contracts'
import { type CodeRequest, CodeRunError, type CodeRunner } from '@weft/ports'
import { createEmbeddedCodeRunner } from '@weft/testkit/code-runner'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { createCodeNode } from './code-node.ts'

/** Answers every request with the same result, or fails. */
function scripted(answer: Value | Error): CodeRunner & { requests: CodeRequest[] } {
  const requests: CodeRequest[] = []
  return {
    requests,
    async run(request) {
      requests.push(request)
      if (answer instanceof Error) throw answer
      return { result: answer, stdout: '' }
    },
    async [Symbol.asyncDispose]() {},
  }
}

const settings = { variables: [], code_language: 'python3', code: 'def main(): ...' }

function outputsOf(types: Record<string, string>): ValueMap {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type, children: null }]))
}

function run(answer: Value | Error, outputs: ValueMap) {
  return runNode(createCodeNode({ codeRunner: scripted(answer) }), { ...settings, outputs })
}

const one = (type: string) => outputsOf({ out: type })

it('hands its variables to the code and its results on', async () => {
  const codeRunner = scripted({ text: 'x', n: new Float(2) })
  const data = {
    code_language: 'javascript',
    code: 'the code',
    variables: [
      { variable: 'a', value_selector: ['start', 'q'] },
      { variable: 'deep', value_selector: ['start', 'thing', 'key'] },
      { variable: 'gone', value_selector: ['start', 'absent'] },
    ],
    outputs: outputsOf({ text: 'string', n: 'number' }),
  }
  const result = await runNode(createCodeNode({ codeRunner }), data, { start: { q: 'ü', thing: { key: [1] } } })
  const inputs = { a: 'ü', deep: [1], gone: null }
  expect(result).toEqual({ status: 'succeeded', inputs, outputs: { text: 'x', n: new Float(2) } })
  expect(codeRunner.requests).toMatchObject([{ language: 'javascript', code: 'the code', inputs, tenantId: 'tenant' }])
})

describe('values it takes', () => {
  test.each<[string, Value, Value]>([
    ['string', 'a\0b', 'ab'],
    ['string', '🌊'.repeat(80_000), '🌊'.repeat(80_000)],
    ['number', true, 1],
    ['number', new Float(1), new Float(1)],
    ['number', 9223372036854775807n, 9223372036854775807n],
    ['number', '1.5e+3', new Float(1500)],
    ['boolean', 1, 1],
    ['object', { a: [1, null, 2.5], b: [{ c: '1e-2' }], d: [[1], [2]] }, { a: [1, null, 2.5], b: [{ c: 0.01 }], d: [[1], [2]] }],
    ['array[number]', [true, 2], [1, 2]],
    ['array[string]', ['a\0', null], ['a', null]],
    ['array[object]', [{ a: 1 }, null], [{ a: 1 }, null]],
    ['array[boolean]', [true, null], [true, null]],
    ...['string', 'number', 'boolean', 'object', 'array[number]', 'array[string]', 'array[object]', 'array[boolean]'].map(
      (type): [string, Value, Value] => [type, null, null],
    ),
  ])('for %s: %o', async (type, value, output) => {
    expect(await run({ out: value }, one(type))).toEqual({ status: 'succeeded', inputs: {}, outputs: { out: output } })
  })
})

describe('values it refuses', () => {
  const list = (length: number, item: Value): Value[] => Array.from({ length }, () => item)
  test.each<[string, Value, string, string?]>([
    ['string', 1, 'Output out must be a string, got int instead'],
    ['string', '1e+5', 'Output out must be a string, got float instead'],
    ['string', 'x'.repeat(80_001), 'The length of output variable `out` must be less than 80000 characters'],
    ['number', '1', "Output out is not a number, got <class 'str'> instead."],
    [
      'number',
      9223372036854775808n,
      'Output variable `out` is out of range, it must be between -9223372036854775807 and 9223372036854775807.',
    ],
    ['number', 1e-21, 'Output variable `out` has too high precision, it must be less than 20 digits.'],
    ['object', '{}', "Output out is not an object, got <class 'str'> instead."],
    ['object', [1], "Output out is not an object, got <class 'list'> instead."],
    ['object', { a: [1, 'x'] }, 'Output .out.a is not a valid array. make sure all elements are of the same type.'],
    ['object', { a: { b: 'x'.repeat(80_001) } }, 'The length of output variable `.out.a.b` must be less than 80000 characters'],
    ['object', { a: { a: { a: { a: { a: 1 } } } } }, 'Depth limit 5 reached, object too deep.', 'DepthLimitError'],
    ['array[string]', 'a', "Output out is not an array, got <class 'str'> instead."],
    ['array[string]', ['a', 1], "object of type 'int' has no len()", 'WorkflowNodeError'],
    ['array[string]', list(31, 'a'), 'The length of output variable `out` must be less than 30 elements.'],
    ['array[number]', 3, "Output out is not an array, got <class 'int'> instead."],
    ['array[number]', [1, '2'], 'The element at index 1 of output variable `out` must be a number.'],
    ['array[number]', list(1001, 1), 'The length of output variable `out` must be less than 1000 elements.'],
    ['array[object]', {}, "Output out is not an array, got <class 'dict'> instead."],
    ['array[object]', [{}, 'x'], "Output out[1] is not an object, got <class 'str'> instead at index 1."],
    ['array[object]', list(31, {}), 'The length of output variable `out` must be less than 30 elements.'],
    ['array[boolean]', [true, 1], "Output out[1] is not a boolean, got <class 'int'> instead."],
  ])('for %s: %o', async (type, value, error, errorType = 'OutputValidationError') => {
    expect(await run({ out: value }, one(type))).toEqual({ status: 'failed', inputs: {}, error, errorType })
  })

  test.each<[Value, ValueMap, string, string]>([
    [{ a: 'x' }, outputsOf({ a: 'string', b: 'string' }), 'Output b is missing.', 'OutputValidationError'],
    [{ a: 'x', c: 1 }, outputsOf({ a: 'string' }), 'Not all output parameters are validated.', 'CodeNodeError'],
    ['hello', one('string'), 'Result must be a dict, got str', 'WorkflowNodeError'],
    [[{}], one('string'), 'Result must be a dict, got list', 'WorkflowNodeError'],
    [null, one('string'), 'Result must be a dict, got NoneType', 'WorkflowNodeError'],
    [new Float(1), one('string'), 'Result must be a dict, got float', 'WorkflowNodeError'],
    [{ out: {} }, { out: { type: 'object', children: outputsOf({ a: 'string' }) } }, 'Output .out.a is missing.', 'OutputValidationError'],
  ])('%o as the result', async (result, outputs, error, errorType) => {
    expect(await run(result, outputs)).toEqual({ status: 'failed', inputs: {}, error, errorType })
  })

  it('holds to limits of its own', async () => {
    const node = createCodeNode({ codeRunner: scripted({ out: 'four' }), limits: { maxStringLength: 3 } })
    expect(await runNode(node, { ...settings, outputs: one('string') })).toMatchObject({
      error: 'The length of output variable `out` must be less than 3 characters',
    })
  })
})

describe('failures of the run', () => {
  it('shows what the language tells of an exception', async () => {
    const error = 'Traceback (most recent call last):\nValueError: boom ü\n'
    expect(await run(new CodeRunError('exception', error), {})).toEqual({
      status: 'failed',
      inputs: {},
      error,
      errorType: 'CodeExecutionError',
    })
  })

  it('hands on what is not about the code', async () => {
    await expect(run(new TypeError('ours'), {})).rejects.toThrow('ours')
  })

  test.each<[ValueMap, string]>([
    [{ code_language: 'ruby' }, 'code_language'],
    [{ outputs: { a: { type: 'file', children: null } } }, 'outputs.a.type'],
    [{ variables: 'none' }, 'variables'],
  ])('refuses settings %o', (wrong, field) => {
    const node = createCodeNode({ codeRunner: scripted({}) })
    expect(() => node.parse({ ...settings, outputs: {}, ...wrong })).toThrow(expect.objectContaining({ field }))
  })
})

describe('with the embedded runner', () => {
  let codeRunner: CodeRunner
  beforeAll(() => {
    codeRunner = createEmbeddedCodeRunner()
  })
  afterAll(() => codeRunner[Symbol.asyncDispose]())

  it('runs Python', async () => {
    const code =
      'import math\ndef main(q, n):\n    return {"text": q + "!", "n": n * 2, "root": math.sqrt(4), "thing": {"types": [type(n).__name__]}}'
    const variables = ['q', 'n'].map(variable => ({ variable, value_selector: ['start', variable] }))
    const outputs = outputsOf({ text: 'string', n: 'number', root: 'number', thing: 'object' })
    const result = await runNode(
      createCodeNode({ codeRunner }),
      { ...settings, code, variables, outputs },
      { start: { q: 'Füße 🌊', n: 0.1 } },
    )
    expect(result).toMatchObject({
      status: 'succeeded',
      outputs: { text: 'Füße 🌊!', n: 0.2, root: new Float(2), thing: { types: ['float'] } },
    })
  })

  it('runs JavaScript', async () => {
    const code = "function main({ q }) { return { texts: q.split(' '), thing: { none: undefined } } }"
    const variables = [{ variable: 'q', value_selector: ['start', 'q'] }]
    const data = {
      ...settings,
      code_language: 'javascript',
      code,
      variables,
      outputs: outputsOf({ texts: 'array[string]', thing: 'object' }),
    }
    expect(await runNode(createCodeNode({ codeRunner }), data, { start: { q: 'a b' } })).toMatchObject({
      outputs: { texts: ['a', 'b'], thing: {} },
    })
  })

  it('tells of an exception', async () => {
    const result = await runNode(createCodeNode({ codeRunner }), {
      ...settings,
      code: 'def main():\n    raise ValueError("boom ü")',
      outputs: {},
    })
    expect(result).toMatchObject({
      status: 'failed',
      errorType: 'CodeExecutionError',
      error: expect.stringMatching(/\nValueError: boom ü\n$/),
    })
  })
})
