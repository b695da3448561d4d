import { type FileValue, isFile, isTruthy, pythonRepr, type Value } from '@weft/contracts'
import { sharedDocumentReader } from '@weft/documents'
import type { NodeContext, NodeResult, NodeType } from '@weft/engine'
import { type FileService, FileServiceError } from '@weft/ports'
import { z } from 'zod'
import { parseNodeData, selectorSchema } from '../node-data.ts'

export interface DocumentExtractorData {
  variable_selector: string[]
}

/** What reads files as text; `DocumentReader` of `@weft/documents` does. */
export interface DocumentFormats {
  /** The document's text; undefined where the format is not read. Extensions (`.pdf`) count before types, and their case counts. @throws Error whose message is for users */
  extract(bytes: Uint8Array, extension: string | null, mimeType: string | null, signal: AbortSignal): Promise<string | undefined>
}

export interface DocumentExtractorOptions {
  files: Pick<FileService, 'readAll'>
  /** Default: the reader that the process shares. */
  formats?: DocumentFormats
  /** Larger files are refused. Default 50 MiB. */
  maxBytes?: number
}

const DEFAULT_MAX_BYTES = 50 * 1024 * 1024

const schema = z.object({ variable_selector: selectorSchema })

/** A file that cannot be read as text. The message is for users. */
class ExtractionError extends Error {
  readonly code = 'extraction-failed'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ExtractionError'
  }
}

/** Turns a file, or each file of a list, into text. */
export function createDocumentExtractorNode(options: DocumentExtractorOptions): NodeType<DocumentExtractorData> {
  return {
    type: 'document-extractor',
    parse: data => parseNodeData(schema, data),
    async execute(context) {
      const { variable_selector: selector } = context.data
      const value = context.variables.get(selector)
      if (value === undefined) return fail(`File variable not found for selector: ${pythonRepr(selector)}`)
      if (isTruthy(value) && !isFile(value) && !isFileList(value))
        return fail(`Variable ${pythonRepr(selector)} is not an ArrayFileSegment`)
      const record = { inputs: { variable_selector: selector }, processData: { documents: Array.isArray(value) ? value : [value] } }
      try {
        return { status: 'succeeded', outputs: { text: await extractAll(value, options, context) }, ...record }
      } catch (error) {
        if (error instanceof ExtractionError) return { ...fail(error.message), ...record }
        throw error
      }
    },
  }
}

function fail(error: string): NodeResult {
  return { status: 'failed', error, errorType: '' }
}

function isFileList(value: Value): value is FileValue[] {
  return Array.isArray(value) && value.every(isFile)
}

async function extractAll(value: Value, options: DocumentExtractorOptions, context: NodeContext): Promise<Value> {
  if (isFile(value)) return extract(value, options, context)
  if (!isFileList(value)) throw new ExtractionError(`Unsupported variable type: ${value === null ? 'none' : typeof value}`)
  const texts: string[] = []
  for (const file of value) texts.push(await extract(file, options, context))
  return texts
}

async function extract(file: FileValue, options: DocumentExtractorOptions, { run, signal }: NodeContext): Promise<string> {
  const { extension, mime_type: mimeType } = file
  const bytes = await download(file, options, run.tenantId, signal)
  if (!extension && !mimeType) throw new ExtractionError('Unable to determine file type: MIME type or file extension is missing')
  let text: string | undefined
  try {
    text = await (options.formats ?? sharedDocumentReader()).extract(bytes, extension, mimeType, signal)
  } catch (error) {
    signal.throwIfAborted()
    const format = extension?.replace('.', '').toUpperCase() ?? mimeType
    throw new ExtractionError(`Failed to extract text from ${format}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
  if (text !== undefined) return text
  throw new ExtractionError(extension ? `Unsupported Extension Type: ${extension}` : `Unsupported MIME type: ${mimeType}`)
}

async function download(file: FileValue, options: DocumentExtractorOptions, tenantId: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await options.files.readAll(file, options.maxBytes ?? DEFAULT_MAX_BYTES, { tenantId, signal })
  } catch (error) {
    if (error instanceof FileServiceError) throw new ExtractionError(`Error downloading file: ${error.message}`, { cause: error })
    throw error
  }
}
