import type { HttpClient, OutboundResponse } from '@weft/ports'
import { expect, test } from 'vitest'
import { describeRemoteFile } from './remote-file.ts'

function answering(status: number, headers: [string, string][]): HttpClient {
  async function* body() {}
  const response = (url: string): OutboundResponse => ({ status, headers, url, body: body() })
  return {
    request: async ({ url }) => response(url),
    fetch: globalThis.fetch,
    [Symbol.asyncDispose]: async () => {},
  }
}

const describe = (url: string, status = 200, headers: [string, string][] = []) =>
  describeRemoteFile(answering(status, headers), url, () => 'made-up')

test('goes by the path where the answer says nothing', async () => {
  expect(await describe('http://a/b/image.png?x=1')).toEqual({ filename: 'image.png', mimeType: 'image/png', size: -1 })
  expect(await describe('http://a/b/image.png', 405)).toEqual({ filename: 'image.png', mimeType: 'image/png', size: -1 })
})

test('prefers the name that the answer gives', async () => {
  const headers: [string, string][] = [
    ['content-disposition', `attachment; filename="old.txt"; filename*=UTF-8''F%C3%BC%C3%9Fe.pdf`],
    ['content-length', '70'],
  ]
  expect(await describe('http://a/b/image.png', 200, headers)).toEqual({ filename: 'Füße.pdf', mimeType: 'application/pdf', size: 70 })
  expect(await describe('http://a/b', 200, [['content-disposition', 'inline; filename=note.txt']])).toMatchObject({ filename: 'note.txt' })
})

test('takes the type from the answer where the name has none', async () => {
  const headers: [string, string][] = [['content-type', 'text/html; charset=utf-8']]
  expect(await describe('http://a/page', 200, headers)).toEqual({ filename: 'page', mimeType: 'text/html', size: -1 })
  expect(await describe('http://a/', 200, headers)).toEqual({ filename: 'made-up.html', mimeType: 'text/html', size: -1 })
})
