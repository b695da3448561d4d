import { createVerify, generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { signIn } from './sign-in.ts'

it('asks Google for a token with a word that the service account has signed, and once only', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const asked: { url: string; body: URLSearchParams }[] = []
  const answerToken = async (url: unknown, request?: RequestInit) => {
    asked.push({ url: String(url), body: new URLSearchParams(String(request?.body)) })
    return Response.json({ access_token: 'token', expires_in: 3600, token_type: 'Bearer' })
  }
  const account = { client_email: 'weft@example.iam', private_key: privateKey, private_key_id: 'key-1' }
  const authorize = signIn(account, { transporterOptions: { fetchImplementation: answerToken } })
  expect(await authorize()).toMatchObject({ authorization: 'Bearer token' })
  await authorize()

  expect(asked.map(({ url }) => url)).toEqual(['https://oauth2.googleapis.com/token'])
  const [head = '', claims = '', signature = ''] = asked[0]?.body.get('assertion')?.split('.') ?? []
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    iss: 'weft@example.iam',
    scope: 'https://www.googleapis.com/auth/devstorage.read_write',
  })
  expect(createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url')).toBe(true)
})
