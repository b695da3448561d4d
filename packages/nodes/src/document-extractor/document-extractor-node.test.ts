import type { FileValue, Value } from '@weft/contracts'
import { FileServiceError } from '@weft/ports'
import iconv from 'iconv-lite'
import { describe, expect, test } from 'vitest'
import { runNode } from '../test-context.ts'
import { fileValue } from '../test-files.ts'
import { createDocumentExtractorNode, type DocumentFormats } from './document-extractor-node.ts'

const PDF: DocumentFormats = {
  async extract(_bytes, extension) {
    if (extension === '.docx') throw new Error('broken archive')
    return extension === '.pdf' ? 'pages' : undefined
  },
}

async function extract(value: Value | undefined, contents: { [filename: string]: string | Uint8Array } = {}, formats?: DocumentFormats) {
  const files = {
    async readAll(file: FileValue) {
      const content = contents[file.filename ?? '']
      if (content === undefined) throw new FileServiceError('not-found', 'no such file')
      return typeof content === 'string' ? new TextEncoder().encode(content) : content
    },
  }
  const node = createDocumentExtractorNode({ files, formats })
  return runNode(node, { variable_selector: ['start', 'f'], is_array_file: false }, { start: value === undefined ? {} : { f: value } })
}

async function textOf(filename: string, content: string | Uint8Array, overrides: Partial<FileValue> = {}) {
  return (await extract(fileValue(filename, overrides), { [filename]: content })).outputs?.text
}

test('gives the text of a file and what it read in its record', async () => {
  const note = fileValue('note.txt')
  expect(await extract(note, { 'note.txt': 'Boats leave at seven.\n' })).toEqual({
    status: 'succeeded',
    inputs: { variable_selector: ['start', 'f'] },
    processData: { documents: [note] },
    outputs: { text: 'Boats leave at seven.\n' },
  })
})

test('gives a list of texts for a list of files', async () => {
  const files = [fileValue('a.txt'), fileValue('b.md')]
  expect(await extract(files, { 'a.txt': 'A', 'b.md': '# B' })).toMatchObject({ outputs: { text: ['A', '# B'] } })
  expect(await extract([])).toMatchObject({ status: 'succeeded', outputs: { text: [] }, processData: { documents: [] } })
})

describe('reads', () => {
  test.each<[string, string, string]>([
    ['page.html', '<h1>Tides</h1>', '<h1>Tides</h1>'],
    ['subs.srt', '1\n00:01 --> 00:02\nHi\n', '1\n00:01 --> 00:02\nHi\n'],
    ['subs.vtt', 'WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n', 'WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n'],
    ['data.json', '{"b":1.0,"a":["ü"]}', '{\n  "b": 1.0,\n  "a": [\n    "ü"\n  ]\n}'],
    ['data.yaml', 'b:   1\na: [x]\n', 'b: 1\na:\n- x\n'],
    [
      'boats.csv',
      'name,seats\r\n"Tide, the",12\n"a\nb","say ""hi"""\n',
      '| name | seats |\n| ---- | ----- |\n| Tide, the | 12 |\n| a b | say "hi" |\n',
    ],
    ['empty.csv', '', ''],
    ['my.properties', '# c\n\nkey = a=b\nother: x\nlone\n', '# c\n\nkey: a=b\nother: x\nlone: '],
    ['bom.txt', '\ufeffHello', 'Hello'],
  ])('%s', async (filename, content, text) => {
    expect(await textOf(filename, content)).toBe(text)
  })

  test('captions by their MIME type, a speaker a line', async () => {
    const content =
      'WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>Hi\n\n2\n00:02.000 --> 00:03.000\n<v Ada>there\n\n00:03.000 --> 00:04.000\nBye\n'
    expect(await textOf('subs', content, { extension: null, mime_type: 'text/vtt' })).toBe('Ada "Hi there"\n "Bye"')
  })

  test('other charsets', async () => {
    const german = 'Die Füße der Möwen sind überall größer als die Straße erlaubt.'
    expect(await textOf('latin.txt', iconv.encode(german, 'latin1'))).toBe(german)
    expect(await textOf('utf16.txt', iconv.encode(german, 'utf-16le', { addBOM: true }))).toBe(german)
    const chinese = '潮汐每天两次涨落,海港在六点开放,船只在七点离开。'
    expect(await textOf('gbk.txt', iconv.encode(chinese, 'gb18030'))).toBe(chinese)
  })

  test('formats through those it is given', async () => {
    const contents = { 'a.pdf': 'x', 'b.docx': 'x', 'c.bin': 'x' }
    expect(await extract(fileValue('a.pdf'), contents, PDF)).toMatchObject({ outputs: { text: 'pages' } })
    expect(await extract(fileValue('b.docx'), contents, PDF)).toMatchObject({ error: 'Failed to extract text from DOCX: broken archive' })
    expect(await extract(fileValue('c.bin'), contents, PDF)).toMatchObject({ error: 'Unsupported Extension Type: .bin' })
  })
})

describe('fails', () => {
  test.each<[Value | undefined, string]>([
    [undefined, "File variable not found for selector: ['start', 'f']"],
    ['text', "Variable ['start', 'f'] is not an ArrayFileSegment"],
    [['a'], "Variable ['start', 'f'] is not an ArrayFileSegment"],
    [null, 'Unsupported variable type: none'],
    [fileValue('pixel.png'), 'Unsupported Extension Type: .png'],
    [[fileValue('a.txt'), fileValue('pixel.png')], 'Unsupported Extension Type: .png'],
    [fileValue('NOTE.TXT', { extension: '.TXT' }), 'Unsupported Extension Type: .TXT'],
    [fileValue('x', { extension: null, mime_type: 'image/png' }), 'Unsupported MIME type: image/png'],
    [fileValue('x', { extension: null, mime_type: null }), 'Unable to determine file type: MIME type or file extension is missing'],
    [fileValue('gone.txt'), 'Error downloading file: no such file'],
  ])('on %o', async (value, error) => {
    const contents = { 'a.txt': 'A', 'pixel.png': 'x', x: 'x', 'NOTE.TXT': 'A' }
    expect(await extract(value, contents)).toMatchObject({ status: 'failed', error })
  })

  test('on broken JSON', async () => {
    const result = await extract(fileValue('x.json'), { 'x.json': '{broken' })
    expect(result).toMatchObject({ status: 'failed', error: expect.stringContaining('Failed to extract text from JSON: ') })
  })
})
