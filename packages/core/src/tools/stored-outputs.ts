import { isFile } from '@weft/contracts'
import { collectBytes, type FileService, type HttpClient, type ToolMessage, type ToolOutput } from '@weft/ports'
import type { ReadyInvocation } from './tool-source.ts'

export interface OutputStorage {
  files: FileService
  http: HttpClient
  /** Bytes of a picture that is fetched. */
  maxImageSize: number
}

const FETCH_TIMEOUTS = { connect: 10_000, read: 30_000 }

/** A tool's outputs with what it made stored as files. */
export async function* storedOutputs(
  outputs: AsyncIterable<ToolOutput>,
  storage: OutputStorage,
  invocation: Pick<ReadyInvocation, 'scope' | 'caller' | 'signal'>,
): AsyncIterable<ToolMessage> {
  const { scope, caller } = invocation
  const store = (bytes: Uint8Array, mimeType: string, filename: string | null) =>
    storage.files.createToolFile({
      tenantId: scope.tenantId,
      userId: caller.userId,
      conversationId: caller.conversationId,
      body: bytes,
      filename,
      mimeType,
      origin: caller.origin,
    })
  for await (const output of outputs) {
    if (output.type === 'blob') yield { type: 'file', file: await store(output.bytes, output.mimeType, output.filename) }
    else if (output.type === 'image') yield await fetchedImage(output.url, storage, invocation.signal, store)
    else if (output.type === 'file' && isFile(output.file) && output.file.transfer_method === 'tool_file' && output.file.type !== 'image') {
      // Graphs written for Dify look for these in the text.
      yield { type: 'link', url: output.file.url ?? '', file: output.file }
    } else yield output
  }
}

async function fetchedImage(
  url: string,
  { http, maxImageSize }: OutputStorage,
  signal: AbortSignal,
  store: (bytes: Uint8Array, mimeType: string, filename: string | null) => ReturnType<FileService['createToolFile']>,
): Promise<ToolMessage> {
  try {
    const response = await http.request({ method: 'GET', url, timeouts: FETCH_TIMEOUTS, signal })
    if (response.status >= 400) throw new Error(`status ${response.status}`)
    const bytes = await collectBytes(response.body, maxImageSize)
    const type = response.headers
      .find(([name]) => name === 'content-type')?.[1]
      .split(';')[0]
      ?.trim()
    return { type: 'file', file: await store(bytes, type || 'image/png', null) }
  } catch (error) {
    signal.throwIfAborted()
    return { type: 'text', text: `Failed to download image: ${url}: ${error instanceof Error ? error.message : String(error)}` }
  }
}
