import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseJson, stringifyJson, type Value } from '@weft/contracts'
import { type CodeRequest, type CodeResult, CodeRunError, type CodeRunner } from '@weft/ports'
import { type Done, type Job, WorkerPool } from './worker-pool.ts'

export interface EmbeddedCodeRunnerOptions {
  /** Threads per language; one is kept warm after the first use. Default 2. */
  maxWorkers?: number
  /** Time a run may take, waiting for a thread aside. Default 10,000. */
  timeoutMilliseconds?: number
  /** What an interpreter may hold altogether; Python itself takes 32 MiB. Default 256 MiB. */
  memoryBytes?: number
  /** Printed text. Default 1 MiB. */
  stdoutBytes?: number
  /** JSON text of the result. Default 8 MiB. */
  resultBytes?: number
}

/**
 * Runs code in this process, in threads that hold nothing: Python in Pyodide, JavaScript in QuickJS, both WebAssembly.
 * Nothing starts before the first run of its language; Python then takes about two seconds.
 *
 * Between tenants an interpreter's whole memory is put back to what it was before any code ran, so nothing can be left over;
 * a run of JavaScript has a context of its own anyway. Python runs of one tenant within a few milliseconds share an
 * interpreter with fresh globals, builtins and module table.
 */
export function createEmbeddedCodeRunner(options: EmbeddedCodeRunnerOptions = {}): CodeRunner {
  return new EmbeddedCodeRunner(options)
}

class EmbeddedCodeRunner implements CodeRunner {
  readonly #pools: Record<CodeRequest['language'], WorkerPool>
  readonly #resultBytes: number

  constructor(options: EmbeddedCodeRunnerOptions) {
    const { maxWorkers = 2, timeoutMilliseconds = 10_000, memoryBytes = 256 * 1024 * 1024, stdoutBytes = 1024 * 1024 } = options
    this.#resultBytes = options.resultBytes ?? 8 * 1024 * 1024
    const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }
    const pyodide = import.meta.resolve('pyodide')
    const quickjs = import.meta.resolve('quickjs-emscripten')
    const pool = (file: string, workerData: Record<string, unknown>, addresses: string[]) =>
      new WorkerPool({
        file: new URL(file, import.meta.url),
        workerData: { memoryBytes, stdoutBytes, ...workerData },
        readable: [folderOf(import.meta.url, '/src/'), ...addresses.map(address => folderOf(address, '/node_modules/'))],
        maxWorkers,
        timeoutMilliseconds,
        resourceLimits,
      })
    this.#pools = {
      python3: pool('./python-worker.ts', { pyodide, bootstrap: readFileSync(new URL('./python-bootstrap.py', import.meta.url), 'utf8') }, [
        pyodide,
      ]),
      javascript: pool('./javascript-worker.ts', { quickjs }, [quickjs]),
    }
  }

  async run({ language, code, inputs, tenantId, signal }: CodeRequest): Promise<CodeResult> {
    const job: Job = { tenantId, code, inputs: stringifyJson(inputs), resultBytes: this.#resultBytes }
    const done = await this.#pools[language].run(job, signal)
    return { result: resultOf(done), stdout: done.stdout }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.#pools).map(pool => pool[Symbol.asyncDispose]()))
  }
}

function resultOf({ kind, text }: Done): Value {
  if (kind === 'E') throw new CodeRunError('exception', text)
  if (kind === 'M') throw new CodeRunError('memory', text)
  if (kind === 'L') throw new CodeRunError('output-too-large', text === 'stdout' ? 'The code prints too much.' : 'The result is too large.')
  try {
    return parseJson(text)
  } catch (error) {
    throw new CodeRunError('invalid-result', `Failed to parse JSON response: the result is ${text.slice(0, 100)}`, { cause: error })
  }
}

/** The folder of the address up to the last `part` of its path, and all below it. */
function folderOf(address: string, part: string): string {
  const path = fileURLToPath(address)
  return `${path.slice(0, path.lastIndexOf(part) + part.length - 1)}/*`
}
