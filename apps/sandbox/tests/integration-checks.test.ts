import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasSandboxTools, startTestSandbox, type TestSandbox } from './running.ts'

/** The checks that dify-sandbox holds itself to. */
describe.skipIf(!(await hasSandboxTools()))("dify-sandbox's own integration checks", () => {
  let sandbox: TestSandbox
  let site: Server
  let proxy: Server
  beforeAll(async () => {
    site = createServer((request, response) => response.end(`this is ${request.headers.host}`))
    // Any proxy will do here; it says every name is the site's.
    proxy = createServer(async (request, response) => {
      const { port } = site.address() as AddressInfo
      const answer = await fetch(`http://127.0.0.1:${port}/`)
      response.end((await answer.text()).replace(/this is .*/, `this is ${new URL(request.url ?? '').host}`))
    })
    proxy.on('connect', (_request, near) => {
      const far = connect((site.address() as AddressInfo).port, '127.0.0.1', () => near.write('HTTP/1.1 200 OK\r\n\r\n'))
      for (const socket of [near, far]) socket.on('error', () => socket.destroy())
      far.pipe(near).pipe(far)
    })
    for (const server of [site, proxy]) await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    sandbox = await startTestSandbox({
      SSRF_PROXY_HTTP_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      SANDBOX_OFFLINE: 'false',
    })
    await sandbox.running.packagesReady
  })
  afterAll(async () => {
    await sandbox?.[Symbol.asyncDispose]()
    for (const server of [site, proxy]) server?.close()
  })
  const times = async (count: number, check: () => Promise<void>) => {
    for (let round = 0; round < count; round += 5) await Promise.all(Array.from({ length: Math.min(5, count - round) }, check))
  }

  test('Node runs the basic template', () =>
    times(30, async () => {
      const code = `function main(a, b) { return { result: a + b } }
        console.log('<<RESULT>>' + JSON.stringify(main('a', 'b')) + '<<RESULT>>')`
      const { code: status, stdout } = await sandbox.run('nodejs', code)
      expect([status, stdout]).toEqual([0, '<<RESULT>>{"result":"ab"}<<RESULT>>\n'])
    }))

  test('Node encodes and decodes base64', () =>
    times(30, async () => {
      const code = `const text = Buffer.from(Buffer.from('hello world').toString('base64'), 'base64').toString(); console.log(text)`
      expect(await sandbox.run('nodejs', code)).toMatchObject({ code: 0, error: '', stdout: 'hello world\n' })
    }))

  test('Node prints JSON', () =>
    times(30, async () => {
      expect((await sandbox.run('nodejs', `console.log(JSON.stringify({ hello: 'world' }))`)).stdout).toContain('{"hello":"world"}')
    }))

  test('Node starts no program', async () => {
    const code = `require('child_process').spawn('ls', ['-lh', '/usr']).stdout.on('data', data => console.log(String(data)))`
    const answer = await sandbox.run('nodejs', code, { enable_network: false })
    expect(answer).toMatchObject({ code: 0, error: expect.stringContaining('operation not permitted') })
  })

  test('Node calls no function of the program before the program', async () => {
    const code = `let output
      function parseInt() { output = require('child_process').execSync('id').toString(); return 0 }
      console.log('result: ' + output)`
    expect((await sandbox.run('nodejs', code, { enable_network: false })).stdout).toContain('result: undefined')
  })

  test('Python encodes and decodes base64', () =>
    times(50, async () => {
      const code = 'import base64\nprint(base64.b64decode(base64.b64encode(b"hello world")).decode())'
      expect(await sandbox.run('python3', code)).toMatchObject({ code: 0, error: '', stdout: 'hello world\n' })
    }))

  test('Python prints JSON', () =>
    times(50, async () => {
      expect((await sandbox.run('python3', 'import json\nprint(json.dumps({"hello": "world"}))')).stdout).toContain('{"hello": "world"}')
    }))

  test.each(['requests', 'httpx'])('Python reaches a site by %s', async library => {
    expect(await sandbox.run('python3', `import ${library}\nprint(${library}.get("http://www.site.example/").text)`)).toMatchObject({
      error: '',
      stdout: expect.stringContaining('www.site.example'),
    })
  })

  test.each([
    ['fetch', `fetch('http://www.site.example/').then(answer => answer.text()).then(console.log)`],
    ['http', `require('http').get('http://www.site.example/', answer => answer.pipe(process.stdout))`],
    ['an imported http', `import('node:http').then(({ get }) => get('http://www.site.example/', answer => answer.pipe(process.stdout)))`],
  ])('Node reaches a site by %s', async (_way, code) => {
    expect(await sandbox.run('nodejs', code)).toMatchObject({ error: '', stdout: expect.stringContaining('www.site.example') })
  })

  test('Python knows time zones', async () => {
    const code = `from datetime import datetime\nfrom zoneinfo import ZoneInfo\nprint(datetime.now(ZoneInfo("Asia/Shanghai")).isoformat())`
    expect((await sandbox.run('python3', code)).stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+08:00\n$/)
  })

  test('Python prints much', () =>
    times(5, async () => {
      const code = `
import json
def main():
    return {"result": ["x" * (min(2510 + (n % 7), 3000)) for n in range(120)]}
print("<<RESULT>>" + json.dumps(main(), indent=4) + "<<RESULT>>")`
      const { error, stdout } = await sandbox.run('python3', code)
      const strings = Array.from({ length: 120 }, (_, n) => 'x'.repeat(2510 + (n % 7)))
      expect(error).toBe('')
      expect(stdout).toBe(`<<RESULT>>${JSON.stringify({ result: strings }, null, 4)}<<RESULT>>\n`)
    }))

  test('a fork seems to succeed as the child', async () => {
    expect((await sandbox.run('python3', 'import os\nprint(os.fork())\nprint(123)')).stdout).toBe('0\n123\n')
  })

  test.each([
    ['exec', 'import os\nos.execl("/bin/ls", "ls")', 'operation not permitted'],
    ['a command', 'import subprocess\nsubprocess.run(["ls", "-l"])', 'operation not permitted'],
    ['/etc/passwd', 'print(open("/etc/passwd").read())', 'No such file or directory'],
  ])('Python gets nothing by %s', async (_what, code, text) => {
    expect(await sandbox.run('python3', code)).toMatchObject({ code: 0, stdout: '', error: expect.stringContaining(text) })
  })

  test('the way out is the proxy: a socket of its own reaches nobody', async () => {
    const { port } = site.address() as AddressInfo
    await new Promise<void>((resolve, reject) => connect(port, '127.0.0.1', resolve).on('error', reject).unref())
    const answer = await sandbox.run('python3', `import socket\nsocket.create_connection(("127.0.0.1", ${port}), 2)`)
    expect(answer.error).toContain('ConnectionRefusedError')
  })
})
