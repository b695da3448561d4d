import { type DocumentSource, partsOf, type ReadContent } from '../document.ts'
import { imagesIn, mainPartOf, type Relationship, readPart, relationshipsOf } from '../office-package.ts'
import { attributeOf, descendantsOf, elementAt, elementsOf, textOf, type XmlElement } from '../xml-tree.ts'
import { ZipArchive } from '../zip-archive.ts'

/** A Word document: a line for a paragraph, tables as Markdown. @throws DocumentError */
export async function readDocx({ bytes, limits, hasImages }: DocumentSource): Promise<ReadContent> {
  const zip = await ZipArchive.open(bytes, limits)
  const name = await mainPartOf(zip, 'word/document.xml')
  const blocks = blocksOf(elementAt(await readPart(zip, name), 'body'))
  const images = hasImages ? await imagesIn(zip, 'word/media/') : []
  const relationships = await relationshipsOf(zip, name)
  const context: Context = { relationships, images: new Set(images.map(image => image.name)) }
  const readable = blocks.map(block => (block.name === 'tbl' ? readableTable(block, context) : readableParagraph(block, context) || '\n'))
  return {
    text: blocks.flatMap(block => (block.name === 'tbl' ? plainTable(block) : plainParagraph(block, NO_CONTEXT))).join('\n'),
    parts: partsOf([{ kind: 'document', text: readable.join('\n'), metadata: {} }]),
    images,
  }
}

/** What links and pictures are found by; without it they are left out. */
interface Context {
  relationships: ReadonlyMap<string, Relationship>
  images: ReadonlySet<string>
}

const NO_CONTEXT: Context = { relationships: new Map(), images: new Set() }

/** Elements that only wrap others: content controls, tracked insertions, smart tags. */
const WRAPPERS = new Set(['sdt', 'sdtContent', 'ins', 'moveTo', 'smartTag', 'customXml', 'fldSimple', 'dir', 'bdo'])

/** Paragraphs and tables, in order. */
function blocksOf(parent: XmlElement | undefined): XmlElement[] {
  return elementsOf(parent).flatMap(child => {
    if (child.name === 'p' || child.name === 'tbl') return [child]
    return WRAPPERS.has(child.name) ? blocksOf(child) : []
  })
}

/** A paragraph's text, with a line for each paragraph of the text boxes in it. */
function plainParagraph(paragraph: XmlElement, context: Context): string {
  const boxes = textBoxesOf(paragraph).flatMap(blocksOf)
  return [
    inlineText(paragraph, context),
    ...boxes.map(block => (block.name === 'tbl' ? plainTable(block).join('') : plainParagraph(block, context))),
  ].join('\n')
}

function textBoxesOf(parent: XmlElement): XmlElement[] {
  return elementsOf(parent).flatMap(child => {
    if (child.name === 'txbxContent') return [child]
    // the fallback repeats the choice for old programs
    return child.name === 'Fallback' || child.name === 'p' ? [] : textBoxesOf(child)
  })
}

function readableParagraph(paragraph: XmlElement, context: Context): string {
  const text = plainParagraph(paragraph, context)
  return text.trim() ? text : ''
}

function inlineText(parent: XmlElement, context: Context): string {
  const fields = new Fields(context !== NO_CONTEXT)
  const visit = (element: XmlElement): void => {
    for (const child of elementsOf(element)) {
      if (child.name === 'r') runText(child, context, fields)
      else if (child.name === 'hyperlink') {
        const link = context.relationships.get(attributeOf(child, 'id') ?? '')
        fields.open()
        visit(child)
        fields.close(link?.isExternal ? link.target : undefined)
      } else if (child.name === 'oMath' || child.name === 'oMathPara') {
        fields.add(descendantsOf(child, 't').map(textOf).join(''))
      } else if (WRAPPERS.has(child.name)) visit(child)
    }
  }
  visit(parent)
  return fields.text()
}

/** Text, in which fields stand for their results, and links, if wanted, as Markdown. */
class Fields {
  readonly #hasLinks: boolean
  readonly #open: { text: string; code: string; isResult: boolean }[] = [{ text: '', code: '', isResult: true }]

  constructor(hasLinks: boolean) {
    this.#hasLinks = hasLinks
  }

  add(text: string): void {
    const top = this.#open.at(-1)
    if (top?.isResult) top.text += text
  }

  addCode(code: string): void {
    const top = this.#open.at(-1)
    if (top) top.code += code
  }

  open(isResult = true): void {
    this.#open.push({ text: '', code: '', isResult })
  }

  beginResult(): void {
    const top = this.#open.at(-1)
    if (top) top.isResult = true
  }

  close(address?: string): void {
    if (this.#open.length < 2) return
    const { text, code } = this.#open.pop() ?? { text: '', code: '' }
    const target = address ?? /^\s*HYPERLINK\s+"([^"]+)"/.exec(code)?.[1]
    this.add(this.#hasLinks && target && text.trim() ? `[${text}](${target})` : text)
  }

  text(): string {
    while (this.#open.length > 1) this.close()
    return this.#open[0]?.text ?? ''
  }
}

function runText(run: XmlElement, context: Context, fields: Fields): void {
  for (const child of elementsOf(run)) {
    if (child.name === 't') fields.add(textOf(child))
    else if (child.name === 'tab' || child.name === 'ptab') fields.add('\t')
    else if (child.name === 'cr') fields.add('\n')
    else if (child.name === 'br') fields.add(['page', 'column'].includes(attributeOf(child, 'type') ?? '') ? '' : '\n')
    else if (child.name === 'noBreakHyphen') fields.add('-')
    else if (child.name === 'instrText') fields.addCode(textOf(child))
    else if (child.name === 'fldChar') {
      const type = attributeOf(child, 'fldCharType')
      if (type === 'begin') fields.open(false)
      else if (type === 'separate') fields.beginResult()
      else if (type === 'end') fields.close()
    } else if (context.images.size && (child.name === 'drawing' || child.name === 'AlternateContent')) fields.add(imagesOf(child, context))
  }
}

function imagesOf(drawing: XmlElement, context: Context): string {
  return descendantsOf(drawing, 'blip')
    .map(blip => context.relationships.get(attributeOf(blip, 'embed') ?? '')?.target ?? '')
    .filter(name => context.images.has(name))
    .map(name => `![image](embedded:${name})`)
    .join('')
}

/** A cell that spans columns is given for each, and one that spans rows in each, as python-docx has it. */
function gridOf(table: XmlElement, cellText: (cell: XmlElement) => string, isRepeated: boolean): string[][] {
  const rows: string[][] = []
  for (const row of rowsOf(table)) {
    const above = rows.at(-1)
    const cells: string[] = []
    for (const cell of cellsOf(row)) {
      const span = Math.min(Math.max(Number(attributeOf(elementAt(cell, 'tcPr', 'gridSpan'), 'val') ?? 1) || 1, 1), 1000)
      const merge = elementAt(cell, 'tcPr', 'vMerge')
      const isContinued = merge && attributeOf(merge, 'val') !== 'restart'
      const text = isContinued ? (isRepeated && above?.[cells.length]) || '' : cellText(cell)
      for (let index = 0; index < span; index++) cells.push(index === 0 || isRepeated ? text : '')
    }
    rows.push(cells)
  }
  return rows
}

function rowsOf(parent: XmlElement): XmlElement[] {
  return elementsOf(parent).flatMap(child => (child.name === 'tr' ? [child] : WRAPPERS.has(child.name) ? rowsOf(child) : []))
}

function cellsOf(parent: XmlElement): XmlElement[] {
  return elementsOf(parent).flatMap(child => (child.name === 'tc' ? [child] : WRAPPERS.has(child.name) ? cellsOf(child) : []))
}

/** None for a table that says nothing. */
function plainTable(table: XmlElement): string[] {
  const rows = gridOf(
    table,
    cell =>
      paragraphsIn(cell)
        .map(paragraph => plainParagraph(paragraph, NO_CONTEXT))
        .join('\n'),
    true,
  )
  if (!rows.some(row => row.some(cell => cell.trim()))) return []
  const lines = rows.map(row => `| ${row.map(cell => cell.replaceAll('\n', '<br>')).join(' | ')} |\n`)
  return [[lines[0], `| ${(rows[0] ?? []).map(() => '---').join(' | ')} |\n`, ...lines.slice(1)].join('')]
}

/** Also those of tables inside the cell. */
function paragraphsIn(cell: XmlElement): XmlElement[] {
  return blocksOf(cell).flatMap(block => (block.name === 'tbl' ? rowsOf(block).flatMap(cellsOf).flatMap(paragraphsIn) : [block]))
}

function readableTable(table: XmlElement, context: Context): string {
  const rows = gridOf(
    table,
    cell => [...new Set(paragraphsIn(cell).map(paragraph => plainParagraph(paragraph, context).trim()))].filter(Boolean).join(' '),
    false,
  )
  const width = Math.max(0, ...rows.map(row => row.length))
  const lines = rows.map(
    row => `| ${Array.from({ length: width }, (_, index) => (row[index] ?? '').replaceAll('\n', '<br>')).join(' | ')} |`,
  )
  return [lines[0], `| ${Array(width).fill('---').join(' | ')} |`, ...lines.slice(1)].join('\n')
}
