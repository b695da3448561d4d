import { describe, expect, it } from 'vitest'
import { signV1, signV4 } from './oss-signature.ts'

// The expected signatures are Aliyun's own: of the OSS documentation ("Include a V1 signature in the Authorization header") and of
// the signer tests of alibabacloud-oss-go-sdk-v2.
const credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' }

describe('signV1', () => {
  const time = new Date('2022-12-28T10:27:41Z')
  const headers = {
    'content-md5': 'eB5eJF1ptWaXm4bijSPyxw==',
    'content-type': 'text/html',
    'x-oss-meta-author': 'alice',
    'x-oss-meta-magic': 'abracadabra',
    'x-oss-date': 'Wed, 28 Dec 2022 10:27:41 GMT',
  }
  const dated = { 'x-oss-date': headers['x-oss-date'] }

  it('signs as the documentation does', () => {
    const request = {
      method: 'PUT',
      bucket: 'oss-example',
      key: 'nelson',
      query: {},
      headers: {
        'content-md5': 'ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=',
        'content-type': 'text/html',
        'x-oss-meta-author': 'foo@bar.com',
        'x-oss-magic': 'abracadabra',
      },
    }
    const documented = { accessKeyId: '44CF9590006BF252F707', accessKeySecret: 'OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV' }
    expect(signV1(request, documented, new Date('2005-11-17T18:49:58Z'))).toMatchObject({
      date: 'Thu, 17 Nov 2005 18:49:58 GMT',
      authorization: 'OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA=',
    })
  })

  it('signs an object', () => {
    const request = { method: 'PUT', bucket: 'examplebucket', key: 'nelson', query: {}, headers }
    expect(signV1(request, credentials, time).authorization).toBe('OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=')
  })

  it('signs the parameters that name a part of the resource', () => {
    const request = { method: 'PUT', bucket: 'examplebucket', key: 'nelson', query: { acl: '' }, headers }
    expect(signV1(request, credentials, time).authorization).toBe('OSS ak:/afkugFbmWDQ967j1vr6zygBLQk=')
  })

  it('leaves other parameters out', () => {
    const signature = (query: Record<string, string>) =>
      signV1({ method: 'GET', bucket: 'examplebucket', query, headers: dated }, credentials, time).authorization
    expect(signature({ 'max-keys': '1' })).toBe(signature({}))
  })
})

describe('signV4', () => {
  it('signs path, parameters and headers', () => {
    const request = {
      method: 'PUT',
      bucket: 'bucket',
      key: '1234+-/123/1.txt',
      query: { param1: 'value1', '+param1': 'value3', '|param1': 'value4', '+param2': '', '|param2': '', param2: '' },
      headers: { 'x-oss-head1': 'value', abc: 'value', zabc: 'value', xyz: 'value', 'content-type': 'text/plain' },
    }
    expect(signV4(request, credentials, 'cn-hangzhou', new Date(1702743657_000)).authorization).toBe(
      'OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe',
    )
  })

  it('signs the token of a temporary key as any other header', () => {
    const request = {
      method: 'PUT',
      bucket: 'bucket',
      key: '1234+-/123/1.txt',
      query: { param1: 'value1', '+param1': 'value3', '|param1': 'value4', '+param2': '', '|param2': '', param2: '' },
      headers: { 'x-oss-head1': 'value', 'content-type': 'text/plain', 'x-oss-security-token': 'token' },
    }
    expect(signV4(request, credentials, 'cn-hangzhou', new Date(1702784856_000)).authorization).toBe(
      'OSS4-HMAC-SHA256 Credential=ak/20231217/cn-hangzhou/oss/aliyun_v4_request,Signature=b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea',
    )
  })
})
