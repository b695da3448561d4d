import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createTestPlatform, type TestPlatform } from '@weft/testkit/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, publishApp, readFixture } from './service-client.ts'

const suite = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'))

let weft: TestPlatform
let url: string
beforeAll(async () => {
  weft = await createTestPlatform()
  const owner = await weft.owner()
  const { appId } = await publishApp(owner, await readFixture('tide-report'))
  const { body } = await owner.call('POST', `/apps/${appId}/server`, { parameters: {} })
  url = `${await listen(weft)}/mcp/server/${body.server_code}/mcp`
})
afterAll(() => weft?.[Symbol.asyncDispose]())

function play(scenario: string): Promise<string> {
  return new Promise(resolve => {
    execFile(process.execPath, [suite, 'server', '--url', url, '--scenario', scenario], (_error, stdout, stderr) => {
      resolve(stdout + stderr)
    })
  })
}

/** The others ask for tools, prompts and resources of their own, which an app does not have. */
test.each(['server-initialize', 'ping', 'tools-list'])(
  'the protocol’s own suite passes an app in %s',
  { timeout: 60_000 },
  async scenario => {
    expect(await play(scenario)).toMatch(/Passed: (\d+)\/\1, 0 failed/)
  },
)
