import { DocumentError, encryptedDocument } from './document-error.ts'
import type { Format } from './format.ts'
import { isTextFormat } from './format.ts'
import { isOle, oleNames } from './ole-container.ts'

/** What the first bytes say. */
const SIGNATURES: [name: string, signature: string][] = [
  ['a PDF', '%PDF-'],
  ['an RTF document', '{\\rtf'],
  ['a PNG picture', '\x89PNG\r\n\x1a\n'],
  ['a JPEG picture', '\xff\xd8\xff'],
  ['a GIF picture', 'GIF8'],
  ['a gzip archive', '\x1f\x8b\x08'],
  ['a 7-Zip archive', "7z\xbc\xaf'\x1c"],
  ['a RAR archive', 'Rar!\x1a\x07'],
  ['a program', '\x7fELF'],
]

/** PDF programs accept other bytes before the mark. */
const PDF_MARK_WITHIN = 1024

const NAMES: Record<'pdf' | 'doc' | 'xls' | 'msg' | 'ppt' | 'docx' | 'xlsx' | 'pptx' | 'epub' | 'zip' | 'ole', string> = {
  pdf: 'a PDF',
  doc: 'a Word document (.doc)',
  xls: 'an Excel workbook (.xls)',
  msg: 'an Outlook message (.msg)',
  ppt: 'an old PowerPoint presentation (.ppt)',
  docx: 'a Word document (.docx)',
  xlsx: 'an Excel workbook (.xlsx)',
  pptx: 'a PowerPoint presentation (.pptx)',
  epub: 'an EPUB book (.epub)',
  zip: 'a zip archive',
  ole: 'a file of an old Microsoft program',
}

type Container = keyof typeof NAMES

/** What each format may be inside. Old names are often kept for new files. */
const CONTAINERS: Partial<Record<Format, readonly Container[]>> = {
  pdf: ['pdf'],
  doc: ['doc', 'docx'],
  docx: ['docx'],
  xls: ['xls', 'xlsx'],
  xlsx: ['xlsx', 'xls'],
  pptx: ['pptx'],
  epub: ['epub'],
  msg: ['msg'],
}

export function isZip(bytes: Uint8Array): boolean {
  return startsWith(bytes, 'PK\x03\x04') || startsWith(bytes, 'PK\x05\x06')
}

/** Holds the content against the format that the name says. @throws DocumentError */
export function checkType(bytes: Uint8Array, format: Format): void {
  if (isTextFormat(format)) {
    checkText(bytes, format)
    return
  }
  if (!bytes.length) throw new DocumentError('empty', 'The file is empty. Upload one with content.')
  const found = containerOf(bytes)
  if (found && CONTAINERS[format]?.includes(found)) return
  throw wrongType(found ? NAMES[found] : otherTypeOf(bytes), format)
}

function checkText(bytes: Uint8Array, format: Format): void {
  // a mail may hold anything, and begin with lines of its mailbox
  const found = startsWith(bytes, '%PDF-') || isZip(bytes) || isOle(bytes) ? containerOf(bytes) : undefined
  const other = found ? NAMES[found] : signatureOf(bytes)
  if (other && format !== 'eml') throw wrongType(other, format)
  if (!other && isBinary(bytes)) throw wrongType('no text', format)
}

/** Text of one byte a character has no NUL, and that of two bytes many. */
function isBinary(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 65_536)
  if (sample[0] === 0xff && sample[1] === 0xfe) return false
  if (sample[0] === 0xfe && sample[1] === 0xff) return false
  const nuls = [0, 0]
  sample.forEach((byte, index) => {
    if (!byte) nuls[index % 2] = (nuls[index % 2] ?? 0) + 1
  })
  const [even = 0, odd = 0] = nuls
  return even + odd > 0 && Math.max(even, odd) < sample.length * 0.2
}

function containerOf(bytes: Uint8Array): Container | undefined {
  if (isZip(bytes)) return zipKind(bytes)
  if (isOle(bytes)) return oleKind(bytes)
  return Buffer.from(bytes.subarray(0, PDF_MARK_WITHIN)).includes('%PDF-') ? 'pdf' : undefined
}

/** Names in a zip stand in clear in its directory. */
function zipKind(bytes: Uint8Array): Container {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const has = (name: string) => buffer.includes(name, 0, 'latin1')
  if (has('META-INF/container.xml')) return 'epub'
  if (has('word/document')) return 'docx'
  if (has('xl/workbook')) return 'xlsx'
  if (has('ppt/presentation')) return 'pptx'
  return 'zip'
}

function oleKind(bytes: Uint8Array): Container {
  const names = oleNames(bytes)
  if (names.has('EncryptedPackage')) throw encryptedDocument()
  if (names.has('WordDocument')) return 'doc'
  if (names.has('Workbook') || names.has('Book')) return 'xls'
  if (names.has('PowerPoint Document')) return 'ppt'
  if ([...names].some(name => name.startsWith('__properties_version1.0'))) return 'msg'
  return 'ole'
}

function signatureOf(bytes: Uint8Array): string | undefined {
  return SIGNATURES.find(([, signature]) => startsWith(bytes, signature))?.[0]
}

function otherTypeOf(bytes: Uint8Array): string {
  const signature = signatureOf(bytes)
  if (signature) return signature
  if (isBinary(bytes)) return 'something else, or damaged at its beginning'
  return /^\s*<(?:!doctype\s+html|html|table)/i.test(Buffer.from(bytes.subarray(0, 512)).toString('latin1')) ? 'a web page' : 'plain text'
}

function wrongType(found: string, format: Format): DocumentError {
  return new DocumentError(
    'wrong-type',
    `The file is named as ${format.toUpperCase()}, but its content is ${found}. Give it the right extension, or save it as ${format.toUpperCase()}, and upload it again.`,
  )
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  for (let index = 0; index < signature.length; index++) if (bytes[index] !== signature.charCodeAt(index)) return false
  return true
}
