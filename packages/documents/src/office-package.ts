import { posix } from 'node:path'
import type { EmbeddedImage } from './document.ts'
import { brokenDocument } from './document-error.ts'
import { attributeOf, elementsOf, parseXml, type XmlElement } from './xml-tree.ts'
import type { ZipArchive } from './zip-archive.ts'

/** What a part refers to. */
export interface Relationship {
  /** The last word of its type: `hyperlink`, `image`, `slideLayout`. */
  type: string
  /** A part's name, or an address where it is external. */
  target: string
  isExternal: boolean
}

const IMAGE_TYPES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  svg: 'image/svg+xml',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  emf: 'image/emf',
  wmf: 'image/wmf',
}

/** The tree of a part that has to be there. @throws DocumentError */
export async function readPart(zip: ZipArchive, name: string): Promise<XmlElement> {
  const bytes = await zip.read(name)
  if (!bytes) throw brokenDocument(`it has no ${name}`)
  return parseXml(bytes, name)
}

/** What a part refers to, by id. */
export async function relationshipsOf(zip: ZipArchive, part: string): Promise<Map<string, Relationship>> {
  const bytes = await zip.read(posix.join(posix.dirname(part), '_rels', `${posix.basename(part)}.rels`))
  if (!bytes) return new Map()
  return new Map(
    elementsOf(parseXml(bytes, `the relationships of ${part}`)).map(element => {
      const { Id = '', Type = '', Target = '' } = element.attributes
      const isExternal = attributeOf(element, 'TargetMode') === 'External'
      const target = isExternal ? Target : posix.join('/', Target.startsWith('/') ? '' : posix.dirname(part), Target).slice(1)
      return [Id, { type: Type.split('/').at(-1) ?? '', target, isExternal }]
    }),
  )
}

/** The main part of an office document: `word/document.xml` in most. */
export async function mainPartOf(zip: ZipArchive, usual: string): Promise<string> {
  const main = [...(await relationshipsOf(zip, '')).values()].find(({ type }) => type === 'officeDocument')
  return main && zip.has(main.target) ? main.target : usual
}

/** The pictures in a folder of an archive. */
export async function imagesIn(zip: ZipArchive, folder: string): Promise<EmbeddedImage[]> {
  const images: EmbeddedImage[] = []
  for (const name of zip.names) {
    const mimeType = IMAGE_TYPES[posix.extname(name).slice(1).toLowerCase()]
    if (!name.startsWith(folder) || !mimeType) continue
    const bytes = await zip.read(name)
    if (bytes) images.push({ name, mimeType, bytes })
  }
  return images
}
