import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createFileLinks, type FileLinks, type LinkSignature } from './file-links.ts'

const ID = '019a0000-0000-7000-8000-000000000001'
const [OURS, THEIRS] = ['019a0000-0000-7000-8000-00000000000a', '019a0000-0000-7000-8000-00000000000b']

let now = 1_760_000_000_500
const create = (options: { baseUrl?: string; secretKey?: string } = {}) =>
  createFileLinks({ secretKey: 'key', accessSeconds: 300, baseUrl: '', clock: { now: () => now }, ...options })
const links = create()

function open(link: string): { path: string; signature: LinkSignature } {
  const url = new URL(link, 'http://relative')
  const { timestamp = '', nonce = '', sign = '' } = Object.fromEntries(url.searchParams)
  return { path: url.pathname, signature: { timestamp, nonce, sign } }
}

const upload = (tenantId = OURS, by: FileLinks = links) => by.sign({ kind: 'upload', id: ID, tenantId }, 'http://here:3000')

test('a link has the form that Dify gives it', () => {
  const { path, signature } = open(upload())
  expect(upload()).toMatch(/^http:\/\/here:3000\/files\/[^/]+\/file-preview\?timestamp=1760000000&nonce=[0-9a-f]{32}&sign=[\w-]+%3D$/)
  expect(path).toBe(`/files/${ID}/file-preview`)
  const message = `file-preview|${ID}|${signature.timestamp}|${signature.nonce}`
  const expected = createHmac('sha256', 'key').update(message).digest('base64').replaceAll('+', '-').replaceAll('/', '_')
  expect(signature.sign).toBe(expected)
})

test('a tool file is linked with its extension, if that is one', () => {
  const path = (extension: string) => open(links.sign({ kind: 'tool', id: ID, tenantId: OURS, extension }, '')).path
  expect(path('.png')).toBe(`/files/tools/${ID}.png`)
  expect(path('./../../console')).toBe(`/files/tools/${ID}.bin`)
})

test("the operator's address comes before the request's; without either the link is relative", () => {
  expect(upload(OURS, create({ baseUrl: 'https://files.example/' }))).toMatch(/^https:\/\/files\.example\/files\//)
  expect(links.sign({ kind: 'upload', id: ID, tenantId: OURS }, '')).toMatch(/^\/files\//)
})

test('a link opens its file alone, for its purpose alone, until it is too old', () => {
  const { signature } = open(upload())
  expect(links.isValid(ID, signature)).toBe(true)
  expect(links.isValid(OURS, signature)).toBe(false)
  expect(links.isValid(ID, signature, 'image-preview')).toBe(false)
  expect(links.isValid(ID, { ...signature, timestamp: '1790000000' })).toBe(false)
  expect(links.isValid(ID, { ...signature, nonce: '0'.repeat(32) })).toBe(false)
  expect(links.isValid(ID, { ...signature, sign: signature.sign.slice(0, -1) })).toBe(false)
  expect(links.isValid(ID, { ...signature, sign: '' })).toBe(false)
  expect(create({ secretKey: 'other' }).isValid(ID, signature)).toBe(false)
  now += 300_000
  expect(links.isValid(ID, signature)).toBe(true)
  now += 1000
  expect(links.isValid(ID, signature)).toBe(false)
})

test('a link tells for which tenant it was made', () => {
  const { signature } = open(upload(THEIRS))
  expect(links.isFor(THEIRS, ID, signature)).toBe(true)
  expect(links.isFor(OURS, ID, signature)).toBe(false)
})
