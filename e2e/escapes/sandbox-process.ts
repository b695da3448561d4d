import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSandboxCodeRunner } from '@weft/adapter-code-sandbox'
import { BinaryMissingError, ensureSandboxTools } from '@weft/services'
import { freePort } from '../support/weft-process.ts'

const root = resolve(import.meta.dirname, '../..')

/** Whether the sandbox role can run on this machine. */
export async function canSandbox(): Promise<boolean> {
  if (process.platform !== 'linux') return false
  try {
    await ensureSandboxTools()
    return true
  } catch (error) {
    if (!(error instanceof BinaryMissingError)) throw error
    console.warn(`SKIPPED: ${error.message}`)
    return false
  }
}

export interface SandboxProcess extends AsyncDisposable {
  url: string
  /** Runs code there, as the api does. */
  runner: ReturnType<typeof createSandboxCodeRunner>
}

/** `weft sandbox ssrf-proxy` as a process of its own, with two seconds for a run. */
export async function startSandboxProcess(environment: Record<string, string> = {}): Promise<SandboxProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-escapes-'))
  const [port, proxyPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [join(root, 'apps/weft/src/main.ts'), 'sandbox', 'ssrf-proxy'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      SANDBOX_PORT: String(port),
      SANDBOX_BIND_ADDRESS: '127.0.0.1',
      SANDBOX_API_KEY: 'the key of the test',
      SANDBOX_OFFLINE: 'true',
      SSRF_HTTP_PORT: String(proxyPort),
      SSRF_PROXY_BIND_ADDRESS: '127.0.0.1',
      SSRF_PROXY_METRICS_PORT: 'off',
      SSRF_PROXY_HTTP_URL: `http://127.0.0.1:${proxyPort}`,
      WORKER_TIMEOUT: '2',
      WEFT_TEST_SECRET: process.env.WEFT_TEST_SECRET,
      ...environment,
    },
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed = (printed + chunk).slice(-10_000)))
  const url = `http://127.0.0.1:${port}`
  const isReady = () =>
    fetch(`${url}/health`).then(
      answer => answer.ok,
      () => false,
    )
  for (let attempt = 0; !(await isReady()); attempt++) {
    if (child.exitCode !== null || attempt > 600) throw new Error(`the sandbox did not start: ${printed}`)
    await sleep(100)
  }
  return {
    url,
    runner: createSandboxCodeRunner({ endpoint: url, apiKey: 'the key of the test', fetch }),
    async [Symbol.asyncDispose]() {
      const ended = new Promise(done => child.once('exit', done))
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
