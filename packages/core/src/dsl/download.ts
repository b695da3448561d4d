import type { HttpClient } from '@weft/ports'
import { LONGEST_DOCUMENT } from './read-yaml.ts'

const TIMEOUT = 10_000

/** A file's text from an address that a person gave. Pages of GitHub give the file they show. @throws Error with a text for the person */
export async function downloadDsl(client: HttpClient, address: string): Promise<string> {
  const response = await client
    .request({ method: 'GET', url: rawAddress(address.trim()), timeouts: { connect: TIMEOUT, read: TIMEOUT } })
    .catch((cause: Error) => {
      throw new Error(`Error fetching YAML from URL: ${cause.message}`, { cause })
    })
  if (response.status >= 400) throw new Error(`Error fetching YAML from URL: the server answered ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > LONGEST_DOCUMENT) throw new Error('File size exceeds the limit of 10MB')
    chunks.push(chunk)
  }
  if (!size) throw new Error('Empty content from url')
  return Buffer.concat(chunks).toString()
}

function rawAddress(address: string): string {
  if (!/^https:\/\/github\.com\/[^?#]*\.ya?ml(?:[?#]|$)/.test(address)) return address
  return address.replace('https://github.com', 'https://raw.githubusercontent.com').replace('/blob/', '/')
}
