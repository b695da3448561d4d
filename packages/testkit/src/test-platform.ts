import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiServer } from '@weft/api'
import type { Account, TenantScope } from '@weft/core'
import { createPlatform, loadSettings, type Platform, type PlatformOverrides } from '@weft/platform'
import { createTestDatabase } from './test-database.ts'

export { createTestDatabase } from './test-database.ts'

export interface TestAnswer {
  status: number
  headers: Record<string, unknown>
  /** Parsed where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect in it
  body: any
  text: string
}

/** Somebody with a workspace of their own. */
export interface TestMember {
  account: Account
  scope: TenantScope
  token: string
  /** Calls the console API as them: `call('GET', '/account/profile')`. */
  call(method: string, path: string, body?: unknown): Promise<TestAnswer>
}

/** A whole platform on a database, a data folder and a server of its own. */
export interface TestPlatform extends AsyncDisposable {
  platform: Platform
  server: Awaited<ReturnType<typeof createApiServer>>
  /** Any request, in process. A body that is not a text is sent as JSON. */
  call(method: string, url: string, options?: { headers?: Record<string, string>; body?: unknown }): Promise<TestAnswer>
  /** The first account, set up on the first call. */
  owner(): Promise<TestMember>
  /** Another account with another workspace: another tenant. */
  stranger(): Promise<TestMember>
}

const PASSWORD = 'passw0rd1'

export async function createTestPlatform(
  options: { environment?: Record<string, string>; overrides?: PlatformOverrides } = {},
): Promise<TestPlatform> {
  await using resources = new AsyncDisposableStack()
  const folder = resources.adopt(await mkdtemp(join(tmpdir(), 'weft-test-')), path => rm(path, { recursive: true, force: true }))
  const database = resources.use(await createTestDatabase())
  const settings = loadSettings({ WEFT_DATA_DIR: folder, LOG_LEVEL: 'ERROR', SECRET_KEY: 'a key for tests', ...options.environment })
  const platform = resources.use(await createPlatform(settings, { database, ...options.overrides }))
  const server = resources.adopt(await createApiServer(platform), opened => opened.close())

  const call: TestPlatform['call'] = async (method, url, { headers, body } = {}) => {
    const isJson = body !== undefined && typeof body !== 'string'
    const response = await server.inject({
      method: method as 'GET',
      url,
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body === undefined ? {} : { payload: isJson ? JSON.stringify(body) : (body as string) }),
    })
    const isAnswerJson = response.body !== '' && String(response.headers['content-type']).startsWith('application/json')
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: isAnswerJson ? JSON.parse(response.body) : undefined,
    }
  }
  const memberOf = async (email: string): Promise<TestMember> => {
    const { accessToken: token } = await platform.identity.sessions.logIn({ email, password: PASSWORD, ip: '127.0.0.1' })
    const { account, scope } = await platform.identity.sessions.authenticate(token)
    return {
      account,
      scope,
      token,
      call: (method, path, body) => call(method, `/console/api${path}`, { headers: { authorization: `Bearer ${token}` }, body }),
    }
  }
  let owner: Promise<TestMember> | undefined
  const setUp = async () => {
    await platform.identity.installation.setUp({ email: 'ada@example.com', name: 'Ada', password: PASSWORD, ip: '127.0.0.1' })
    return memberOf('ada@example.com')
  }
  const ownerOnce = () => {
    owner ??= setUp()
    return owner
  }
  let strangers = 0
  const owned = resources.move()
  return {
    platform,
    server,
    call,
    owner: ownerOnce,
    async stranger() {
      await ownerOnce()
      const email = `eve${strangers++}@example.com`
      const account = await platform.identity.accounts.create({ email, name: 'Eve', password: PASSWORD })
      await platform.identity.workspaces.create(account, 'Elsewhere')
      return memberOf(email)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
