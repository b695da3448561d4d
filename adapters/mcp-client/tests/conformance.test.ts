import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const suite = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'))
const client = fileURLToPath(new URL('conformance-client.ts', import.meta.url))

/** What the suite says of our client, colours taken out. */
function play(scenario: string): Promise<string> {
  const command = `${process.execPath} ${client}`
  return new Promise(resolve => {
    execFile(process.execPath, [suite, 'client', '--command', command, '--scenario', scenario], (_error, stdout, stderr) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
      resolve((stdout + stderr).replace(/\x1b\[\d+m/g, ''))
    })
  })
}

/** Left out: elicitation and client metadata documents, which this client does not offer, and extensions of the protocol. */
test.concurrent.each([
  'initialize',
  'tools_call',
  'sse-retry',
  'auth/metadata-default',
  'auth/metadata-var1',
  'auth/metadata-var2',
  'auth/metadata-var3',
  'auth/scope-from-www-authenticate',
  'auth/scope-from-scopes-supported',
  'auth/scope-omitted-when-undefined',
  'auth/scope-step-up',
  'auth/token-endpoint-auth-basic',
  'auth/token-endpoint-auth-post',
  'auth/token-endpoint-auth-none',
  'auth/pre-registration',
  'auth/2025-03-26-oauth-metadata-backcompat',
  'auth/2025-03-26-oauth-endpoint-fallback',
])('the protocol’s own suite passes our client in %s', { timeout: 60_000 }, async scenario => {
  expect(await play(scenario)).toContain('OVERALL: PASSED')
})

test('a server that names another as its own is not authorised', { timeout: 60_000 }, async () => {
  expect(await play('auth/resource-mismatch')).toMatch(/, 0 failed/)
})
