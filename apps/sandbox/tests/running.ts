import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryMissingError, ensureSandboxTools } from '@weft/services'
import { readSandboxSettings } from '../src/settings.ts'
import { type RunningSandbox, startSandbox } from '../src/start-sandbox.ts'

/** Whether this machine has what the sandbox needs, or could be given it. */
export async function hasSandboxTools(): Promise<boolean> {
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

export interface Answer {
  status: number
  text: string
  code?: number
  message?: string
  stdout: string
  error: string
}

export interface TestSandbox extends AsyncDisposable {
  running: RunningSandbox
  /** What went to the log as a warning or an error. */
  problems: string[]
  run(language: 'python3' | 'nodejs', code: string, more?: object): Promise<Answer>
  call(path: string, init?: RequestInit): Promise<Answer>
}

/** A sandbox of its own, without packages unless told otherwise. */
export async function startTestSandbox(variables: Record<string, string> = {}): Promise<TestSandbox> {
  const dependencies = await mkdtemp(join(tmpdir(), 'weft-dependencies-'))
  const problems: string[] = []
  const note = (facts: object, message: string) => void problems.push(`${message} ${JSON.stringify(facts)}`)
  const settings = readSandboxSettings({
    SANDBOX_PORT: '0',
    SANDBOX_BIND_ADDRESS: '127.0.0.1',
    SANDBOX_OFFLINE: 'true',
    SANDBOX_DEPENDENCIES_DIR: dependencies,
    WORKER_TIMEOUT: '30',
    ...variables,
  })
  const running = await startSandbox(settings, { info() {}, warn: note, error: note })
  const call = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(running.url + path, { ...init, headers: { 'x-api-key': 'dify-sandbox', ...init.headers } })
    const text = await response.text()
    const body = text.startsWith('{') ? JSON.parse(text) : {}
    return {
      status: response.status,
      text,
      code: body.code,
      message: body.message,
      stdout: body.data?.stdout ?? '',
      error: body.data?.error ?? '',
    }
  }
  return {
    running,
    problems,
    call,
    run: (language, code, more = {}) =>
      call('/v1/sandbox/run', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ language, code, enable_network: true, ...more }),
      }),
    async [Symbol.asyncDispose]() {
      await running.stop()
      await rm(dependencies, { recursive: true, force: true })
    },
  }
}
