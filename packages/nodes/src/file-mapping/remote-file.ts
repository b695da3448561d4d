import type { HttpClient } from '@weft/ports'
import type { RemoteFile } from './file-source.ts'
import { extensionOfMimeType, mimeTypeOfName } from './file-type.ts'

/**
 * Asks an address for its file's name, type and size by HEAD. An address that refuses is judged by its path alone.
 * `createName` makes up a name, without extension, where none is told.
 * @throws OutboundError
 */
export async function describeRemoteFile(http: HttpClient, url: string, createName: () => string): Promise<RemoteFile> {
  let filename = baseName(url)
  let mimeType = mimeTypeOfName(filename)
  let size = -1
  const response = await http.request({ method: 'HEAD', url })
  // nobody reads the body; ending the loop closes the connection
  for await (const _ of response.body) break
  if (response.status === 200) {
    const header = (name: string) => response.headers.find(([key]) => key === name)?.[1]
    filename = filenameOf(header('content-disposition')) || filename
    mimeType = mimeTypeOfName(filename)
    const length = Number(header('content-length') ?? -1)
    size = Number.isInteger(length) ? length : -1
    mimeType ||= header('content-type')?.split(';')[0]?.trim() ?? ''
  }
  if (filename) return { filename, mimeType, size }
  const named = `${createName()}${extensionOfMimeType(mimeType) ?? '.bin'}`
  return { filename: named, mimeType: mimeType || mimeTypeOfName(named), size }
}

function baseName(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1]?.split('/').at(-1) ?? ''
}

/** The file name that a Content-Disposition header gives; `filename*` wins over `filename`. */
function filenameOf(disposition: string | undefined): string | undefined {
  if (!disposition) return undefined
  const extended = /;\s*filename\*\s*=\s*(?:utf-8|iso-8859-1)'[^']*'([^;\s]+)/i.exec(disposition)?.[1]
  if (extended) return decode(extended)
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition)
  return plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
