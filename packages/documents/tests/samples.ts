// Small documents of every format, made here: nothing is stored in the repository.
import { createCipheriv, createHash } from 'node:crypto'
import { strToU8, zipSync } from 'fflate'
import iconv from 'iconv-lite'
import type { Format } from '../src/format.ts'
import { sheetJs } from '../src/sheetjs.ts'

export type Entries = Record<string, string | Uint8Array>

export function zipOf(entries: Entries, level: 0 | 6 = 6): Uint8Array {
  return zipSync(
    Object.fromEntries(Object.entries(entries).map(([name, content]) => [name, typeof content === 'string' ? strToU8(content) : content])),
    {
      level,
    },
  )
}

/** A picture of one pixel. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

function relationships(...list: [id: string, type: string, target: string, isExternal?: boolean][]): string {
  const items = list.map(
    ([id, type, target, isExternal]) =>
      `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"${isExternal ? ' TargetMode="External"' : ''}/>`,
  )
  return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${items.join('')}</Relationships>`
}

export function docxOf(body: string, further: Entries = {}): Uint8Array {
  return zipOf({
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    '_rels/.rels': relationships(['r1', 'officeDocument', 'word/document.xml']),
    'word/document.xml': `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="w" xmlns:r="r" xmlns:a="a"><w:body>${body}</w:body></w:document>`,
    ...further,
  })
}

export function wordParagraph(text: string): string {
  return `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`
}

export function wordTable(rows: string[][]): string {
  const cells = (row: string[]) => row.map(cell => `<w:tc>${wordParagraph(cell)}</w:tc>`).join('')
  return `<w:tbl>${rows.map(row => `<w:tr>${cells(row)}</w:tr>`).join('')}</w:tbl>`
}

const DOCX = docxOf(
  [
    wordParagraph('Harbour guide'),
    '<w:p><w:r><w:t>Open at</w:t><w:tab/><w:t>six</w:t><w:br/><w:t>daily</w:t></w:r></w:p>',
    '<w:p><w:ins><w:r><w:t>Added. </w:t></w:r></w:ins><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del><w:hyperlink r:id="l1"><w:r><w:t>Tides</w:t></w:r></w:hyperlink></w:p>',
    wordTable([
      ['pier', 'depth'],
      ['North', '12'],
    ]),
    '<w:p><w:r><w:drawing><a:blip r:embed="i1"/></w:drawing></w:r></w:p>',
    wordParagraph('港口很深。'),
  ].join(''),
  {
    'word/_rels/document.xml.rels': relationships(['l1', 'hyperlink', 'https://tides.example/', true], ['i1', 'image', 'media/image1.png']),
    'word/media/image1.png': PIXEL,
  },
)

function workbook() {
  const book = sheetJs.utils.book_new()
  const boats = sheetJs.utils.aoa_to_sheet([
    ['boat', 'seats', 'note', 'since'],
    ['Ada', 12, 'fast\nand small', new Date(Date.UTC(2024, 0, 5))],
    ['Bob', 1.5, null, null],
    [],
    ['Cyd', true, 'a "b"', null],
  ])
  sheetJs.utils.book_append_sheet(book, boats, 'Boats')
  sheetJs.utils.book_append_sheet(book, sheetJs.utils.aoa_to_sheet([[]]), 'Empty')
  sheetJs.utils.book_append_sheet(book, sheetJs.utils.aoa_to_sheet([['pier'], ['North']]), 'Piers')
  return book
}

function shape(x: number | undefined, y: number, inner: string, type?: string): string {
  const place = x === undefined ? '' : `<a:xfrm><a:off x="${x}" y="${y}"/></a:xfrm>`
  return `<p:sp><p:nvSpPr><p:nvPr>${type ? `<p:ph type="${type}"/>` : ''}</p:nvPr></p:nvSpPr><p:spPr>${place}</p:spPr><p:txBody>${inner}</p:txBody></p:sp>`
}

function slide(shapes: string): string {
  return `<p:sld xmlns:p="p" xmlns:a="a"><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`
}

function slideParagraph(text: string): string {
  return `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`
}

const PPTX = zipOf({
  '[Content_Types].xml': '<Types/>',
  '_rels/.rels': relationships(['r1', 'officeDocument', 'ppt/presentation.xml']),
  'ppt/presentation.xml':
    '<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="s2"/><p:sldId id="257" r:id="s1"/></p:sldIdLst></p:presentation>',
  'ppt/_rels/presentation.xml.rels': relationships(['s1', 'slide', 'slides/slide1.xml'], ['s2', 'slide', 'slides/slide2.xml']),
  'ppt/slides/slide2.xml': slide(
    shape(10, 900, slideParagraph('Below') + slideParagraph('')) +
      shape(undefined, 0, slideParagraph('Harbour'), 'title') +
      shape(10, 500, slideParagraph('Middle')),
  ),
  'ppt/slides/_rels/slide2.xml.rels': relationships(
    ['l', 'slideLayout', '../slideLayouts/slideLayout1.xml'],
    ['n', 'notesSlide', '../notesSlides/notesSlide1.xml'],
  ),
  'ppt/slideLayouts/slideLayout1.xml': slide(shape(10, 100, '', 'title')),
  'ppt/notesSlides/notesSlide1.xml': slide(shape(undefined, 0, slideParagraph('Speak slowly.'), 'body')),
  'ppt/slides/slide1.xml': slide(
    `<p:graphicFrame><p:xfrm><a:off x="1" y="1"/></p:xfrm><a:graphic><a:graphicData><a:tbl>${[
      ['pier', 'depth'],
      ['North', '12'],
    ]
      .map(row => `<a:tr>${row.map(cell => `<a:tc><a:txBody>${slideParagraph(cell)}</a:txBody></a:tc>`).join('')}</a:tr>`)
      .join('')}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`,
  ),
})

export function epubOf(chapters: Record<string, string>): Uint8Array {
  const names = Object.keys(chapters)
  return zipOf({
    mimetype: 'application/epub+zip',
    'META-INF/container.xml': '<container><rootfiles><rootfile full-path="OEBPS/content.opf"/></rootfiles></container>',
    'OEBPS/content.opf': `<package><manifest>${names.map((name, index) => `<item id="c${index}" href="${name}"/>`).join('')}</manifest><spine>${names.map((_, index) => `<itemref idref="c${index}"/>`).join('')}</spine></package>`,
    ...Object.fromEntries(names.map(name => [`OEBPS/${name}`, chapters[name] ?? ''])),
  })
}

const EPUB = epubOf({
  'one.xhtml':
    '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>One</title></head><body><h1>Tides</h1><p>The sea <i>comes</i>\nin.</p><ul><li>high</li><li>low</li></ul></body></html>',
  'two.xhtml':
    '<html xmlns="http://www.w3.org/1999/xhtml"><body><h2>Ports</h2><table><tr><th>pier</th><th>depth</th></tr><tr><td>North</td><td>12</td></tr></table><pre>  a\n b</pre></body></html>',
})

const EML = [
  'From: Ada <ada@example.com>',
  'To: Bob <bob@example.com>',
  'Subject: =?utf-8?B?VGlkZXMg4pqT?=',
  'Date: Mon, 1 Jan 2024 10:00:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="outer"',
  '',
  '--outer',
  'Content-Type: multipart/alternative; boundary="inner"',
  '',
  '--inner',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'The ferry leaves at nine.',
  '--inner',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<p>The <b>ferry</b> leaves at nine.</p><p>Caf=C3=A9 is open.</p>',
  '--inner--',
  '--outer',
  'Content-Type: application/pdf; name="plan.pdf"',
  'Content-Disposition: attachment; filename="plan.pdf"',
  'Content-Transfer-Encoding: base64',
  '',
  'JVBERi0=',
  '--outer--',
  '',
].join('\r\n')

/** A compound file of these streams. */
export function oleOf(streams: Record<string, Uint8Array>): Uint8Array {
  const file = sheetJs.CFB.utils.cfb_new()
  for (const [name, content] of Object.entries(streams)) sheetJs.CFB.utils.cfb_add(file, `/${name}`, content)
  return new Uint8Array(sheetJs.CFB.write(file, { type: 'buffer' }))
}

/** The streams of a mail filed by Outlook: a list of fixed properties, and a stream for each text. */
function msg(texts: Record<string, string>): Uint8Array {
  const entries = Object.entries(texts).map(([tag, text]) => {
    const entry = Buffer.alloc(16)
    entry.writeUInt16LE(0x001f, 0)
    entry.writeUInt16LE(Number.parseInt(tag, 16), 2)
    entry.writeUInt32LE(6, 4)
    entry.writeUInt32LE(text.length * 2 + 2, 8)
    return entry
  })
  return oleOf({
    '__properties_version1.0': Buffer.concat([Buffer.alloc(32), ...entries]),
    ...Object.fromEntries(Object.entries(texts).map(([tag, text]) => [`__substg1.0_${tag}001F`, Buffer.from(text, 'utf16le')])),
  })
}

/** The least that a Word document of before 2007 can be: its head, one piece of text, a table that says where it is. */
export function docOf(text: string, flags = 0x0200): Uint8Array {
  const main = Buffer.alloc(2048 + text.length * 2)
  main.writeUInt16LE(0xa5ec, 0)
  main.writeUInt16LE(flags, 0x0a)
  main.writeUInt32LE(2048, 0x18)
  main.writeUInt32LE(text.length, 0x4c)
  main.write(text, 2048, 'utf16le')
  const pieces = Buffer.alloc(5 + 16)
  pieces.writeUInt8(2, 0)
  pieces.writeUInt32LE(16, 1)
  pieces.writeUInt32LE(text.length, 9)
  pieces.writeUInt32LE(2048, 15)
  main.writeUInt32LE(0, 0x01a2)
  main.writeUInt32LE(pieces.length, 0x01a6)
  main.writeUInt32LE(4, 0xfe)
  main.writeUInt32LE(4, 0x106)
  const padded = Buffer.alloc(4096)
  pieces.copy(padded)
  return oleOf({ WordDocument: Buffer.concat([main, Buffer.alloc(Math.max(0, 4096 - main.length))]), '1Table': padded })
}

/** A PDF of pages, each a content stream. `extra` is put into the trailer. */
export function pdfOf(pages: (string | Uint8Array)[], { extra = '', filter = '' } = {}): Uint8Array {
  const chunks: Buffer[] = [Buffer.from('%PDF-1.7\n')]
  const offsets: number[] = []
  let length = chunks[0]?.length ?? 0
  const add = (...content: (string | Uint8Array)[]) => {
    offsets.push(length)
    for (const piece of [`${offsets.length} 0 obj\n`, ...content, '\nendobj\n']) {
      chunks.push(Buffer.from(piece as string))
      length += chunks.at(-1)?.length ?? 0
    }
  }
  add('<< /Type /Catalog /Pages 2 0 R >>')
  add(`<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ')}] >>`)
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>')
  for (const [index, content] of pages.entries()) {
    add(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + index * 2} 0 R >>`)
    add(`<< /Length ${content.length}${filter} >>\nstream\n`, content, '\nendstream')
  }
  const table = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  chunks.push(
    Buffer.from(
      `xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R ${extra} >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  )
  return new Uint8Array(Buffer.concat(chunks))
}

/** Texts at places of a page: `[x, y, text]`. */
export function pdfTexts(...texts: [x: number, y: number, text: string][]): string {
  return `BT /F1 12 Tf ${texts.map(([x, y, text]) => `1 0 0 1 ${x} ${y} Tm (${text}) Tj`).join(' ')} ET`
}

/** Locked by a password that nobody knows: the standard handler's second revision. */
export function encryptedPdf(): Uint8Array {
  const key = createHash('md5').update('secret').digest()
  const owner = createCipheriv('aes-128-ecb', key, null).update(Buffer.alloc(32)).toString('hex').slice(0, 64)
  return pdfOf([pdfTexts([72, 720, 'Secret'])], {
    extra: `/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <${owner}> /U <${owner}> /P -4 >>`,
  })
}

const PDF = pdfOf([
  pdfTexts(
    [72, 720, 'The harbour opens at six.'],
    [72, 696, 'Boats leave at seven.'],
    [72, 660, 'boat'],
    [200, 660, 'seats'],
    [72, 644, 'Ada'],
    [200, 644, '12'],
  ),
  pdfTexts([72, 720, 'Second page.']),
])

/** One document of each format. */
export const SAMPLES: Record<Format, Uint8Array> = {
  txt: strToU8('The harbour opens at six.\nBoats leave at seven.\n'),
  md: strToU8('intro\n\n# Tides\n\nHigh <b>and</b> low.\n\n```\n# no heading\n```\n\n## Moon\nIt pulls.\n'),
  html: strToU8(
    '<!doctype html><html><head><title>Harbour</title><script>var hidden</script></head><body><h1>Town</h1><p>Opens at <b>six</b>.</p><ol><li>North</li><li>South</li></ol><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2|3</td></tr></table></body></html>',
  ),
  xml: strToU8('<?xml version="1.0"?><a><b>c</b></a>'),
  vtt: strToU8('WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n'),
  captions: strToU8('WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>Hi\n'),
  json: strToU8('{"b":1.0,"a":["ü",{"c":null}]}'),
  yaml: strToU8('b: &x [1, {c: d}]\na: *x\n'),
  csv: strToU8('port,depth\nNorth,12\n"South, old",9\n'),
  properties: strToU8('# c\nkey = value\n'),
  pdf: PDF,
  doc: docOf('Harbour guide\rThe harbour opens at six.\r'),
  docx: DOCX,
  xls: new Uint8Array(sheetJs.write(workbook(), { type: 'buffer', bookType: 'biff8' })),
  xlsx: new Uint8Array(sheetJs.write(workbook(), { type: 'buffer', bookType: 'xlsx' })),
  pptx: PPTX,
  epub: EPUB,
  eml: strToU8(EML),
  msg: msg({ '0037': 'Tides', '0C1A': 'Ada', '0C1F': 'ada@example.com', '1000': 'The ferry leaves at nine.\r\n\r\nCafé is open.' }),
}

export const LATIN1 = iconv.encode('Café am Hafen, schön und groß. Die Tür ist grün.', 'latin1')
