import { parseJson } from '@weft/contracts'
import { type CodeRequest, type CodeResult, CodeRunError, type CodeRunErrorCode, type CodeRunner } from '@weft/ports'
import { type WrappedCode, wrapCode } from './wrap-code.ts'

/** As much of `fetch` as the runner needs. The endpoint is the operator's own: no gate for outbound requests is wanted. */
export type Fetch = (
  url: string,
  request: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<Pick<Response, 'status' | 'text'>>

export interface SandboxCodeRunnerOptions {
  /** Where the sandbox serves: `http://sandbox:8194`. */
  endpoint: string
  apiKey: string
  fetch: Fetch
  /** The answer must be there when both times together are over. Defaults 10,000 and 60,000. */
  connectTimeoutMilliseconds?: number
  readTimeoutMilliseconds?: number
  /** Printed text and result together. Default 16 MiB. */
  outputBytes?: number
}

/** Has code run by a service that speaks dify-sandbox's HTTP API. */
export function createSandboxCodeRunner(options: SandboxCodeRunnerOptions): CodeRunner {
  return new SandboxCodeRunner(options)
}

class SandboxCodeRunner implements CodeRunner {
  readonly #options: SandboxCodeRunnerOptions
  readonly #url: string
  readonly #stop = new AbortController()

  constructor(options: SandboxCodeRunnerOptions) {
    this.#options = options
    this.#url = `${options.endpoint.replace(/\/+$/, '')}/v1/sandbox/run`
  }

  async run({ language, code, inputs, signal }: CodeRequest): Promise<CodeResult> {
    signal?.throwIfAborted()
    const wrapped = wrapCode(language, code, inputs)
    const output = outputOf(await this.#post(wrapped, signal), this.#options.outputBytes ?? 16 * 1024 * 1024)
    const read = wrapped.read(output)
    if (!read) {
      throw new CodeRunError(
        'invalid-result',
        `Failed to parse result: no result tag found in response. Response: ${output.slice(0, 200)}...`,
      )
    }
    try {
      return { result: parseJson(read.result), stdout: read.stdout }
    } catch (error) {
      throw new CodeRunError('invalid-result', `Failed to parse JSON response: the result is ${read.result.slice(0, 100)}`, {
        cause: error,
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new CodeRunError('unavailable', 'The code runner has been shut down.'))
  }

  async #post({ language, program }: WrappedCode, signal: AbortSignal | undefined): Promise<string> {
    const { apiKey, fetch, connectTimeoutMilliseconds = 10_000, readTimeoutMilliseconds = 60_000 } = this.#options
    const signals = [AbortSignal.timeout(connectTimeoutMilliseconds + readTimeoutMilliseconds), this.#stop.signal]
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
        body: JSON.stringify({ language, code: program, preload: '', enable_network: true }),
        signal: AbortSignal.any(signal ? [...signals, signal] : signals),
      })
      if (response.status === 503) throw new CodeRunError('unavailable', 'Code execution service is unavailable')
      if (response.status !== 200) {
        throw new Error(`Failed to execute code, got status code ${response.status}, please check if the sandbox service is running`)
      }
      return await response.text()
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof CodeRunError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      const advice = 'Failed to execute code, which is likely a network issue, please check if the sandbox service is running.'
      throw new CodeRunError('unavailable', `${advice} ( Error: ${reason} )`, { cause: error })
    }
  }
}

interface Answer {
  code: number
  message: string
  data: { stdout?: string | null; error?: string | null } | null
}

/** What the program printed. @throws CodeRunError */
function outputOf(body: string, maxLength: number): string {
  if (body.length > maxLength) throw new CodeRunError('output-too-large', 'The code prints too much.')
  let answer: Answer
  try {
    answer = JSON.parse(body) as Answer
  } catch (error) {
    throw new CodeRunError('unavailable', 'Failed to parse response', { cause: error })
  }
  if (answer?.code !== 0) throw new CodeRunError('unavailable', `Got error code: ${answer?.code}. Got error msg: ${answer?.message}`)
  const error = answer.data?.error
  if (error) throw new CodeRunError(codeOf(error), error)
  return answer.data?.stdout ?? ''
}

/** The sandbox adds a line of its own below what the program wrote. */
function codeOf(error: string): CodeRunErrorCode {
  if (/^error: timeout$/m.test(error)) return 'timeout'
  if (/^error: output too large$/m.test(error)) return 'output-too-large'
  return /^MemoryError\b|^FATAL ERROR: .*out of memory|^# Fatal .*out of memory/m.test(error) ? 'memory' : 'exception'
}
