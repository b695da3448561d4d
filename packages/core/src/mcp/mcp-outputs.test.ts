import type { McpContent, ToolOutput } from '@weft/ports'
import { expect, test } from 'vitest'
import { mcpArguments, mcpOutputs } from './mcp-outputs.ts'

const outputs = (...content: McpContent[]) => [...mcpOutputs({ content, isError: false })]

test.each<[string, ToolOutput[]]>([
  ['{"a": 1}', [{ type: 'json', value: { a: 1 } }]],
  [
    '[{"a": 1}, {"b": 2}]',
    [
      { type: 'json', value: { a: 1 } },
      { type: 'json', value: { b: 2 } },
    ],
  ],
  ['[1, {"b": 2}]', [{ type: 'text', text: "[1, {'b': 2}]" }]],
  ['true', [{ type: 'text', text: 'True' }]],
  ['words', [{ type: 'text', text: 'words' }]],
])('text %j is %j', (text, expected) => {
  expect(outputs({ type: 'text', text })).toEqual(expected)
})

test('pictures, links and resources keep their kind', () => {
  const bytes = Buffer.from('x')
  expect(
    outputs(
      { type: 'image', bytes, mimeType: 'image/png' },
      { type: 'resource-link', uri: 'https://example.com', name: 'n' },
      { type: 'resource', uri: 'file:///a/note.txt', mimeType: 'text/plain', text: 'note', bytes: null },
      { type: 'resource', uri: 'file:///a/boat.bin?x', mimeType: null, text: null, bytes },
    ),
  ).toEqual([
    { type: 'blob', bytes, mimeType: 'image/png', filename: null },
    { type: 'link', url: 'https://example.com' },
    { type: 'text', text: 'note' },
    { type: 'blob', bytes, mimeType: 'application/octet-stream', filename: 'boat.bin' },
  ])
})

test('a tool that says it failed has failed', () => {
  expect(() => [...mcpOutputs({ content: [{ type: 'text', text: 'no such boat' }], isError: true })]).toThrow('no such boat')
})

test('what is not given is not sent', () => {
  expect(mcpArguments({ a: null, b: ' ', c: 0, d: 'x', e: [] })).toEqual({ c: 0, d: 'x', e: [] })
})
