import { deflateSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS, type DocumentLimits } from '../src/document.ts'
import { DocumentError } from '../src/document-error.ts'
import type { Format } from '../src/format.ts'
import { readDocument } from '../src/read-document.ts'
import {
  docOf,
  docxOf,
  encryptedPdf,
  epubOf,
  LATIN1,
  oleOf,
  PIXEL,
  pdfOf,
  pdfTexts,
  SAMPLES,
  wordParagraph,
  wordTable,
  zipOf,
} from './samples.ts'

function read(format: Format, bytes: Uint8Array | string, limits: Partial<DocumentLimits> = {}) {
  const content = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  return readDocument({ bytes: content, format, limits: { ...DEFAULT_LIMITS, ...limits }, hasImages: true, hasParts: true })
}

async function problemOf(format: Format, bytes: Uint8Array | string, limits: Partial<DocumentLimits> = {}) {
  const error = await read(format, bytes, limits).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(DocumentError)
  return error as DocumentError
}

const TABLE = '| pier | depth |\n| --- | --- |\n| North | 12 |'

describe('the text of', () => {
  test.each<[Format, string]>([
    ['pdf', 'The harbour opens at six.\nBoats leave at seven.\n| boat | seats |\n| --- | --- |\n| Ada | 12 |\n\nSecond page.'],
    ['doc', 'Harbour guide\nThe harbour opens at six.'],
    ['docx', `Harbour guide\nOpen at\tsix\ndaily\nAdded. Tides\n${TABLE}\n\n\n港口很深。`],
    [
      'xlsx',
      '| boat | seats | note | since |\n| ---- | ----- | ---- | ----- |\n| Ada | 12 | fast and small | 2024-01-05 |\n| Bob | 1.5 |  |  |\n| Cyd | TRUE | a "b" |  |\n\n| pier |\n| ---- |\n| North |\n\n',
    ],
    ['pptx', 'Harbour\nMiddle\nBelow\n\npier depth North 12'],
    ['epub', 'Tides\nThe sea comes in.\nhigh\nlow\nPorts\npier depth North 12\n  a\n b'],
    ['eml', 'The ferry leaves at nine.\nCafé is open.'],
    ['msg', 'The ferry leaves at nine.\nCafé is open.'],
    ['captions', 'Ada "Hi"'],
    ['csv', '| port | depth |\n| ---- | ----- |\n| North | 12 |\n| South, old | 9 |\n'],
  ])('%s', async (format, text) => {
    expect((await read(format, SAMPLES[format])).text).toBe(text)
  })

  test('an old workbook is that of a new one, also under the other name', async () => {
    const { text } = await read('xlsx', SAMPLES.xlsx)
    expect((await read('xls', SAMPLES.xls)).text).toBe(text)
    expect((await read('xls', SAMPLES.xlsx)).text).toBe(text)
    expect((await read('doc', SAMPLES.docx)).text).toContain('Harbour guide')
  })

  test('a table has merged cells in each of their places, and no table without text', async () => {
    const cell = (text: string, properties = '') => `<w:tc><w:tcPr>${properties}</w:tcPr>${wordParagraph(text)}</w:tc>`
    const merged = `<w:tbl><w:tr>${cell('a', '<w:gridSpan w:val="2"/>')}${cell('b', '<w:vMerge w:val="restart"/>')}</w:tr><w:tr>${cell('c')}${cell('d')}${cell('', '<w:vMerge/>')}</w:tr></w:tbl>`
    const { text, parts } = await read('docx', docxOf(merged + wordTable([['', ' ']])))
    expect(text).toBe('| a | a | b |\n| --- | --- | --- |\n| c | d | b |\n')
    expect(parts[0]?.text).toContain('| a |  | b |\n| --- | --- | --- |\n| c | d |  |')
  })

  test('a plain mail is a line for a paragraph', async () => {
    const mail = (body: string) => read('eml', `Subject: a\r\nContent-Type: text/plain\r\n\r\n${body}`)
    expect((await mail('one two three four five\r\nsix\r\n\r\n- next\r\n')).text).toBe('one two three four five six\nnext')
    expect((await mail('one\r\ntwo\r\n')).text).toBe('one\ntwo')
  })

  test('text in any charset', async () => {
    expect((await read('txt', LATIN1)).text).toBe('Café am Hafen, schön und groß. Die Tür ist grün.')
    expect((await read('txt', iconv.encode('Sixteen bits wide.', 'utf-16le', { addBOM: true }))).text).toBe('Sixteen bits wide.')
    expect((await read('txt', '\ufeffFüße')).text).toBe('Füße')
    expect((await read('txt', '')).text).toBe('')
  })
})

describe('the parts of', () => {
  test('a PDF are its pages', async () => {
    const { parts } = await read('pdf', pdfOf([pdfTexts([72, 700, 'One']), '', pdfTexts([72, 700, 'Three'])]))
    expect(parts).toEqual([
      { kind: 'page', text: 'One', metadata: { page: 1 } },
      { kind: 'page', text: 'Three', metadata: { page: 3 } },
    ])
  })

  test('Markdown are its sections', async () => {
    expect((await read('md', SAMPLES.md)).parts.map(part => part.text)).toEqual([
      'intro',
      '\n\nTides\nHigh and low.\n\n```\n# no heading\n```',
      '\n\nMoon\nIt pulls.',
    ])
  })

  test('a page are what a reader sees', async () => {
    expect((await read('html', SAMPLES.html)).parts[0]?.text).toBe(
      'Harbour\n\n# Town\n\nOpens at six.\n\n1. North\n2. South\n\n| a | b |\n| --- | --- |\n| 1 | 2\\|3 |',
    )
  })

  test('a sheet are its rows, by the names of their columns', async () => {
    const { parts } = await read('xlsx', SAMPLES.xlsx)
    expect(parts[0]).toEqual({
      kind: 'row',
      text: '"boat":"Ada";"seats":"12";"note":"fast and small";"since":"2024-01-05"',
      metadata: { sheet: 'Boats', row: 2 },
    })
    expect(parts.map(part => part.metadata.row)).toEqual([2, 3, 5, 2])
  })

  test('a CSV file are its rows but those with too many cells', async () => {
    const { parts } = await read('csv', 'a,b\n1,2\n3,4,5\n6\n')
    expect(parts.map(part => part.text)).toEqual(['a: 1;b: 2', 'a: 6;b: '])
  })

  test('a presentation are its slides with notes', async () => {
    expect((await read('pptx', SAMPLES.pptx)).parts).toEqual([
      { kind: 'slide', text: 'Harbour\nMiddle\nBelow\nSpeak slowly.', metadata: { page: 1, title: 'Harbour' } },
      { kind: 'slide', text: TABLE, metadata: { page: 2 } },
    ])
  })

  test('a book are its chapters', async () => {
    const { parts } = await read('epub', epubOf({ 'a%20b.xhtml': '<p>lost</p>', 'c.xhtml': '<html><title>C</title><p>kept</p></html>' }))
    expect(parts).toEqual([{ kind: 'chapter', text: 'kept', metadata: { title: 'C' } }])
  })

  test('a mail say who wrote', async () => {
    expect((await read('eml', SAMPLES.eml)).parts[0]).toMatchObject({
      kind: 'message',
      text: expect.stringMatching(
        /^From: Ada <ada@example.com>\nTo: Bob .*\nDate: .*\nSubject: Tides ⚓\nAttachments: plan.pdf\n\nThe ferry/,
      ),
      metadata: { title: 'Tides ⚓', from: 'Ada <ada@example.com>', attachments: ['plan.pdf'] },
    })
  })

  test('a Word document have its links, and its pictures where they stand', async () => {
    const { parts, images } = await read('docx', SAMPLES.docx)
    expect(parts[0]?.text).toContain('Added. [Tides](https://tides.example/)')
    expect(parts[0]?.text).toContain('![image](embedded:word/media/image1.png)')
    expect(images).toEqual([{ name: 'word/media/image1.png', mimeType: 'image/png', bytes: PIXEL }])
  })
})

describe('refuses', () => {
  test.each<[string, Format, Uint8Array | string, string]>([
    ['an empty file', 'pdf', '', 'empty'],
    ['text named as PDF', 'pdf', 'This is plain text.', 'wrong-type'],
    ['text named as docx', 'docx', 'This is plain text.', 'wrong-type'],
    ['text named as xlsx', 'xlsx', 'This is plain text.', 'wrong-type'],
    ['a PDF named as text', 'txt', SAMPLES.pdf, 'wrong-type'],
    ['a picture named as Markdown', 'md', PIXEL, 'wrong-type'],
    ['bytes named as CSV', 'csv', new Uint8Array([1, 2, 0, 3, 4, 0, 9, 9, 9, 9, 9, 9, 9, 9]), 'wrong-type'],
    ['a workbook named as a document', 'docx', SAMPLES.xlsx, 'wrong-type'],
    ['a mail named as a document', 'doc', SAMPLES.msg, 'wrong-type'],
    ['any archive named as a book', 'epub', zipOf({ 'a.txt': 'a' }), 'wrong-type'],
    ['half a document', 'docx', SAMPLES.docx.subarray(0, SAMPLES.docx.length / 2), 'broken'],
    ['half a workbook', 'xls', SAMPLES.xls.subarray(0, 1024), 'broken'],
    ['a document of no XML', 'docx', docxOf('<w:p>'), 'broken'],
    ['a PDF of nothing', 'pdf', '%PDF-1.7\nnothing', 'broken'],
    ['broken JSON', 'json', '{"a"', 'broken'],
    ['JSON nested beyond bounds', 'json', '['.repeat(200_000), 'broken'],
    ['a PDF with a password', 'pdf', encryptedPdf(), 'encrypted'],
    [
      'an office document with a password',
      'docx',
      oleOf({ EncryptedPackage: new Uint8Array(64), EncryptionInfo: new Uint8Array(64) }),
      'encrypted',
    ],
    ['an old document with a password', 'doc', docOf('a', 0x0300), 'encrypted'],
    ['an encrypted mail', 'eml', 'Subject: a\nContent-Type: multipart/encrypted; boundary=b\n\n--b--', 'encrypted'],
    ['entities that grow', 'docx', withDoctype(), 'bomb'],
    ['an archive that unpacks into something huge', 'docx', docxOf('', { 'word/media/a.bin': new Uint8Array(16 * 1024 * 1024) }), 'bomb'],
    ['a workbook that unpacks into something huge', 'xlsx', zipOf({ 'xl/workbook.xml': new Uint8Array(16 * 1024 * 1024) }), 'bomb'],
  ])('%s', async (_, format, bytes, code) => {
    const error = await problemOf(format, bytes)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(/\. .*\.$/)
  })

  test('archives beyond the limits', async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`word/${index}`, 'x'.repeat(1000)]))
    expect((await problemOf('docx', docxOf('', files), { archiveEntries: 20 })).code).toBe('bomb')
    expect((await problemOf('docx', docxOf('', files), { unpackedBytes: 20_000 })).code).toBe('bomb')
  })

  test('an archive whose directory lies about sizes', async () => {
    const bytes = Buffer.from(docxOf(wordParagraph('x'.repeat(100_000))))
    const directory = bytes.indexOf('PK\x01\x02')
    for (let at = directory; at >= 0; at = bytes.indexOf('PK\x01\x02', at + 4)) bytes.writeUInt32LE(10, at + 24)
    expect((await problemOf('docx', bytes)).code).toBe('broken')
  })

  test('more text than the limit', async () => {
    expect((await problemOf('txt', 'x'.repeat(100), { characters: 50 })).code).toBe('too-large')
    expect((await problemOf('pdf', SAMPLES.pdf, { characters: 50 })).code).toBe('too-large')
  })
})

test('a PDF whose page is damaged loses no other words than its own', async () => {
  const page = deflateSync(pdfTexts([72, 700, 'whole']))
  expect((await read('pdf', pdfOf([page], { filter: ' /Filter /FlateDecode' }))).text).toBe('whole')
})

function withDoctype(): Uint8Array {
  return zipOf({
    'word/document.xml':
      '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>',
  })
}
