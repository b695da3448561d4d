import { parseJson, pythonJson } from '@weft/contracts'
import { csvTable } from './csv-table.ts'
import { decodeText } from './decode-text.ts'
import { propertiesText } from './properties-text.ts'
import { vttText } from './vtt-text.ts'
import { yamlText } from './yaml-text.ts'

type Format = (text: string) => string

const plain: Format = text => text
const json: Format = text => pythonJson(parseJson(text), 2)

const PLAIN_EXTENSIONS = [
  ...['txt', 'markdown', 'md', 'mdx', 'html', 'htm', 'xml', 'vtt', 'srt', 'log', 'ini', 'cfg', 'conf', 'toml', 'env'],
  ...['c', 'h', 'cpp', 'hpp', 'cc', 'cxx', 'c++', 'py', 'js', 'ts', 'jsx', 'tsx', 'java', 'php', 'rb', 'go', 'rs', 'swift', 'kt', 'scala'],
  ...['sh', 'bash', 'bat', 'ps1', 'sql', 'r', 'm', 'pl', 'lua', 'vim', 'asm', 's', 'css', 'scss', 'less', 'sass'],
]

const BY_EXTENSION = new Map<string, Format>([
  ...PLAIN_EXTENSIONS.map(extension => [`.${extension}`, plain] as const),
  ['.json', json],
  ['.yaml', yamlText],
  ['.yml', yamlText],
  ['.csv', csvTable],
  ['.properties', propertiesText],
])

const BY_MIME_TYPE = new Map<string, Format>([
  ...['text/plain', 'text/html', 'text/htm', 'text/markdown', 'text/xml'].map(type => [type, plain] as const),
  ['application/json', json],
  ['application/x-yaml', yamlText],
  ['text/yaml', yamlText],
  ['text/csv', csvTable],
  ['text/vtt', vttText],
  ['text/properties', propertiesText],
])

/** The text of a file that is text itself; undefined for other formats. The MIME type counts only without an extension. @throws SyntaxError */
export function extractText(bytes: Uint8Array, extension: string | null, mimeType: string | null): string | undefined {
  const format = extension ? BY_EXTENSION.get(extension) : BY_MIME_TYPE.get(mimeType ?? '')
  return format?.(decodeText(bytes))
}
