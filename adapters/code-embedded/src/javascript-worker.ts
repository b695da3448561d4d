import { parentPort, workerData } from 'node:worker_threads'
import { Guest, GuestError } from './javascript-guest.ts'
import type { FromWorker, JavaScriptWorkerData, ToWorker } from './protocol.ts'
import { makeRealmPowerless } from './worker-realm.ts'

const STACK_BYTES = 512 * 1024

const data = workerData as JavaScriptWorkerData
const port = parentPort
if (!port) throw new Error('this file runs as a worker thread')
const interrupt = new Int32Array(data.interrupt)

const { newQuickJSWASMModule } = (await import(data.quickjs)) as typeof import('quickjs-emscripten')
const quickjs = await newQuickJSWASMModule()
/** The interpreter's memory before any tenant's code. Each run has a runtime of its own; another tenant's begins from here. */
let photograph: Uint8Array | undefined
let lastTenant: string | undefined
execute({ id: 0, tenantId: '', code: 'function main() { console.log(1); return {} }', inputs: '{}', resultBytes: 100 })
makeRealmPowerless()
photograph = heap().slice()

port.on('message', (message: ToWorker) => {
  if (lastTenant !== message.tenantId) putBack()
  lastTenant = message.tenantId
  Atomics.store(interrupt, 0, 0)
  port.postMessage(execute(message))
})
port.postMessage({ type: 'ready' } satisfies FromWorker)

function heap(): Uint8Array {
  return new Uint8Array(quickjs.getWasmMemory().buffer)
}

function putBack(): void {
  if (!photograph) return
  const memory = heap()
  memory.set(photograph)
  memory.fill(0, photograph.length)
}

function execute(message: ToWorker): FromWorker {
  const printed = { text: '', isTooMuch: false }
  const runtime = quickjs.newRuntime({ memoryLimitBytes: data.memoryBytes, maxStackSizeBytes: STACK_BYTES })
  runtime.setInterruptHandler(() => printed.isTooMuch || Atomics.load(interrupt, 0) !== 0)
  let answer: Pick<Extract<FromWorker, { type: 'done' }>, 'kind' | 'text' | 'isSpent'>
  try {
    answer = answerOf(new Guest(runtime.newContext()), message, line => {
      if (printed.text.length + line.length > data.stdoutBytes) printed.isTooMuch = true
      else printed.text += `${line}\n`
    })
    runtime.dispose()
  } catch (error) {
    // The interpreter itself broke: it is of no more use.
    answer = { kind: 'E', text: error instanceof Error ? error.message : String(error), isSpent: true }
  }
  if (printed.isTooMuch) answer = { ...answer, kind: 'L', text: 'stdout' }
  const hasOutgrown = photograph !== undefined && heap().length > photograph.length + 64 * 1024 * 1024
  return { type: 'done', id: message.id, stdout: printed.text, ...answer, isSpent: answer.isSpent || hasOutgrown }
}

function answerOf(guest: Guest, message: ToWorker, print: (line: string) => void): { kind: 'R' | 'L' | 'E' | 'M'; text: string } {
  using running = guest
  try {
    const text = running.run(message, print)
    return text.length > message.resultBytes ? { kind: 'L', text: 'result' } : { kind: 'R', text }
  } catch (error) {
    if (!(error instanceof GuestError)) throw error
    return { kind: error.isMemory ? 'M' : 'E', text: error.message }
  }
}
