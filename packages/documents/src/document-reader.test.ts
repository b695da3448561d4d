import { deflateSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { pdfOf, SAMPLES } from '../tests/samples.ts'
import { DocumentReader } from './document-reader.ts'

const reader = new DocumentReader({ maxProcesses: 2 })
afterAll(() => reader[Symbol.asyncDispose]())

const read = (bytes: Uint8Array | AsyncIterable<Uint8Array>, extension: string, options = {}) =>
  reader.extractText(bytes, { extension, ...options })

test('reads many documents at once, and each after a failing one', async () => {
  const jobs = Array.from({ length: 12 }, (_, index) => (index % 3 ? read(SAMPLES.docx, '.docx') : read(SAMPLES.docx, '.pdf')))
  const results = await Promise.allSettled(jobs)
  expect(results.map(result => result.status)).toEqual(jobs.map((_, index) => (index % 3 ? 'fulfilled' : 'rejected')))
})

test('takes streams, and gives bytes of pictures', async () => {
  async function* chunks() {
    for (let at = 0; at < SAMPLES.docx.length; at += 100) yield SAMPLES.docx.subarray(at, at + 100)
  }
  const { format, images } = await read(chunks(), 'docx', { hasImages: true })
  expect(format).toBe('docx')
  expect(images[0]?.bytes.byteLength).toBeGreaterThan(50)
  await expect(read(chunks(), 'docx', { limits: { bytes: 200 } })).rejects.toMatchObject({ code: 'too-large' })
})

test('answers the port of the node', async () => {
  const { signal } = new AbortController()
  expect(await reader.extract(SAMPLES.captions, null, 'text/vtt', signal)).toBe('Ada "Hi"')
  expect(await reader.extract(SAMPLES.txt, '.TXT', 'text/plain', signal)).toBeUndefined()
  expect(await reader.extract(SAMPLES.txt, '.bin', null, signal)).toBeUndefined()
  await expect(reader.extract(SAMPLES.txt, '.pdf', null, signal)).rejects.toMatchObject({ code: 'wrong-type' })
  await expect(reader.extractText(SAMPLES.txt, { extension: '.bin' })).rejects.toMatchObject({ code: 'unsupported' })
})

describe('stops', () => {
  test('a parser that takes too long, and reads on', async () => {
    const start = performance.now()
    await expect(read(slowHtml(), 'html', { limits: { milliseconds: 500 } })).rejects.toMatchObject({ code: 'timeout' })
    expect(performance.now() - start).toBeLessThan(3000)
    expect((await read(SAMPLES.csv, 'csv')).text).toContain('| North | 12 |')
  })

  test('a parser that takes too much memory outside the heap, and reads on', async () => {
    const bomb = deflateSync(deflateSync(Buffer.alloc(600 * 1024 * 1024, 0x20), { level: 1 }), { level: 1 })
    const pdf = pdfOf([bomb], { filter: ' /Filter [/FlateDecode /FlateDecode]' })
    await expect(read(pdf, 'pdf')).rejects.toMatchObject({ code: expect.stringMatching(/^(memory|timeout)$/) })
    expect((await read(SAMPLES.csv, 'csv')).text).toContain('| North | 12 |')
  })

  test('a parser that takes too much of the heap, and reads on', async () => {
    const json = Buffer.from(`[${'[],'.repeat(10_000_000)}[]]`)
    await expect(read(json, 'json')).rejects.toMatchObject({ code: expect.stringMatching(/^(memory|timeout)$/) })
    expect((await read(SAMPLES.csv, 'csv')).text).toContain('| North | 12 |')
  })

  test('at once when its caller loses interest', async () => {
    const controller = new AbortController()
    const job = read(slowHtml(), 'html', { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('left')), 200)
    await expect(job).rejects.toThrow('left')
    await expect(read(SAMPLES.csv, 'csv', { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
  })

  test('everything when it is disposed', async () => {
    const other = new DocumentReader()
    const job = other.extractText(slowHtml(), { extension: 'html' })
    const ended = expect(job).rejects.toMatchObject({ code: 'unavailable' })
    await other[Symbol.asyncDispose]()
    await ended
    await expect(other.extractText(SAMPLES.csv, { extension: 'csv' })).rejects.toMatchObject({ code: 'unavailable' })
  })
})

/** Elements that are opened and never closed take a parser time that grows with their square. */
function slowHtml(): Uint8Array {
  return Buffer.from(`${'<div>'.repeat(300_000)}${'<p></p></li>'.repeat(300_000)}`)
}
