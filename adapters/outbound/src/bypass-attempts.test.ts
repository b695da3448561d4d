import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OutboundError } from '@weft/ports'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllowedTargets } from './allowed-targets.ts'
import { BYPASS_ADDRESSES, hostileResolver } from './bypass-addresses.ts'
import { createGatedHttpClient } from './gated-http-client.ts'

const client = createGatedHttpClient({
  allowedTargets: [],
  resolver: hostileResolver,
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

describe(`${BYPASS_ADDRESSES.length} ways to say an address that must not be called`, () => {
  test.each(BYPASS_ADDRESSES)('refuses %j', async address => {
    const error = await client.request({ method: 'GET', url: withPort(address) }).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(OutboundError)
    expect(['address-refused', 'invalid-url']).toContain((error as OutboundError).code)
    expect(hits).toBe(0)
  })

  test.each(BYPASS_ADDRESSES)('fetch refuses %j', async address => {
    // Fetch itself serves data: and blob:; neither reaches a network.
    const error = await client.fetch(withPort(address)).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(TypeError)
    expect(hits).toBe(0)
  })

  test.each(BYPASS_ADDRESSES.filter(address => address.trim() && !address.includes('\0') && !/[\r\n]/.test(address)))(
    'refuses a redirect to %j',
    async address => {
      const first = createServer((_request, response) =>
        response.writeHead(302, { location: Buffer.from(withPort(address)).toString('latin1') }).end(),
      )
      await new Promise<void>(resolve => first.listen(0, '127.0.0.1', resolve))
      const { port } = first.address() as AddressInfo
      await using gated = createGatedHttpClient({
        allowedTargets: parseAllowedTargets(`127.0.0.1:${port}`),
        resolver: hostileResolver,
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
