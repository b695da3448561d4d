import { expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { createStartNode } from './start-node.ts'

const start = createStartNode()

test('passes on the form values and the facts of the run', async () => {
  const variables = { node: { q: 'a', free: null }, sys: { files: [], user_id: 'u1' }, other: { x: 1 } }
  const values = { q: 'a', free: null, 'sys.files': [], 'sys.user_id': 'u1' }
  expect(await runNode(start, {}, variables)).toEqual({ status: 'succeeded', inputs: values, outputs: values })
})

test('fills in what a form variable leaves out', () => {
  expect(
    start.parse({ variables: [{ variable: 'q', label: 'Q', type: 'text-input', max_length: null, options: null, extra: 1 }] }),
  ).toEqual({
    variables: [
      {
        variable: 'q',
        label: 'Q',
        description: '',
        type: 'text-input',
        required: false,
        hide: false,
        max_length: null,
        options: [],
        allowed_file_types: [],
        allowed_file_extensions: [],
        allowed_file_upload_methods: [],
      },
    ],
  })
})

test('refuses a control it does not know, naming the field', () => {
  const data = { variables: [{ variable: 'q', label: 'Q', type: 'url' }] }
  expect(() => start.parse(data)).toThrow(expect.objectContaining({ field: 'variables.0.type' }))
  expect(() => start.parse({ variables: [{ variable: 'q', type: 'number' }] })).toThrow('variables.0.label is required')
})
