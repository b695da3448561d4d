import { expect, test } from 'vitest'
import { inspectFile } from './file-kind.ts'

const limits = { image: 10, video: 100, audio: 50, document: 15 }
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const MP4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom\0\0\0\0isommp42')])
const ZIP = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(60)])

const inspect = (extension: string, mimeType: string, bytes: Uint8Array | string) =>
  inspectFile({ extension, mimeType }, typeof bytes === 'string' ? Buffer.from(bytes) : bytes, limits)

test('a file is what its name says where its content says nothing else', async () => {
  expect(await inspect('png', 'image/png', PNG)).toEqual({ extension: 'png', mimeType: 'image/png', maxSize: 10 })
  expect(await inspect('jpg', 'image/jpeg', PNG)).toEqual({ extension: 'jpg', mimeType: 'image/jpeg', maxSize: 10 })
  expect(await inspect('png', 'image/png', Buffer.alloc(4100))).toEqual({ extension: 'png', mimeType: 'image/png', maxSize: 10 })
  expect(await inspect('txt', 'text/plain', 'BM is how this text begins')).toEqual({
    extension: 'txt',
    mimeType: 'text/plain',
    maxSize: 15,
  })
  expect(await inspect('docx', 'application/msword', ZIP)).toMatchObject({ extension: 'docx', mimeType: 'application/msword' })
  expect(await inspect('m4a', 'audio/x-m4a', MP4)).toEqual({ extension: 'm4a', mimeType: 'audio/x-m4a', maxSize: 50 })
  expect(await inspect('svg', 'image/svg+xml', '<svg/>')).toMatchObject({ extension: 'svg', mimeType: 'image/svg+xml' })
})

test('content that is surely something else wins, and the stricter limit holds', async () => {
  expect(await inspect('png', 'image/png', MP4)).toEqual({ extension: 'mp4', mimeType: 'video/mp4', maxSize: 10 })
  expect(await inspect('mp4', 'video/mp4', PNG)).toEqual({ extension: 'png', mimeType: 'image/png', maxSize: 10 })
  expect(await inspect('txt', 'text/plain', PNG)).toEqual({ extension: 'png', mimeType: 'image/png', maxSize: 10 })
  expect(await inspect('png', 'image/png', ZIP)).toMatchObject({ extension: 'zip', mimeType: 'application/zip', maxSize: 10 })
})

test('an extension of no known kind is kept', async () => {
  expect(await inspect('dat', 'application/octet-stream', PNG)).toEqual({ extension: 'dat', mimeType: 'image/png', maxSize: 15 })
  expect(await inspect('', 'application/octet-stream', ZIP)).toEqual({ extension: '', mimeType: 'application/octet-stream', maxSize: 15 })
})

test('any bytes at all are taken', async () => {
  let state = 1
  const random = () => (state = (state * 48271) % 2147483647)
  const starts = [PNG, MP4, ZIP, Buffer.from('ID3'), Buffer.from('RIFF'), Buffer.from('OggS'), Buffer.from([0x1a, 0x45, 0xdf, 0xa3])]
  for (let round = 0; round < 500; round++) {
    const noise = Buffer.from(Array.from({ length: random() % 4000 }, () => random() % 256))
    const start = starts[random() % starts.length] ?? PNG
    await inspect('bin', 'application/octet-stream', Buffer.concat([start.subarray(0, random() % start.length), Buffer.from([0]), noise]))
  }
})
