import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OutboundError } from '@weft/ports'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllowedTargets } from './allowed-targets.ts'
import { createGatedHttpClient } from './gated-http-client.ts'

/** `%` stands for the port of a server that must never be reached. */
const ADDRESSES = [
  // plain
  'http://127.0.0.1:%/',
  'https://127.0.0.1:%/',
  'HTTP://127.0.0.1:%/',
  ' http://127.0.0.1:%/ ',
  'http://127.0.0.2:%/',
  'http://127.127.127.127:%/',
  'http://127.255.255.254:%/',
  'http://0.0.0.0:%/',
  'http://0.0.0.1:%/',
  'http://10.0.0.1:%/',
  'http://10.255.255.255:%/',
  'http://172.16.0.1:%/',
  'http://172.31.255.255:%/',
  'http://192.168.0.1:%/',
  'http://192.168.255.255:%/',
  'http://169.254.0.1:%/',
  'http://169.254.169.254/latest/meta-data/',
  'http://169.254.170.2/v2/credentials',
  'http://100.100.100.200/latest/meta-data/',
  'http://168.63.129.16/machine?comp=goalstate',
  'http://192.0.0.192/opc/v2/instance/',
  'http://100.64.0.1:%/',
  'http://100.127.255.255:%/',
  'http://192.0.0.1:%/',
  'http://192.0.2.1:%/',
  'http://192.88.99.1:%/',
  'http://198.18.0.1:%/',
  'http://198.19.255.255:%/',
  'http://198.51.100.1:%/',
  'http://203.0.113.1:%/',
  'http://224.0.0.1:%/',
  'http://239.255.255.250:%/',
  'http://240.0.0.1:%/',
  'http://255.255.255.255:%/',
  // decimal, octal, hexadecimal, short, mixed
  'http://2130706433:%/',
  'http://3232235521:%/',
  'http://2852039166/',
  'http://167772161:%/',
  'http://0:%/',
  'http://1:%/',
  'http://0x7f000001:%/',
  'http://0X7F000001:%/',
  'http://0x7f.0x0.0x0.0x1:%/',
  'http://0x7f.0.0.1:%/',
  'http://0x7f.1:%/',
  'http://0x0a000001:%/',
  'http://0xa9fea9fe/',
  'http://0xa9.0xfe.0xa9.0xfe/',
  'http://017700000001:%/',
  'http://0177.0.0.1:%/',
  'http://0177.0.0.01:%/',
  'http://00000177.0.0.1:%/',
  'http://0177.1:%/',
  'http://012.0.0.1:%/',
  'http://0251.0376.0251.0376/',
  'http://0300.0250.0.1:%/',
  'http://127.1:%/',
  'http://127.0.1:%/',
  'http://127.000.000.001:%/',
  'http://127.0.0.01:%/',
  'http://127.0.0.0x1:%/',
  'http://10.1:%/',
  'http://192.168.1:%/',
  'http://192.168.257:%/',
  'http://169.254.43518/',
  'http://169.16689662/',
  'http://0x7f.000.0.0x1:%/',
  'http://127.0x000001:%/',
  'http://4294967297:%/',
  'http://256.256.256.256:%/',
  'http://127.0.0.1.:%/',
  'http://127.1.:%/',
  'http://0x7f000001.:%/',
  'http://2130706433.:%/',
  'http://10.0.0.1./',
  'http://localhost.:%/',
  // percent-encoding
  'http://127%2E0%2E0%2E1:%/',
  'http://%31%32%37.0.0.1:%/',
  'http://127.0.0.%31:%/',
  'http://%6c%6f%63%61%6c%68%6f%73%74:%/',
  'http://localhos%74:%/',
  'http://%3127.0.0.1:%/',
  'http://127.0.0.1%00.example.com:%/',
  'http://127.0.0.1%2f@example.com%00:%/',
  'http://127.0.0.1%20:%/',
  'http://%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1:%/',
  // full-width, circled, other digits and dots
  'http://１２７.０.０.１:%/',
  'http://１２７．０．０．１:%/',
  'http://127。0。0。1:%/',
  'http://127｡0｡0｡1:%/',
  'http://①②⑦.⓪.⓪.①:%/',
  'http://⑯⑨.②⑤④.①⑥⑨.②⑤④/',
  'http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:%/',
  'http://𝟷𝟸𝟽.𝟶.𝟶.𝟷:%/',
  'http://¹²⁷.⁰.⁰.¹:%/',
  'http://ｌｏｃａｌｈｏｓｔ:%/',
  'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:%/',
  'http://ℓocalhost:%/',
  'http://localhoſt:%/',
  'http://lo\u00adcalhost:%/',
  'http://127.0.0\u200b.1:%/',
  'http://１０.0.0.1:%/',
  'http://xn--127.0.0.1:%/',
  // names
  'http://localhost:%/',
  'http://LOCALHOST:%/',
  'http://LocalHost:%/',
  'http://app.localhost:%/',
  'http://localhost.localdomain:%/',
  'http://127.0.0.1.nip.io:%/',
  'http://localtest.me:%/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://kubernetes.default.svc/',
  'http://mixed.example:%/',
  'http://mixed6.example:%/',
  'http://mapped.example:%/',
  'http://nat64.example:%/',
  'http://zone.example:%/',
  'http://garbage.example:%/',
  'http://zero.example:%/',
  'http://xn--bcher-kva.internal:%/',
  'http://bücher.internal:%/',
  // userinfo
  'http://example.com@127.0.0.1:%/',
  'http://example.com:80@127.0.0.1:%/',
  'http://user:password@127.0.0.1:%/',
  'http://example.com%40@127.0.0.1:%/',
  'http://example.com%2f@127.0.0.1:%/',
  'http://a@b@127.0.0.1:%/',
  'http://example.com@localhost:%/',
  'http://@127.0.0.1:%/',
  'http://:@127.0.0.1:%/',
  'http://example.com@2130706433:%/',
  'http://example.com@0x7f.1:%/',
  'http://example.com@[::1]:%/',
  // fragments, backslashes, slashes, control characters
  'http://127.0.0.1:%#@example.com/',
  'http://127.0.0.1:%?@example.com/',
  'http://127.0.0.1:%\\@example.com/',
  'http:\\\\127.0.0.1:%\\',
  'http:/\\127.0.0.1:%/',
  'http:\\/127.0.0.1:%/',
  'http:/127.0.0.1:%/',
  'http:127.0.0.1:%/',
  'http:///127.0.0.1:%/',
  'http:////127.0.0.1:%/',
  '//127.0.0.1:%/',
  '/\\127.0.0.1:%/',
  '127.0.0.1:%/',
  'http://127.0.0.1\t:%/',
  'http://127.0.\n0.1:%/',
  'ht\ttp://127.0.0.1:%/',
  'http://127.0.0.1:%\r\nHost: example.com/',
  'http://\u0000127.0.0.1:%/',
  'http://127.0.0.1\u0000.example.com:%/',
  'http://127.0.0.1 :%/',
  'http://127.0.0.1:0%/',
  'http://127.0.0.1:00000%/',
  'http://',
  'http://?',
  'http://#127.0.0.1',
  'http://:%/',
  'http://@/',
  '',
  // IPv6
  'http://[::1]:%/',
  'http://[0:0:0:0:0:0:0:1]:%/',
  'http://[0000:0000:0000:0000:0000:0000:0000:0001]:%/',
  'http://[::]:%/',
  'http://[::127.0.0.1]:%/',
  'http://[::7f00:1]:%/',
  'http://[::10.0.0.1]:%/',
  'http://[::ffff:127.0.0.1]:%/',
  'http://[::ffff:7f00:1]:%/',
  'http://[::FFFF:127.0.0.1]:%/',
  'http://[0:0:0:0:0:ffff:127.0.0.1]:%/',
  'http://[::ffff:10.0.0.1]:%/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[::ffff:0:127.0.0.1]:%/',
  'http://[64:ff9b::127.0.0.1]:%/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[64:ff9b:1::127.0.0.1]:%/',
  'http://[2002:7f00:1::]:%/',
  'http://[2002:a00:1::1]:%/',
  'http://[2002:a9fe:a9fe::]/',
  'http://[2001:0:7f00:1::]:%/',
  'http://[2001:0:808:808:0:0:80ff:fffe]:%/',
  'http://[2001:db8::1]:%/',
  'http://[fe80::1]:%/',
  'http://[fe80::1%25lo]:%/',
  'http://[fe80::1%lo]:%/',
  'http://[fec0::1]:%/',
  'http://[fc00::1]:%/',
  'http://[fd00::1]:%/',
  'http://[fd00:ec2::254]/',
  'http://[ff02::1]:%/',
  'http://[100::1]:%/',
  'http://[2a01:4f8::5efe:127.0.0.1]:%/',
  'http://[::1%25]:%/',
  'http://[::1',
  'http://[]:%/',
  'http://[127.0.0.1]:%/',
  // other schemes
  'file:///etc/passwd',
  'ftp://127.0.0.1:%/',
  'gopher://127.0.0.1:%/_GET',
  'dict://127.0.0.1:%/',
  'ldap://127.0.0.1:%/',
  'data:text/plain,hello',
  'blob:http://127.0.0.1:%/x',
  'jar:http://127.0.0.1:%/!/',
  'view-source:http://127.0.0.1:%/',
  'javascript:alert(1)',
  'ws://127.0.0.1:%/',
  'unix:/var/run/docker.sock',
  'http+unix://%2Fvar%2Frun%2Fdocker.sock/',
]

const NAMES: Record<string, string[]> = {
  'mixed.example': ['93.184.216.34', '127.0.0.1'],
  'mixed6.example': ['93.184.216.34', '::1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'nat64.example': ['64:ff9b::7f00:1'],
  'zone.example': ['fe80::1%lo'],
  'garbage.example': ['127.1'],
  'zero.example': ['0.0.0.0'],
  'metadata.google.internal': ['169.254.169.254'],
  'kubernetes.default.svc': ['10.96.0.1'],
}

/** Every other name leads to loopback, as a hostile one would. */
const client = createGatedHttpClient({
  allowedTargets: [],
  resolver: async name => NAMES[name] ?? ['127.0.0.1'],
  timeouts: { connect: 1000 },
})
let hits = 0
const server = createServer((_request, response) => {
  hits++
  response.end('reached')
})
const withPort = (address: string) => address.replace('%', String((server.address() as AddressInfo).port))

beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
afterAll(async () => {
  server.close()
  await client[Symbol.asyncDispose]()
})

describe(`${ADDRESSES.length} ways to say an address that must not be called`, () => {
  test.each(ADDRESSES)('refuses %j', async address => {
    const error = await client.request({ method: 'GET', url: withPort(address) }).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(OutboundError)
    expect(['address-refused', 'invalid-url']).toContain((error as OutboundError).code)
    expect(hits).toBe(0)
  })

  test.each(ADDRESSES)('fetch refuses %j', async address => {
    // Fetch itself serves data: and blob:; neither reaches a network.
    const error = await client.fetch(withPort(address)).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(TypeError)
    expect(hits).toBe(0)
  })

  test.each(ADDRESSES.filter(address => address.trim() && !address.includes('\0') && !/[\r\n]/.test(address)))(
    'refuses a redirect to %j',
    async address => {
      const first = createServer((_request, response) =>
        response.writeHead(302, { location: Buffer.from(withPort(address)).toString('latin1') }).end(),
      )
      await new Promise<void>(resolve => first.listen(0, '127.0.0.1', resolve))
      const { port } = first.address() as AddressInfo
      await using gated = createGatedHttpClient({
        allowedTargets: parseAllowedTargets(`127.0.0.1:${port}`),
        resolver: async name => NAMES[name] ?? ['127.0.0.1'],
        timeouts: { connect: 1000 },
      })
      try {
        const outcome = await gated.request({ method: 'GET', url: `http://127.0.0.1:${port}/` }).catch((failure: unknown) => failure)
        // What is read as a path of the first host stays there, going round in circles.
        expect(outcome).toBeInstanceOf(OutboundError)
        expect(['address-refused', 'invalid-url', 'too-many-redirects']).toContain((outcome as OutboundError).code)
        expect(hits).toBe(0)
      } finally {
        first.close()
      }
    },
  )
})
