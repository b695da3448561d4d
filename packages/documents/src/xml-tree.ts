import { SaxesParser } from 'saxes'
import { decodeText } from './decode-text.ts'
import { brokenDocument, DocumentError } from './document-error.ts'

/** An element, by its name without prefix. Attributes keep theirs: `r:id`. */
export interface XmlElement {
  name: string
  attributes: Record<string, string>
  children: (XmlElement | string)[]
}

/** Deeper than any office program nests, shallow enough for the stack. */
const MAX_DEPTH = 512

/**
 * The tree of a part of an office document. A document type is refused, as it could define entities that grow without bound or
 * lie outside; office programs write none.
 * @throws DocumentError
 */
export function parseXml(bytes: Uint8Array, name: string): XmlElement {
  const parser = new SaxesParser({ xmlns: false })
  const root: XmlElement = { name: '', attributes: {}, children: [] }
  const open = [root]
  parser.on('error', error => {
    throw brokenDocument(`${name} is not well-formed`, error)
  })
  parser.on('doctype', () => {
    throw new DocumentError(
      'bomb',
      `The file is refused: ${name} declares a document type, which may define text without bound. Save the document anew and upload that.`,
    )
  })
  parser.on('opentag', tag => {
    const element: XmlElement = { name: localName(tag.name), attributes: tag.attributes, children: [] }
    open.at(-1)?.children.push(element)
    if (open.push(element) > MAX_DEPTH) throw brokenDocument(`${name} nests too deeply`)
  })
  parser.on('closetag', () => void open.pop())
  const add = (text: string) => void open.at(-1)?.children.push(text)
  parser.on('text', add)
  parser.on('cdata', add)
  try {
    parser.write(decodeText(bytes)).close()
  } catch (error) {
    if (error instanceof DocumentError) throw error
    throw brokenDocument(`${name} is not well-formed`, error)
  }
  const element = elementsOf(root)[0]
  if (!element) throw brokenDocument(`${name} is empty`)
  return element
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The children that are elements, of one name if given. */
export function elementsOf(parent: XmlElement | undefined, name?: string): XmlElement[] {
  const elements = (parent?.children ?? []).filter(child => typeof child !== 'string')
  return name === undefined ? elements : elements.filter(child => child.name === name)
}

/** The element at the end of a path of names, the first of each. */
export function elementAt(parent: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((element, name) => elementsOf(element, name)[0], parent)
}

/** All elements of the name below, in order, not below one of their own. */
export function descendantsOf(parent: XmlElement | undefined, name: string): XmlElement[] {
  return elementsOf(parent).flatMap(child => (child.name === name ? [child] : descendantsOf(child, name)))
}

/** The text directly inside. */
export function textOf(element: XmlElement | undefined): string {
  return (element?.children ?? []).filter(child => typeof child === 'string').join('')
}

/** An attribute whatever its prefix. */
export function attributeOf(element: XmlElement | undefined, name: string): string | undefined {
  if (!element) return undefined
  const key = Object.keys(element.attributes).find(candidate => localName(candidate) === name)
  return key === undefined ? undefined : element.attributes[key]
}
