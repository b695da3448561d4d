import { TextDecoder } from 'node:util'
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { brokenDocument, DocumentError } from '../document-error.ts'
import { type Relationship, readPart, relationshipsOf } from '../office-package.ts'
import { sheetJs } from '../sheetjs.ts'
import { attributeOf, elementAt, elementsOf, parseXml, type XmlElement } from '../xml-tree.ts'
import type { ZipArchive } from '../zip-archive.ts'
import { cellLine, type SheetRow } from './sheet-rows.ts'

/** A date of the locale's own form is written in the one order that all read the same. */
const LOCAL_DATE = 14

/** Sheets of a workbook (Office Open XML), one after the other. @throws DocumentError */
export async function* xlsxSheets(
  zip: ZipArchive,
  main: string,
  count: (cells: number) => void,
): AsyncGenerator<{ name: string; rows: SheetRow[] }> {
  const workbook = await readPart(zip, main)
  const relationships = await relationshipsOf(zip, main)
  const targetOf = (type: string) => [...relationships.values()].find(relationship => relationship.type === type)?.target
  const strings = await sharedStrings(zip, targetOf('sharedStrings'))
  const formats = await cellFormats(zip, targetOf('styles'), isTrue(elementAt(workbook, 'workbookPr')?.attributes.date1904))
  for (const sheet of elementsOf(elementAt(workbook, 'sheets'), 'sheet')) {
    const part = relationships.get(attributeOf(sheet, 'id') ?? '')
    if (part?.type !== 'worksheet') continue
    if (!zip.has(part.target)) throw brokenDocument(`it has no ${part.target}`)
    const links = await relationshipsOf(zip, part.target)
    yield { name: sheet.attributes.name ?? '', rows: await sheetRows({ zip, part: part.target, strings, formats, links, count }) }
  }
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true'
}

async function sharedStrings(zip: ZipArchive, part: string | undefined): Promise<string[]> {
  if (!part) return []
  const strings: string[] = []
  let current = ''
  let isText = false
  let phonetic = 0
  await stream(zip, part, {
    open({ name }) {
      if (name === 'si') current = ''
      else if (name === 't') isText = true
      else if (name === 'rPh') phonetic++
    },
    text(text) {
      if (isText && !phonetic) current += text
    },
    close(name) {
      if (name === 't') isText = false
      else if (name === 'rPh') phonetic--
      else if (name === 'si') strings.push(cellLine(unescaped(current)))
    },
  })
  return strings
}

/** How numbers of each style are shown. */
async function cellFormats(zip: ZipArchive, part: string | undefined, date1904: boolean): Promise<((value: number) => string)[]> {
  const bytes = part && (await zip.read(part))
  const styles: XmlElement | undefined = bytes ? parseXml(bytes, part) : undefined
  const codes = new Map(
    elementsOf(elementAt(styles, 'numFmts'), 'numFmt').map(format => [
      Number(format.attributes.numFmtId),
      format.attributes.formatCode ?? '',
    ]),
  )
  return elementsOf(elementAt(styles, 'cellXfs'), 'xf').map(style => {
    const id = Number(style.attributes.numFmtId ?? 0)
    const format = codes.get(id) ?? (id === LOCAL_DATE ? 'yyyy-mm-dd' : id)
    return value => formatted(format, value, date1904)
  })
}

function formatted(format: string | number, value: number, date1904: boolean): string {
  if (format === 0 || format === 'General') return general(value)
  try {
    return sheetJs.SSF.format(format, value, { date1904 })
  } catch {
    return general(value)
  }
}

function general(value: number): string {
  return Number.isSafeInteger(value) && Math.abs(value) < 1e11 ? String(value) : sheetJs.SSF.format('General', value)
}

interface SheetSource {
  zip: ZipArchive
  part: string
  strings: readonly string[]
  formats: readonly ((value: number) => string)[]
  links: ReadonlyMap<string, Relationship>
  count(cells: number): void
}

async function sheetRows({ zip, part, strings, formats, links, count }: SheetSource): Promise<SheetRow[]> {
  const rows: SheetRow[] = []
  let row: SheetRow = { number: 0, cells: [], links: undefined }
  let cell: Record<string, string> = {}
  let column = -1
  let text = ''
  let isText = false
  let phonetic = 0
  let byNumber: Map<number, SheetRow> | undefined
  await stream(zip, part, {
    open({ name, attributes }) {
      if (name === 'row') {
        row = { number: Number(attributes.r) || row.number + 1, cells: [], links: undefined }
        column = -1
      } else if (name === 'c') {
        cell = attributes
        column = columnOf(attributes.r) ?? column + 1
        text = ''
      } else if (name === 'v' || name === 't') isText = true
      else if (name === 'rPh') phonetic++
      else if (name === 'hyperlink') {
        byNumber ??= new Map(rows.map(each => [each.number, each]))
        link(byNumber, attributes, links)
      }
    },
    text(data) {
      if (isText && !phonetic) text += data
    },
    close(name) {
      if (name === 'v' || name === 't') isText = false
      else if (name === 'rPh') phonetic--
      else if (name === 'c') {
        const shown = shownText(cell, text, strings, formats)
        if (!shown) return
        count(1)
        row.cells[column] = shown
      } else if (name === 'row' && row.cells.length) rows.push(row)
    },
  })
  return rows
}

function shownText(
  { t: type = 'n', s: style }: Record<string, string>,
  text: string,
  strings: readonly string[],
  formats: readonly ((value: number) => string)[],
): string {
  if (type === 's') return strings[Number(text)] ?? ''
  if (type === 'b') return text.trim() === '1' ? 'TRUE' : text && 'FALSE'
  const value = Number(text)
  if (type !== 'n' || !text.trim() || Number.isNaN(value)) return cellLine(unescaped(text))
  return cellLine((formats[Number(style ?? 0)] ?? general)(value))
}

/** From 0: `B7` is column 1. Undefined where there is no such column. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d)/.exec(reference ?? '')?.[0]
  if (!letters) return undefined
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
  return column < 16_384 ? column : undefined
}

function link(rows: ReadonlyMap<number, SheetRow>, attributes: Record<string, string>, links: ReadonlyMap<string, Relationship>): void {
  const target = links.get(attributes['r:id'] ?? '')
  const [first = ''] = (attributes.ref ?? '').split(':')
  const column = columnOf(first)
  const row = rows.get(Number(first.replace(/^[A-Z]+/, '')))
  if (!target?.isExternal || !row || column === undefined) return
  row.links ??= new Map()
  row.links.set(column, target.target)
}

/** `_x000D_` stands for a character that XML cannot hold. */
function unescaped(text: string): string {
  return text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text
}

interface Handlers {
  open(tag: SaxesTagPlain): void
  text(text: string): void
  close(name: string): void
}

/** Reads a part too large for a tree. */
async function stream(zip: ZipArchive, part: string, { open, text, close }: Handlers): Promise<void> {
  const parser = new SaxesParser({ xmlns: false })
  const local = (name: string) => name.slice(name.indexOf(':') + 1)
  parser.on('error', error => {
    throw brokenDocument(`${part} is not well-formed`, error)
  })
  parser.on('doctype', () => {
    throw new DocumentError('bomb', `The file is refused: ${part} declares a document type. Save the workbook anew and upload that.`)
  })
  parser.on('opentag', tag => open({ ...tag, name: local(tag.name) }))
  parser.on('closetag', tag => close(local(tag.name)))
  parser.on('text', text)
  parser.on('cdata', text)
  let decoder: TextDecoder | undefined
  for await (const chunk of zip.chunks(part)) {
    decoder ??= new TextDecoder(chunk[0] === 0xff && chunk[1] === 0xfe ? 'utf-16le' : 'utf-8')
    parser.write(decoder.decode(chunk, { stream: true }))
  }
  parser.close()
}
