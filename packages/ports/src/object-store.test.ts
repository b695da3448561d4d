import { describe, expect, it } from 'vitest'
import { inParts } from './object-store.ts'

async function partsOf(body: Uint8Array | AsyncIterable<Uint8Array>, partBytes: number): Promise<string[]> {
  const parts: string[] = []
  for await (const part of inParts(body, partBytes)) parts.push(Buffer.from(part).toString())
  return parts
}

async function* chunks(...texts: string[]) {
  for (const text of texts) yield new TextEncoder().encode(text)
}

describe('inParts', () => {
  it('cuts bytes into whole parts and a short last one', async () => {
    expect(await partsOf(new TextEncoder().encode('abcdefgh'), 3)).toEqual(['abc', 'def', 'gh'])
  })

  it('ends with an empty part where nothing is left over', async () => {
    expect(await partsOf(new TextEncoder().encode('abcdef'), 3)).toEqual(['abc', 'def', ''])
    expect(await partsOf(new Uint8Array(), 3)).toEqual([''])
    expect(await partsOf(chunks(), 3)).toEqual([''])
  })

  it('gathers small chunks and cuts large ones', async () => {
    expect(await partsOf(chunks('a', '', 'b', 'cdefgh', 'ij'), 3)).toEqual(['abc', 'def', 'ghi', 'j'])
    expect(await partsOf(chunks('abcdefghijk'), 3)).toEqual(['abc', 'def', 'ghi', 'jk'])
  })

  it('fails as its source fails', async () => {
    async function* broken() {
      yield new Uint8Array(2)
      throw new Error('the source broke')
    }
    await expect(partsOf(broken(), 3)).rejects.toThrow('the source broke')
  })
})
