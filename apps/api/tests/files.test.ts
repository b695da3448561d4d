import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { FILE_IDENTITY, type FileValue } from '@weft/contracts'
import { apiTokens, apps, conversations, messages, type TenantScope, toolFiles, uploadFiles } from '@weft/core'
import { collectBytes } from '@weft/ports'
import { createTestPlatform, type TestMember, type TestPlatform } from '@weft/testkit/platform'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let weft: TestPlatform
let owner: TestMember
let stranger: TestMember
let app: { id: string; key: string }
let elsewhere: Server

const MEGABYTE = 1024 * 1024
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

beforeAll(async () => {
  elsewhere = createServer((request, response) => {
    if (request.url === '/image.png') response.writeHead(200, { 'content-type': 'image/png' }).end(request.method === 'HEAD' ? '' : PNG)
    else if (request.url === '/endless') Readable.from(endless()).pipe(response)
    else response.writeHead(404).end()
    response.on('error', () => {})
  })
  await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
  weft = await createTestPlatform({
    environment: { UPLOAD_VIDEO_FILE_SIZE_LIMIT: '400', FILES_ACCESS_TIMEOUT: '300', SSRF_ALLOWED_TARGETS: '127.0.0.1' },
  })
  owner = await weft.owner()
  stranger = await weft.stranger()
  app = await makeApp(owner.scope, 'one')
})
afterAll(async () => {
  await weft?.[Symbol.asyncDispose]()
  elsewhere?.close()
  elsewhere?.closeAllConnections()
})

function* endless() {
  while (true) yield Buffer.alloc(256 * 1024)
}

async function makeApp(scope: TenantScope, name: string) {
  const rows = weft.platform.database.tenant(scope)
  const { id } = await rows.insert(apps, { name, mode: 'advanced-chat' })
  const { token } = await rows.insert(apiTokens, { appId: id, type: 'app', token: `app-${id.replaceAll('-', '').slice(8)}` })
  return { id, key: token }
}

interface Part {
  name: string
  filename?: string
  type?: string
  body: string | Uint8Array | Iterable<Uint8Array>
}

const BOUNDARY = 'weft-boundary'

function* encode(parts: Part[]): Generator<Uint8Array> {
  for (const { name, filename, type, body } of parts) {
    const file = filename === undefined ? '' : `; filename="${filename}"`
    yield Buffer.from(
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n${type ? `content-type: ${type}\r\n` : ''}\r\n`,
    )
    if (typeof body === 'string') yield Buffer.from(body)
    else if (body instanceof Uint8Array) yield body
    else yield* body
    yield Buffer.from('\r\n')
  }
  yield Buffer.from(`--${BOUNDARY}--\r\n`)
}

const form = (authorization: string) => ({
  authorization: `Bearer ${authorization}`,
  'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
})

async function post(parts: Part[], url = '/v1/files/upload', token = app.key) {
  const response = await weft.server.inject({ method: 'POST', url, headers: form(token), payload: Readable.from(encode(parts)) })
  return { status: response.statusCode, body: response.json() }
}

const note: Part = { name: 'file', filename: 'note.txt', type: 'text/plain', body: 'Boats leave at seven.' }
const user: Part = { name: 'user', body: 'ada' }

const get = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  weft.server.inject({ method, url: url.replace(/^https?:\/\/[^/]+/, ''), headers })

async function storedKeys(scope: TenantScope = owner.scope) {
  return (await weft.platform.database.tenant(scope).find(uploadFiles)).map(file => file.key)
}

describe('uploading', () => {
  test('stores a file for its end user', async () => {
    const { status, body } = await post([user, note])
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'note.txt',
      size: 21,
      extension: 'txt',
      mime_type: 'text/plain',
      created_by: expect.stringMatching(/^[0-9a-f-]{36}$/),
      created_at: expect.closeTo(Date.now() / 1000, -1),
      preview_url: null,
      source_url: expect.stringMatching(
        new RegExp(`^http://[\\w.:]+/files/${body.id}/file-preview\\?timestamp=\\d+&nonce=[0-9a-f]{32}&sign=[\\w-]+%3D$`),
      ),
    })
    const row = await weft.platform.database.tenant(owner.scope).first(uploadFiles, { where: eq(uploadFiles.id, body.id) })
    expect(row).toMatchObject({
      key: `upload_files/${owner.scope.tenantId}/${body.id}.txt`,
      createdByRole: 'end_user',
      hash: createHash('sha3-256').update('Boats leave at seven.').digest('hex'),
    })
    expect(await weft.platform.endUsers.find(owner.scope, body.created_by)).toMatchObject({ sessionId: 'ada', appId: app.id })
  })

  test('takes the user after the file, and knows the nameless by one name', async () => {
    const [first, second, nameless, again] = await Promise.all([post([note, user]), post([user, note]), post([note]), post([note])])
    expect(first.body.created_by).toBe(second.body.created_by)
    expect(nameless.body.created_by).toBe(again.body.created_by)
    expect(nameless.body.created_by).not.toBe(first.body.created_by)
  })

  test.each<[string, Part[], number, string, string]>([
    ['no file', [user], 400, 'no_file_uploaded', 'Please upload your file.'],
    ['a file in another field', [user, { ...note, name: 'document' }], 400, 'no_file_uploaded', 'Please upload your file.'],
    ['a field called file', [{ name: 'file', body: 'text' }], 400, 'no_file_uploaded', 'Please upload your file.'],
    ['two files', [note, { ...note, name: 'more' }], 400, 'too_many_files', 'Only one file is allowed.'],
    ['two files, the wanted one last', [{ ...note, name: 'more' }, note], 400, 'too_many_files', 'Only one file is allowed.'],
    ['no name', [{ ...note, filename: '' }], 400, 'filename_not_exists_error', 'The specified filename does not exist.'],
    ['a path', [{ ...note, filename: '../../etc/passwd' }], 400, 'invalid_param', 'Filename contains invalid characters'],
    ['a drive', [{ ...note, filename: 'c:note.txt' }], 400, 'invalid_param', 'Filename contains invalid characters'],
    [
      'an image that is too large',
      [{ name: 'file', filename: 'a.png', type: 'image/png', body: Buffer.alloc(11 * MEGABYTE) }, user],
      413,
      'file_too_large',
      'File size exceeded. {message}',
    ],
    [
      'a text that is too large',
      [{ ...note, body: Buffer.alloc(15 * MEGABYTE + 1, 'x') }],
      413,
      'file_too_large',
      'File size exceeded. {message}',
    ],
  ])('refuses %s and stores nothing', async (_, parts, status, code, message) => {
    const before = await storedKeys()
    expect(await post(parts)).toEqual({ status, body: { code, message, status } })
    expect(await storedKeys()).toEqual(before)
  })

  test('refuses what is no form, is cut off, or comes without a key', async () => {
    const json = await weft.call('POST', '/v1/files/upload', { headers: { authorization: `Bearer ${app.key}` }, body: { user: 'ada' } })
    expect(json).toMatchObject({ status: 400, body: { code: 'no_file_uploaded' } })
    const cut = Buffer.concat([...encode([note])]).subarray(0, -40)
    const response = await weft.server.inject({ method: 'POST', url: '/v1/files/upload', headers: form(app.key), payload: cut })
    expect([response.statusCode, response.json().code]).toEqual([400, 'bad_request'])
    const garbage = await weft.server.inject({ method: 'POST', url: '/v1/files/upload', headers: form(app.key), payload: 'nonsense' })
    expect(garbage.statusCode).toBe(400)
    expect((await post([note], '/v1/files/upload', 'app-unknown')).status).toBe(401)
  })

  test('takes an image of exactly the limit', async () => {
    const largest: Part = { name: 'file', filename: 'largest.png', type: 'image/png', body: Buffer.alloc(10 * MEGABYTE) }
    expect(await post([user, largest])).toMatchObject({ status: 201, body: { size: 10_485_760, mime_type: 'image/png' } })
  })

  test('goes by the content where the name lies', async () => {
    const { body } = await post([{ name: 'file', filename: 'movie.mp4', type: 'video/mp4', body: PNG }])
    expect(body).toMatchObject({ name: 'movie.mp4', extension: 'png', mime_type: 'image/png' })
  })

  test('keeps names of other scripts, and cuts long ones', async () => {
    expect((await post([{ ...note, filename: 'Füße 潮汐 🌊.TXT' }])).body).toMatchObject({ name: 'Füße 潮汐 🌊.TXT', extension: 'txt' })
    expect((await post([{ ...note, filename: `${'x'.repeat(250)}.txt` }])).body.name).toBe(`${'x'.repeat(200)}.txt`)
  })

  test('streams: no more than a little of a file is held at any time', async () => {
    const store = weft.platform.objectStore
    const { put } = store
    let [sent, stored, held] = [0, 0, 0]
    function* film() {
      for (let count = 0; count < 800; count++) {
        sent += 256 * 1024
        held = Math.max(held, sent - stored)
        yield Buffer.alloc(256 * 1024, count)
      }
    }
    store.put = (key, body) => {
      async function* counted() {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          yield chunk
          stored += chunk.byteLength
        }
      }
      return put.call(store, key, counted())
    }
    const { status, body } = await post([{ name: 'file', filename: 'film.mp4', type: 'video/mp4', body: film() }])
    store.put = put
    expect([status, body.size]).toEqual([201, 200 * MEGABYTE])
    expect(held).toBeLessThan(8 * MEGABYTE)
    await store.delete(`upload_files/${owner.scope.tenantId}/${body.id}.mp4`)
  })
})

describe('over a connection', () => {
  let base: string
  beforeAll(async () => {
    base = await weft.server.listen({ port: 0, host: '127.0.0.1' })
  })
  const send = (body: Iterable<Uint8Array>, options: RequestInit = {}) =>
    fetch(`${base}/v1/files/upload`, {
      method: 'POST',
      headers: form(app.key),
      body: Readable.toWeb(Readable.from(body)) as ReadableStream,
      duplex: 'half',
      ...options,
    } as RequestInit)
  const part = (body: Iterable<Uint8Array>): Part[] => [{ name: 'file', filename: 'large.png', type: 'image/png', body }]

  test('whoever sends too much is told so', async () => {
    const answer = await send(encode(part(Array.from({ length: 40 }, () => Buffer.alloc(MEGABYTE)))))
    expect([answer.status, await answer.json()]).toEqual([413, expect.objectContaining({ code: 'file_too_large' })])
  })

  test('whoever goes on without end is not listened to', async () => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1')
    const received: Buffer[] = []
    socket.on('data', chunk => received.push(chunk)).on('error', () => {})
    const headers = Object.entries(form(app.key)).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`POST /v1/files/upload HTTP/1.1\r\nhost: weft\r\ncontent-length: 99999999999\r\n${headers.join('')}\r\n`)
    for (const chunk of encode(part(endless()))) {
      if (socket.destroyed) break
      socket.write(chunk)
      while (socket.writableNeedDrain && !socket.destroyed) await setTimeout(1)
    }
    expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('whoever leaves in the middle leaves nothing behind', async () => {
    const before = await storedKeys()
    const abort = new AbortController()
    function* leaving() {
      for (let count = 0; count < 40; count++) {
        if (count === 20) abort.abort()
        yield Buffer.alloc(64 * 1024)
      }
    }
    await expect(send(encode(part(leaving())), { signal: abort.signal })).rejects.toThrow()
    await expect.poll(() => readdir(join(weft.platform.settings.server.dataFolder, 'storage', '~incoming'))).toEqual([])
    expect(await storedKeys()).toEqual(before)
  })

  test('whoever leaves in the middle of a download stops it', async () => {
    const { body } = await post([{ name: 'file', filename: 'film.mp4', type: 'video/mp4', body: [Buffer.alloc(30 * MEGABYTE)] }])
    const abort = new AbortController()
    const answer = await fetch(body.source_url.replace(/^https?:\/\/[^/]+/, base), { signal: abort.signal })
    for await (const _ of answer.body ?? []) break
    abort.abort()
    expect((await get(body.source_url, { range: 'bytes=0-9' })).rawPayload).toEqual(Buffer.alloc(10))
  })
})

describe('the console', () => {
  test('tells the limits and the kinds of documents', async () => {
    expect((await owner.call('GET', '/files/upload')).body).toEqual({
      file_size_limit: 15,
      batch_count_limit: 5,
      image_file_size_limit: 10,
      video_file_size_limit: 400,
      audio_file_size_limit: 50,
      workflow_file_upload_limit: 10,
    })
    const { allowed_extensions } = (await owner.call('GET', '/files/support-type')).body
    expect(allowed_extensions).toEqual(expect.arrayContaining(['txt', 'pdf', 'TXT', 'PROPERTIES']))
  })

  test('uploads for the account, and for knowledge documents alone', async () => {
    const upload = (parts: Part[]) => post(parts, '/console/api/files/upload', owner.token)
    const source: Part = { name: 'source', body: 'datasets' }
    expect(await upload([note, source])).toMatchObject({ status: 201, body: { created_by: owner.account.id } })
    const picture: Part = { name: 'file', filename: 'dot.png', type: 'image/png', body: PNG }
    expect(await upload([picture])).toMatchObject({ status: 201 })
    const before = await storedKeys()
    expect(await upload([picture, source])).toMatchObject({ status: 415, body: { code: 'unsupported_file_type' } })
    expect(await upload([{ ...picture, filename: 'dot.txt' }, source])).toMatchObject({ status: 415 })
    expect(await storedKeys()).toEqual(before)
  })

  test('shows how a document begins, to its own workspace', async () => {
    const { body } = await post([{ ...note, filename: 'long.md', body: '🌊'.repeat(4000) }])
    expect((await owner.call('GET', `/files/${body.id}/preview`)).body).toEqual({ content: '🌊'.repeat(3000) })
    expect(await stranger.call('GET', `/files/${body.id}/preview`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    const picture = await post([{ name: 'file', filename: 'dot.png', type: 'image/png', body: PNG }])
    expect(await owner.call('GET', `/files/${picture.body.id}/preview`)).toMatchObject({ status: 415 })
  })
})

describe('signed links', () => {
  test('give the file, and browsers no script', async () => {
    const { body } = await post([note])
    const answer = await get(body.source_url)
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toBe('Boats leave at seven.')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '21',
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=300',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
    })
    expect(answer.headers['content-disposition']).toBeUndefined()
  })

  test.each([
    ['page.html', 'text/html', true],
    ['page.xhtml', 'application/xhtml+xml', true],
    ['code.js', 'text/javascript', true],
    ['blob.bin', 'application/octet-stream', true],
    ['odd.txt', 'text/plain;x=\ty', false],
    ['drawing.svg', 'image/svg+xml', false],
    ['paper.pdf', 'application/pdf', false],
  ])('%s as an attachment: %s %s', async (filename, type, isAttachment) => {
    const { body } = await post([{ name: 'file', filename, type, body: '<script>alert(1)</script>' }])
    const { headers } = await get(body.source_url)
    expect(headers['content-disposition']?.toString().startsWith('attachment') ?? false).toBe(isAttachment)
    if (type !== 'application/pdf') expect(headers['content-security-policy']).toContain('sandbox')
  })

  test('give an attachment under its name', async () => {
    const { body } = await post([{ ...note, filename: "Füße (1)'s.txt" }])
    expect((await get(`${body.source_url}&as_attachment=true`)).headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''F%C3%BC%C3%9Fe%20%281%29%27s.txt",
    })
    expect((await get(`${body.source_url}&as_attachment=false`)).headers['content-disposition']).toBeUndefined()
  })

  test('give parts of the file', async () => {
    const { body } = await post([note])
    const range = async (value: string, headers = {}) => {
      const answer = await get(body.source_url, { range: value, ...headers })
      return [answer.statusCode, answer.headers['content-range'], answer.headers['content-length'], answer.body]
    }
    expect(await range('bytes=0-4')).toEqual([206, 'bytes 0-4/21', '5', 'Boats'])
    expect(await range('bytes=15-')).toEqual([206, 'bytes 15-20/21', '6', 'seven.'])
    expect(await range('bytes=-6')).toEqual([206, 'bytes 15-20/21', '6', 'seven.'])
    expect(await range('bytes=21-')).toEqual([416, 'bytes */21', '0', ''])
    expect(await range('bytes=0-4,6-7')).toEqual([200, undefined, '21', 'Boats leave at seven.'])
    const { etag } = (await get(body.source_url)).headers
    expect((await range('bytes=0-4', { 'if-range': etag }))[0]).toBe(206)
    expect((await range('bytes=0-4', { 'if-range': '"older"' }))[0]).toBe(200)
    expect((await get(body.source_url, { 'if-none-match': String(etag) })).statusCode).toBe(304)
    const head = await get(body.source_url, {}, 'HEAD')
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '21', ''])
  })

  test('open nothing when they are incomplete, changed or for another file', async () => {
    const { body } = await post([note])
    const other = await post([note])
    const [path = '', query = ''] = body.source_url.replace(/^https?:\/\/[^/]+/, '').split('?')
    const refused = { code: 'not_found', message: 'File not found or signature is invalid', status: 404 }
    expect((await get(path)).json()).toEqual({
      errors: { timestamp: 'Missing required parameter in the query string' },
      message: 'Input payload validation failed',
    })
    const empty = await get(`${path}?timestamp=&nonce=&sign=`)
    expect([empty.statusCode, empty.json()]).toEqual([400, { content: 'Invalid request.' }])
    for (const changed of [query.replace(/nonce=./, 'nonce=x'), query.replace(/timestamp=\d/, 'timestamp=9'), query.replace('%3D', '')])
      expect((await get(`${path}?${changed}`)).json()).toEqual(refused)
    expect((await get(`/files/${other.body.id}/file-preview?${query}`)).json()).toEqual(refused)
    expect((await get(`/files/00000000-0000-4000-8000-000000000000/file-preview?${query}`)).json()).toEqual(refused)
    expect((await get(`/files/nonsense/file-preview?${query}`)).statusCode).toBe(404)
    const image = await get(`/files/${body.id}/image-preview`)
    expect([image.statusCode, image.json()]).toEqual([400, { content: 'Invalid request.' }])
    expect((await get(`/files/${body.id}/image-preview?${query}`)).json()).toEqual(refused)
  })

  test('open nothing once the bytes are gone', async () => {
    const { body } = await post([note])
    await weft.platform.objectStore.delete(`upload_files/${owner.scope.tenantId}/${body.id}.txt`)
    expect((await get(body.source_url)).statusCode).toBe(404)
  })

  test('of older days open images alone', async () => {
    const { links } = weft.platform.files
    const imageLink = (id: string) => links.sign({ kind: 'image', id, tenantId: owner.scope.tenantId }, '')
    const picture = await post([{ name: 'file', filename: 'dot.png', type: 'image/png', body: PNG }])
    expect((await get(imageLink(picture.body.id))).rawPayload).toEqual(PNG)
    const { body } = await post([note])
    expect((await get(imageLink(body.id))).json()).toMatchObject({ code: 'unsupported_file_type', status: 415 })
  })
})

/** An upload as a run gets it. */
async function named(id: string, { origin = '', tenantId = owner.scope.tenantId } = {}): Promise<FileValue | undefined> {
  const stored = await weft.platform.files.sourceAt(origin).uploadFile(tenantId, id)
  return (
    stored && {
      ...LOCAL_FILE,
      tenant_id: tenantId,
      related_id: id,
      filename: stored.filename,
      remote_url: stored.sourceUrl,
      url: stored.url,
    }
  )
}

const LOCAL_FILE: FileValue = {
  dify_model_identity: FILE_IDENTITY,
  id: null,
  tenant_id: '',
  type: 'document',
  transfer_method: 'local_file',
  remote_url: null,
  related_id: null,
  filename: null,
  extension: '.txt',
  mime_type: 'text/plain',
  size: 21,
  url: null,
}

describe('in runs', () => {
  const access = () => ({ tenantId: owner.scope.tenantId })
  const read = async (file: FileValue, tenantId = owner.scope.tenantId) =>
    Buffer.from(await weft.platform.files.service.readAll(file, MEGABYTE, { tenantId })).toString()

  test('a request names an upload, and its bytes are read', async () => {
    const { body } = await post([note])
    expect(await weft.platform.files.sourceAt('http://weft').uploadFile(owner.scope.tenantId, body.id)).toEqual({
      id: body.id,
      filename: 'note.txt',
      extension: '.txt',
      mimeType: 'text/plain',
      size: 21,
      sourceUrl: body.source_url,
      url: expect.stringContaining(`http://weft/files/${body.id}/file-preview?`),
    })
    const file = (await named(body.id)) ?? LOCAL_FILE
    expect(await read(file)).toBe('Boats leave at seven.')
    await expect(weft.platform.files.service.readAll(file, 20, access())).rejects.toMatchObject({ code: 'too-large' })
  })

  test("another tenant's file is not there, whatever a value says", async () => {
    const { body } = await post([note])
    const theirs = { tenantId: stranger.scope.tenantId }
    expect(await named(body.id, theirs)).toBeUndefined()
    const file = (await named(body.id)) ?? LOCAL_FILE
    await expect(read({ ...file, tenant_id: owner.scope.tenantId }, theirs.tenantId)).rejects.toMatchObject({ code: 'not-found' })
    await expect(read({ ...file, related_id: '../x' })).rejects.toMatchObject({ code: 'not-found' })
    const stolen = weft.platform.files.resign(file, '', theirs.tenantId)
    expect((await get(String(stolen.url))).statusCode).toBe(404)
    const own = weft.platform.files.resign(file, '', owner.scope.tenantId)
    expect((await get(String(own.url))).body).toBe('Boats leave at seven.')
  })

  test('a node makes a file', async () => {
    const make = (filename: string | null, mimeType: string) =>
      weft.platform.files.serviceAt('http://weft').createToolFile({
        ...access(),
        userId: 'ada',
        conversationId: null,
        body: Readable.from([PNG.subarray(0, 10), PNG.subarray(10)]),
        filename,
        mimeType,
      })
    const file = await make(null, 'image/png')
    expect(file).toEqual({
      dify_model_identity: FILE_IDENTITY,
      id: null,
      tenant_id: owner.scope.tenantId,
      type: 'image',
      transfer_method: 'tool_file',
      remote_url: null,
      related_id: expect.any(String),
      filename: expect.stringMatching(/^[0-9a-f]{32}\.png$/),
      extension: '.png',
      mime_type: 'image/png',
      size: PNG.byteLength,
      url: expect.stringContaining(`http://weft/files/tools/${file.related_id}.png?timestamp=`),
    })
    expect(await make('report', 'application/octet-stream')).toMatchObject({ filename: 'report.bin', type: 'custom' })
    expect(await make('../a:b.pdf', 'application/pdf')).toMatchObject({ filename: 'a_b.pdf', type: 'document' })
    expect(await collectBytes(weft.platform.files.service.read(file, access()), MEGABYTE)).toEqual(new Uint8Array(PNG))

    const answer = await get(String(file.url))
    expect(answer.rawPayload).toEqual(PNG)
    expect((await get(String(file.url).replace('sign=', 'sign=x'))).json()).toEqual({
      code: 'forbidden',
      message: 'Invalid request.',
      status: 403,
    })
    expect((await get(`/files/tools/${file.related_id}.png`)).statusCode).toBe(400)
    expect((await get(String(weft.platform.files.resign(file, '', stranger.scope.tenantId).url))).statusCode).toBe(404)
    const again = (tenantId: string) => weft.platform.files.source.toolFile(tenantId, file.related_id ?? '')
    expect(await again(owner.scope.tenantId)).toMatchObject({ mimeType: 'image/png', extension: '.png', filename: file.filename })
    expect(await again(stranger.scope.tenantId)).toBeUndefined()
  })

  test('a remote file is read through the gate, within limits', async () => {
    const base = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
    expect(await weft.platform.files.source.remote(`${base}/image.png`)).toMatchObject({ filename: 'image.png', mimeType: 'image/png' })
    const file: FileValue = { ...LOCAL_FILE, transfer_method: 'remote_url', remote_url: `${base}/image.png` }
    expect(weft.platform.files.resign({ ...file, url: null }, 'http://weft', 'x').url).toBe(`${base}/image.png`)
    expect(await weft.platform.files.service.readAll(file, MEGABYTE, access())).toEqual(new Uint8Array(PNG))
    const at = (path: string): FileValue => ({ ...file, remote_url: path.startsWith('/') ? base + path : path })
    await expect(read(at('/missing'))).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('404') })
    await expect(read(at('/endless'))).rejects.toMatchObject({ code: 'too-large' })
    await expect(read(at('http://169.254.169.254/latest'))).rejects.toMatchObject({ code: 'unreachable' })
    await expect(weft.platform.files.source.remote('http://10.0.0.1/a.png')).rejects.toMatchObject({ code: 'invalid-file' })
  })
})

describe('files of messages', () => {
  async function send(scope: TenantScope, appId: string, file: FileValue) {
    const rows = weft.platform.database.tenant(scope)
    const from = { invokeFrom: 'service-api', fromSource: 'api' } as const
    const conversation = await rows.insert(conversations, { appId, mode: 'advanced-chat', name: 'x', inputs: {}, ...from })
    await rows.insert(messages, {
      appId,
      conversationId: conversation.id,
      inputs: {},
      query: 'x',
      files: [{ ...file, belongs_to: 'user' }],
      ...from,
    })
  }

  test('are given to the app they were sent to', async () => {
    const { body } = await post([note])
    const preview = (key: string, query = '') => get(`/v1/files/${body.id}/preview${query}`, { authorization: `Bearer ${key}` })
    expect((await preview(app.key)).json()).toMatchObject({ code: 'file_not_found', status: 404 })

    await send(owner.scope, app.id, (await named(body.id)) ?? LOCAL_FILE)
    const answer = await preview(app.key, '?as_attachment=true&user=ada')
    expect(answer.body).toBe('Boats leave at seven.')
    expect(answer.headers).toMatchObject({
      'cache-control': 'public, max-age=3600',
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''note.txt",
    })
    expect((await get(`/v1/files/${body.id}/preview`, { authorization: `Bearer ${app.key}`, range: 'bytes=0-4' })).body).toBe('Boats')

    const other = await makeApp(owner.scope, 'two')
    expect((await preview(other.key)).json()).toMatchObject({ code: 'file_access_denied', status: 403 })
    const foreign = await makeApp(stranger.scope, 'theirs')
    expect((await preview(foreign.key)).json()).toMatchObject({ code: 'file_not_found', status: 404 })
    expect((await get(`/v1/files/${body.id}/preview`)).statusCode).toBe(401)
    expect((await get('/v1/files/nonsense/preview', { authorization: `Bearer ${app.key}` })).statusCode).toBe(404)
  })

  test("another tenant's message that names a file does not give it away", async () => {
    const { body } = await post([note])
    const file = (await named(body.id)) ?? LOCAL_FILE
    const thief = await makeApp(stranger.scope, 'thief')
    await send(stranger.scope, thief.id, file)
    const answer = await get(`/v1/files/${body.id}/preview`, { authorization: `Bearer ${thief.key}` })
    expect(answer.json()).toMatchObject({ code: 'file_not_found', status: 404 })
  })
})

describe('the clean-up', () => {
  const longAgo = new Date(Date.now() - 10 * 86_400_000)
  const olderThan = () => new Date(Date.now() - 2 * 86_400_000)
  const rows = () => weft.platform.database.tenant(owner.scope)
  const exists = async (id: string) => Boolean(await rows().first(uploadFiles, { where: eq(uploadFiles.id, id) }))

  async function old(): Promise<string> {
    const { body } = await post([note])
    await rows().update(uploadFiles, { set: { createdAt: longAgo, usedAt: null }, where: eq(uploadFiles.id, body.id) })
    return body.id
  }

  test('deletes old files that nothing mentions, with their bytes', async () => {
    const [forgotten, young] = [await old(), (await post([note])).body.id as string]
    const { related_id: made } = await weft.platform.files.service.createToolFile({
      tenantId: owner.scope.tenantId,
      userId: 'ada',
      conversationId: null,
      body: PNG,
      filename: null,
      mimeType: 'image/png',
    })
    await rows().update(toolFiles, { set: { createdAt: longAgo }, where: eq(toolFiles.id, made ?? '') })
    expect((await weft.platform.files.deleteUnreferenced(olderThan())).deleted).toBe(2)
    expect([await exists(forgotten), await exists(young)]).toEqual([false, true])
    expect(await weft.platform.objectStore.size(`upload_files/${owner.scope.tenantId}/${forgotten}.txt`)).toBeUndefined()
    expect(await weft.platform.objectStore.size(`tools/${owner.scope.tenantId}/${made?.replaceAll('-', '')}.png`)).toBeUndefined()
  })

  test('keeps what any column of any table mentions, and what was used of late', async () => {
    const { database } = weft.platform
    const [icon, inText, inJson, inList, used] = [await old(), await old(), await old(), await old(), await old()]
    await database.query({ text: 'create table later_feature (a uuid, b text, c jsonb, d uuid[])' })
    await database.query({
      text: 'insert into later_feature values ($1, $2, $3, $4)',
      values: [icon, `![](/files/${inText?.toUpperCase()}/file-preview?x)`, { deep: [{ id: inJson }] }, [inList]],
    })
    await weft.platform.files.source.uploadFile(owner.scope.tenantId, used ?? '')
    const first = await weft.platform.files.deleteUnreferenced(olderThan())
    expect(first).toEqual({ deleted: 0, kept: 4 })
    for (const id of [icon, inText, inJson, inList, used]) expect(await exists(id ?? '')).toBe(true)
    // What was found to be in use is not searched for again at once.
    expect(await weft.platform.files.deleteUnreferenced(olderThan())).toEqual({ deleted: 0, kept: 0 })

    await database.query({ text: 'drop table later_feature' })
    await rows().update(uploadFiles, { set: { referencedAt: longAgo }, where: eq(uploadFiles.id, icon ?? '') })
    expect(await weft.platform.files.deleteUnreferenced(olderThan())).toEqual({ deleted: 1, kept: 0 })
    expect(await exists(icon ?? '')).toBe(false)
  })

  test('keeps the row of a file whose bytes cannot be deleted', async () => {
    const id = await old()
    const store = weft.platform.objectStore
    const { delete: remove } = store
    store.delete = () => Promise.reject(new Error('the store is away'))
    try {
      await expect(weft.platform.files.deleteUnreferenced(olderThan())).rejects.toThrow('the store is away')
    } finally {
      store.delete = remove
    }
    expect(await exists(id)).toBe(true)
    expect((await weft.platform.files.deleteUnreferenced(olderThan())).deleted).toBe(1)
  })

  test('leaves files alone for a day at least', async () => {
    await expect(weft.platform.files.deleteUnreferenced(new Date())).rejects.toThrow(RangeError)
  })
})
