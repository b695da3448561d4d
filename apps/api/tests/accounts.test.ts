import { createTestPlatform, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ADA = { email: 'ada@example.com', name: 'Ada', password: 'passw0rd1' }

let weft: TestPlatform
const post = (path: string, body: unknown, headers?: Record<string, string>) =>
  weft.call('POST', `/console/api${path}`, headers ? { body, headers } : { body })
const get = (path: string, token?: string) =>
  weft.call('GET', `/console/api${path}`, token ? { headers: { authorization: `Bearer ${token}` } } : {})

beforeAll(async () => {
  weft = await createTestPlatform()
})
afterAll(() => weft?.[Symbol.asyncDispose]())

describe('the first run', () => {
  test('answers that Weft is not set up until it is', async () => {
    expect((await get('/setup')).body).toEqual({ step: 'not_started' })
    expect(await get('/account/profile')).toMatchObject({ status: 401, body: { code: 'not_setup', status: 401 } })
    expect(await post('/login', ADA)).toMatchObject({ status: 401, body: { code: 'not_setup' } })
  })

  test('refuses what is no account, by the first field that is wrong', async () => {
    const { email: _, ...noEmail } = ADA
    expect(await post('/setup', noEmail)).toMatchObject({
      status: 400,
      body: { errors: { email: 'Missing required parameter in the JSON body' }, message: 'Input payload validation failed' },
    })
    expect((await post('/setup', { ...ADA, email: 'ada' })).body.errors).toEqual({ email: 'ada is not a valid email.' })
    expect(await post('/setup', { ...ADA, password: 'short' })).toMatchObject({ status: 400, body: { code: 'invalid_param' } })
    expect((await get('/setup')).body).toEqual({ step: 'not_started' })
  })

  test('of many set-ups at once, one wins', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => post('/setup', ADA)))
    expect(answers.map(answer => answer.status).toSorted()).toEqual([201, 403, 403, 403])
    expect((await get('/setup')).body).toEqual({ step: 'finished', setup_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/) })
    expect(await post('/setup', ADA)).toMatchObject({ status: 403, body: { code: 'already_setup' } })
  })
})

describe('being logged in', () => {
  const logIn = async () =>
    (await post('/login', { email: ADA.email, password: ADA.password })).body.data as { access_token: string; refresh_token: string }

  test('gives a token that opens the profile and the workspace', async () => {
    const { access_token } = await logIn()
    expect((await get('/account/profile', access_token)).body).toMatchObject({
      name: 'Ada',
      email: ADA.email,
      interface_language: 'en-US',
      is_password_set: true,
    })
    expect((await get('/workspaces/current', access_token)).body).toMatchObject({ name: "Ada's Workspace", role: 'owner', plan: 'basic' })
    expect((await get('/workspaces', access_token)).body.workspaces).toMatchObject([{ current: true, plan: 'sandbox' }])
    expect((await get(`/account/profile?_token=${access_token}`)).status).toBe(200)
  })

  test('tells what is wrong with a token', async () => {
    const { access_token } = await logIn()
    const [head, content] = access_token.split('.')
    expect(await get('/account/profile')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="api"' },
      body: { code: 'unauthorized' },
    })
    expect((await get('/account/profile', 'nonsense')).body.message).toBe('Invalid token.')
    expect((await get('/account/profile', `${head}.${content}.AAAA`)).body.message).toBe('Invalid token signature.')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${content}.`
    expect((await get('/account/profile', unsigned)).status).toBe(401)
  })

  test('a refresh token works once', async () => {
    const { refresh_token } = await logIn()
    const renewed = await post('/refresh-token', { refresh_token })
    expect(renewed).toMatchObject({ status: 200, body: { result: 'success', data: { access_token: expect.any(String) } } })
    expect(renewed.body.data.refresh_token).toMatch(/^[0-9a-f]{128}$/)
    expect(await post('/refresh-token', { refresh_token })).toMatchObject({ status: 401, body: { result: 'fail' } })
  })

  test('logging out ends the newest session', async () => {
    const { access_token, refresh_token } = await logIn()
    expect((await get('/logout', access_token)).body).toEqual({ result: 'success' })
    expect((await post('/refresh-token', { refresh_token })).status).toBe(401)
    expect((await get('/logout')).status).toBe(401)
  })

  test('wrong passwords lock the login after the sixth', async () => {
    const wrong = { email: 'nobody@example.com', password: 'guess1234' }
    for (let count = 0; count < 6; count++)
      expect(await post('/login', wrong)).toMatchObject({ status: 401, body: { code: 'authentication_failed' } })
    expect(await post('/login', wrong)).toMatchObject({ status: 429, body: { code: 'email_code_login_limit' } })
    expect((await logIn()).access_token).toBeTruthy()
  })

  test('changes what the caller asks to change', async () => {
    const { access_token } = await logIn()
    const change = (path: string, body: unknown) => post(`/account/${path}`, body, { authorization: `Bearer ${access_token}` })
    expect((await change('name', { name: 'Countess' })).body.name).toBe('Countess')
    expect(await change('name', { name: 'A' })).toMatchObject({ status: 400, body: { code: 'invalid_param' } })
    expect((await change('timezone', { timezone: 'Europe/Berlin' })).body.timezone).toBe('Europe/Berlin')
    expect((await change('timezone', { timezone: 'Mars/Olympus' })).body.errors).toEqual({
      timezone: 'Mars/Olympus is not a valid timezone.',
    })
    expect((await change('interface-theme', { interface_theme: 'pink' })).body.errors).toEqual({
      interface_theme: "The value 'pink' is not a valid choice for 'interface_theme'.",
    })
    expect(await change('password', { password: 'wrong', new_password: 'b3tterpass', repeat_new_password: 'b3tterpass' })).toMatchObject({
      status: 400,
      body: { code: 'current_password_incorrect' },
    })
  })
})

describe('an init password', () => {
  test('must be given in the same browser before the set-up', async () => {
    await using guarded = await createTestPlatform({ environment: { INIT_PASSWORD: 'sesame' } })
    const call = (method: string, path: string, body?: unknown, cookie?: string) =>
      guarded.call(method, `/console/api${path}`, { body, headers: cookie ? { cookie } : {} })
    expect((await call('GET', '/init')).body).toEqual({ status: 'not_started' })
    expect(await call('POST', '/setup', ADA)).toMatchObject({ status: 401, body: { code: 'not_init_validated' } })
    expect(await call('POST', '/init', { password: 'guess' })).toMatchObject({ status: 401, body: { code: 'init_validate_failed' } })
    const opened = await call('POST', '/init', { password: 'sesame' })
    expect(opened.status).toBe(201)
    const cookie = String(opened.headers['set-cookie']).split(';', 1)[0]
    expect((await call('GET', '/init', undefined, cookie)).body).toEqual({ status: 'finished' })
    expect((await call('POST', '/setup', ADA, cookie)).status).toBe(201)
  })
})
