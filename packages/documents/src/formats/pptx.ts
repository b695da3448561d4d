import { type DocumentPart, type DocumentSource, partsOf, type ReadContent } from '../document.ts'
import { markdownTable } from '../markdown-table.ts'
import { imagesIn, mainPartOf, type Relationship, readPart, relationshipsOf } from '../office-package.ts'
import { attributeOf, descendantsOf, elementAt, elementsOf, textOf, type XmlElement } from '../xml-tree.ts'
import { ZipArchive } from '../zip-archive.ts'

/** A presentation: a line for a paragraph, shapes from top to bottom, an empty line between slides. @throws DocumentError */
export async function readPptx({ bytes, limits, hasImages }: DocumentSource): Promise<ReadContent> {
  const zip = await ZipArchive.open(bytes, limits)
  const main = await mainPartOf(zip, 'ppt/presentation.xml')
  const presentation = await readPart(zip, main)
  const relationships = await relationshipsOf(zip, main)
  const layouts = new Layouts(zip)
  const lines: string[] = []
  let page = 0
  const parts: DocumentPart[] = []
  for (const entry of elementsOf(elementAt(presentation, 'sldIdLst'), 'sldId')) {
    const name = relationships.get(entry.attributes['r:id'] ?? attributeOf(entry, 'id') ?? '')?.target
    if (!name || !zip.has(name)) continue
    const slide = await readPart(zip, name)
    const own = await relationshipsOf(zip, name)
    const shapes = orderedShapes(slide, await layouts.of(own))
    if (page++) lines.push('')
    for (const line of shapes.flatMap(shape => plainShape(shape.element))) lines.push(line)
    const title = shapes.find(shape => /title/i.test(placeholderOf(shape.element)?.attributes.type ?? ''))
    parts.push({
      kind: 'slide',
      text: [...shapes.flatMap(shape => readableShape(shape.element)), ...(await notesOf(zip, own))].join('\n'),
      metadata: { page, ...(title && { title: plainShape(title.element).join(' ') }) },
    })
  }
  const images = hasImages ? await imagesIn(zip, 'ppt/media/') : []
  return { text: lines.join('\n'), parts: partsOf(parts), images }
}

interface Position {
  top: number
  left: number
}

interface Shape extends Position {
  element: XmlElement
}

/** Shapes of a slide in reading order, those of groups among them. One that lies off the slide is not seen. */
function orderedShapes(slide: XmlElement, inherited: readonly XmlElement[]): Shape[] {
  const shapes: Shape[] = shapesIn(elementAt(slide, 'cSld', 'spTree')).map(element => ({
    element,
    ...(positionOf(element, inherited) ?? { top: 0, left: 0 }),
  }))
  return shapes
    .filter(({ top, left, element }) => !(top && left && (top < 0 || left < 0) && element.name === 'sp'))
    .sort((one, other) => one.top - other.top || one.left - other.left)
}

function shapesIn(parent: XmlElement | undefined): XmlElement[] {
  return elementsOf(parent).flatMap(child => {
    if (child.name === 'grpSp') return shapesIn(child)
    if (child.name === 'AlternateContent') return shapesIn(elementAt(child, 'Choice'))
    return child.name === 'sp' || child.name === 'graphicFrame' ? [child] : []
  })
}

/** A placeholder lies where that of the slide's layout, or else of its master, lies. `inherited` is the layout and the master. */
function positionOf(shape: XmlElement, inherited: readonly XmlElement[]): Position | undefined {
  const offset = elementAt(shape, 'spPr', 'xfrm', 'off') ?? elementAt(shape, 'xfrm', 'off')
  if (offset) return { top: Number(offset.attributes.y) || 0, left: Number(offset.attributes.x) || 0 }
  const placeholder = placeholderOf(shape)
  const [from, ...further] = inherited
  if (!placeholder || !from) return undefined
  const isMaster = !further.length
  const base = shapesIn(elementAt(from, 'cSld', 'spTree')).find(candidate => {
    const other = placeholderOf(candidate)
    if (!other) return false
    return isMaster ? masterType(other) === masterType(placeholder) : (other.attributes.idx ?? '0') === (placeholder.attributes.idx ?? '0')
  })
  return base && positionOf(base, further)
}

function placeholderOf(shape: XmlElement): XmlElement | undefined {
  return elementAt(
    elementsOf(shape).find(child => child.name === 'nvSpPr' || child.name === 'nvGraphicFramePr'),
    'nvPr',
    'ph',
  )
}

function masterType(placeholder: XmlElement): string {
  const { type = 'obj' } = placeholder.attributes
  if (type === 'ctrTitle' || type === 'title') return 'title'
  return ['dt', 'ftr', 'sldNum'].includes(type) ? type : 'body'
}

/** Layouts with their masters, each read once. */
class Layouts {
  readonly #zip: ZipArchive
  readonly #known = new Map<string, XmlElement[]>()

  constructor(zip: ZipArchive) {
    this.#zip = zip
  }

  async of(relationships: ReadonlyMap<string, Relationship>): Promise<XmlElement[]> {
    const name = targetOf(relationships, 'slideLayout')
    if (!name || !this.#zip.has(name)) return []
    let chain = this.#known.get(name)
    if (!chain) {
      const master = targetOf(await relationshipsOf(this.#zip, name), 'slideMaster')
      chain = [await readPart(this.#zip, name), ...(master && this.#zip.has(master) ? [await readPart(this.#zip, master)] : [])]
      this.#known.set(name, chain)
    }
    return chain
  }
}

function targetOf(relationships: ReadonlyMap<string, Relationship>, type: string): string | undefined {
  return [...relationships.values()].find(relationship => relationship.type === type)?.target
}

function plainShape(shape: XmlElement): string[] {
  const table = elementAt(shape, 'graphic', 'graphicData', 'tbl')
  if (!table) return paragraphsOf(elementAt(shape, 'txBody')).filter(text => text.trim())
  const text = cellsOf(table).flat().join(' ').split(/\s+/).filter(Boolean).join(' ')
  return text ? [text] : []
}

function readableShape(shape: XmlElement): string[] {
  const table = elementAt(shape, 'graphic', 'graphicData', 'tbl')
  return table ? [markdownTable(cellsOf(table))] : plainShape(shape).map(text => text.replaceAll('\v', '\n'))
}

function cellsOf(table: XmlElement): string[][] {
  return elementsOf(table, 'tr').map(row => elementsOf(row, 'tc').map(cell => paragraphsOf(elementAt(cell, 'txBody')).join('\n')))
}

/** A line break inside a paragraph is a vertical tab. */
function paragraphsOf(body: XmlElement | undefined): string[] {
  return elementsOf(body, 'p').map(paragraph =>
    elementsOf(paragraph)
      .map(child => (child.name === 'br' ? '\v' : child.name === 'r' || child.name === 'fld' ? textOf(elementAt(child, 't')) : ''))
      .join(''),
  )
}

async function notesOf(zip: ZipArchive, relationships: ReadonlyMap<string, Relationship>): Promise<string[]> {
  const name = targetOf(relationships, 'notesSlide')
  if (!name || !zip.has(name)) return []
  const bodies = descendantsOf(await readPart(zip, name), 'sp').filter(shape => placeholderOf(shape)?.attributes.type === 'body')
  return bodies.flatMap(plainShape).map(text => text.replaceAll('\v', '\n'))
}
