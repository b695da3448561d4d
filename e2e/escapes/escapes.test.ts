import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedCodeRunner } from '@weft/testkit/code-runner'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ATTEMPTS, SYSTEM_CALLS } from './attempts.ts'
import { canSandbox, type SandboxProcess, startSandboxProcess } from './sandbox-process.ts'

type Runner = SandboxProcess['runner']

const secret = randomUUID()
let folder: string
let file: string
let server: Server
let victim: ChildProcess
const requests: string[] = []
beforeAll(async () => {
  process.env.WEFT_TEST_SECRET = secret
  folder = mkdtempSync(join(tmpdir(), 'weft-secret-'))
  file = join(folder, 'secret.txt')
  writeFileSync(file, secret)
  server = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.end(secret)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  victim = spawn('sleep', ['600'], { env: { WEFT_TEST_SECRET: secret } })
})
afterAll(() => {
  delete process.env.WEFT_TEST_SECRET
  server.close()
  victim.kill()
  rmSync(folder, { recursive: true })
})

const inputs = () => ({ file, folder, pid: victim.pid ?? 0, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })

interface End {
  kind: string
  text: string
}

async function endOf(running: Promise<unknown>): Promise<End> {
  try {
    return { kind: 'harmless', text: JSON.stringify(await running) }
  } catch (error) {
    return { kind: String((error as { code?: unknown }).code), text: String(error) }
  }
}

function expectNothingGained({ kind, text }: End) {
  expect(text).not.toContain(secret)
  // An error may quote what the code printed.
  if (kind === 'harmless') expect(text).not.toMatch(/reached|"connected"|"opened"|"forged"/)
  expect(kind).not.toBe('unavailable')
  expect(requests).toEqual([])
  expect([victim.exitCode, victim.signalCode]).toEqual([null, null])
  expect(readdirSync(folder)).toEqual(['secret.txt'])
  expect(readFileSync(file, 'utf8')).toBe(secret)
}

async function startSecureServer() {
  const [key, certificate] = [join(tmpdir(), `${secret}.key`), join(tmpdir(), `${secret}.pem`)]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const parameters = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    certificate,
  ]
  execFileSync('openssl', [...parameters, ...subject], { stdio: 'ignore' })
  const secure = createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_request, response) =>
    response.end('over TLS'),
  )
  await new Promise<void>(resolve => secure.listen(0, '127.0.0.1', resolve))
  for (const path of [key, certificate]) rmSync(path)
  return {
    port: (secure.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      secure.close()
      secure.closeAllConnections()
    },
  }
}

/** Another tenant's small runs go on meanwhile, all of them right, none of them stuck. */
async function besideNeighbour<T>(runner: Runner, work: Promise<T>): Promise<T> {
  let isOver = false
  const neighbour = async () => {
    for (let n = 0; !isOver; n++) {
      const started = performance.now()
      const code = 'def main(n):\n    return {"n": n + 1}'
      expect(await runner.run({ language: 'python3', code, inputs: { n }, tenantId: 'neighbour' })).toEqual({
        result: { n: n + 1 },
        stdout: '',
      })
      expect(performance.now() - started).toBeLessThan(15_000)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  const results = await Promise.all([work.finally(() => (isOver = true)), neighbour()])
  return results[0]
}

function everyAttempt(runner: () => Runner) {
  test.each(ATTEMPTS)('$language that $name gains nothing and disturbs nobody', async ({ language, code, may }) => {
    const run = runner().run({ language, code, inputs: inputs(), tenantId: 'attacker' })
    const end = await besideNeighbour(runner(), endOf(run))
    expectNothingGained(end)
    expect(may, end.text.slice(0, 2000)).toContain(end.kind)
  })
}

describe('in the embedded runner', () => {
  const runner = createEmbeddedCodeRunner({ timeoutMilliseconds: 2000 })
  beforeAll(async () => void (await runner.run({ language: 'python3', code: 'def main():\n    return {}', inputs: {}, tenantId: 'first' })))
  afterAll(() => runner[Symbol.asyncDispose]())
  everyAttempt(() => runner)
})

describe.skipIf(!(await canSandbox()))('in the sandbox role', () => {
  let sandbox: SandboxProcess
  beforeAll(async () => {
    sandbox = await startSandboxProcess()
  })
  afterAll(async () => {
    await sandbox?.runner[Symbol.asyncDispose]()
    await sandbox?.[Symbol.asyncDispose]()
  })
  everyAttempt(() => sandbox.runner)

  test.skipIf(process.arch !== 'x64').each(SYSTEM_CALLS)('the system call %s ends the process', async (_name, call) => {
    const code = `import ctypes\ndef main():\n    return {"a": ctypes.CDLL(None).syscall(${call})}`
    const end = await endOf(sandbox.runner.run({ language: 'python3', code, inputs: {}, tenantId: 'attacker' }))
    expect(end.text).toContain('error: operation not permitted')
  })

  test('what an operator allows is reached by HTTP and by TLS, and nothing beside it', async () => {
    await using secure = await startSecureServer()
    await using open = await startSandboxProcess({ SSRF_ALLOWED_TARGETS: `127.0.0.1:${secure.port}` })
    const python = `
import ssl, urllib.request
def main(url):
    return {"a": urllib.request.urlopen(url, context=ssl._create_unverified_context(), timeout=5).read().decode()}`
    const javascript = `async function main({ url }) {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
      return { a: await (await fetch(url)).text() }
    }`
    for (const [language, code] of [
      ['python3', python],
      ['javascript', javascript],
    ] as const) {
      const ask = (url: string) => open.runner.run({ language, code, inputs: { url }, tenantId: 'tenant' })
      expect((await ask(`https://127.0.0.1:${secure.port}/`)).result).toEqual({ a: 'over TLS' })
      await endOf(ask(inputs().address))
      expect(requests).toEqual([])
    }
  })

  test('two runs at once see nothing of each other', async () => {
    const looking = `
import os, time, socket
def main(n):
    mine = socket.create_server(("127.0.0.1", 5555))
    time.sleep(0.3)
    other = []
    for pid in range(2, 300):
        try:
            os.getpgid(pid)
            other.append(pid)
        except OSError:
            pass
    return {"pid": os.getpid(), "others": other}`
    const runs = [1, 2, 3].map(n => sandbox.runner.run({ language: 'python3', code: looking, inputs: { n }, tenantId: `tenant ${n}` }))
    for (const { result } of await Promise.all(runs)) expect(result).toEqual({ pid: 1, others: [] })
  })
})

describe.skipIf(!(await canSandbox()))('in the sandbox role with a folder to write to', () => {
  let sandbox: SandboxProcess
  beforeAll(async () => {
    sandbox = await startSandboxProcess({ SANDBOX_TMP_SIZE: '4' })
  })
  afterAll(async () => {
    await sandbox?.runner[Symbol.asyncDispose]()
    await sandbox?.[Symbol.asyncDispose]()
  })

  test.each(ATTEMPTS.filter(({ name }) => /file|disk|folder|link|descriptor|write|root/.test(name)))(
    '$language that $name gains nothing and disturbs nobody',
    async ({ language, code }) => {
      const run = sandbox.runner.run({ language, code, inputs: inputs(), tenantId: 'attacker' })
      expectNothingGained(await besideNeighbour(sandbox.runner, endOf(run)))
    },
  )

  test('a program of its own making is not executed', async () => {
    const code = `
import os, shutil, ctypes
def main():
    open("/tmp/program", "wb").write(b"\\x7fELF")
    os.chmod("/tmp/program", 0o755)
    try:
        ctypes.CDLL("/tmp/program")
    except OSError as error:
        print(error)
    os.execv("/tmp/program", ["program"])`
    const end = await endOf(sandbox.runner.run({ language: 'python3', code, inputs: {}, tenantId: 'attacker' }))
    expect(end.text).toContain('error: operation not permitted')
  })

  test('nothing is left for the next run', async () => {
    const write = 'def main():\n    open("/tmp/left", "w").write("left over")\n    return {}'
    const read = 'import os\ndef main():\n    return {"a": os.listdir("/tmp")}'
    await sandbox.runner.run({ language: 'python3', code: write, inputs: {}, tenantId: 'first' })
    expect((await sandbox.runner.run({ language: 'python3', code: read, inputs: {}, tenantId: 'second' })).result).toEqual({ a: [] })
  })
})
