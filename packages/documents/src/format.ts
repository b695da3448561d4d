/** The formats that are read, by the name of their usual extension. */
export type Format =
  | 'txt'
  | 'md'
  | 'html'
  | 'xml'
  | 'vtt'
  | 'captions'
  | 'json'
  | 'yaml'
  | 'csv'
  | 'properties'
  | 'pdf'
  | 'doc'
  | 'docx'
  | 'xls'
  | 'xlsx'
  | 'pptx'
  | 'epub'
  | 'eml'
  | 'msg'

const PLAIN_EXTENSIONS = [
  ...['txt', 'srt', 'log', 'ini', 'cfg', 'conf', 'toml', 'env'],
  ...['c', 'h', 'cpp', 'hpp', 'cc', 'cxx', 'c++', 'py', 'js', 'ts', 'jsx', 'tsx', 'java', 'php', 'rb', 'go', 'rs', 'swift', 'kt', 'scala'],
  ...['sh', 'bash', 'bat', 'ps1', 'sql', 'r', 'm', 'pl', 'lua', 'vim', 'asm', 's', 'css', 'scss', 'less', 'sass'],
]

const BY_EXTENSION = new Map<string, Format>([
  ...PLAIN_EXTENSIONS.map(extension => [extension, 'txt'] as const),
  ['markdown', 'md'],
  ['md', 'md'],
  ['mdx', 'md'],
  ['html', 'html'],
  ['htm', 'html'],
  ['xml', 'xml'],
  ['vtt', 'vtt'],
  ['json', 'json'],
  ['yaml', 'yaml'],
  ['yml', 'yaml'],
  ['csv', 'csv'],
  ['properties', 'properties'],
  ['pdf', 'pdf'],
  ['doc', 'doc'],
  ['docx', 'docx'],
  ['xls', 'xls'],
  ['xlsx', 'xlsx'],
  ['pptx', 'pptx'],
  ['epub', 'epub'],
  ['eml', 'eml'],
  ['msg', 'msg'],
])

const BY_MIME_TYPE = new Map<string, Format>([
  ['text/plain', 'txt'],
  ['text/html', 'html'],
  ['text/htm', 'html'],
  ['text/markdown', 'md'],
  ['text/xml', 'xml'],
  ['application/json', 'json'],
  ['application/x-yaml', 'yaml'],
  ['text/yaml', 'yaml'],
  ['text/csv', 'csv'],
  // without a name, captions are read as who says what
  ['text/vtt', 'captions'],
  ['text/properties', 'properties'],
  ['application/pdf', 'pdf'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['application/vnd.openxmlformats-officedocument.presentationml.presentation', 'pptx'],
  ['application/epub+zip', 'epub'],
  ['message/rfc822', 'eml'],
  ['application/vnd.ms-outlook', 'msg'],
])

/** The format that a name's extension (`.pdf`; case counts) says, or, only without one, a MIME type. */
export function formatOf(extension: string | null | undefined, mimeType: string | null | undefined): Format | undefined {
  return extension ? BY_EXTENSION.get(extension.replace(/^\./, '')) : BY_MIME_TYPE.get(mimeType ?? '')
}

const TEXT_FORMATS: ReadonlySet<Format> = new Set<Format>([
  'txt',
  'md',
  'html',
  'xml',
  'vtt',
  'captions',
  'json',
  'yaml',
  'csv',
  'properties',
  'eml',
])

/** Whether files of the format are text, in whatever charset. */
export function isTextFormat(format: Format): boolean {
  return TEXT_FORMATS.has(format)
}
