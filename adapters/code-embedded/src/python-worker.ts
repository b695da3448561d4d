import { constants } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { PyodideAPI } from 'pyodide'
import type { FromWorker, PythonWorkerData, ToWorker } from './protocol.ts'
import { makeRealmPowerless } from './worker-realm.ts'

/** After this long without work, the interpreter is put back to its first state. */
const IDLE_MILLISECONDS = 25
const EROFS = 69
const EACCES = 2
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND as the interpreter's C library numbers them. */
const WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000

/** The parts of Emscripten's module that we touch and Pyodide's types leave out. */
interface EmscriptenInsides {
  HEAPU8: Uint8Array
  FS: Record<string, unknown> & {
    ErrnoError: new (code: number) => Error
    streams: unknown[]
    closeStream(fd: number): void
    open(path: unknown, flags: unknown, mode: unknown): unknown
  }
  SOCKFS?: Record<string, unknown>
}
interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
type RunFunction = (source: string, inputs: string, limit: number) => string

const data = workerData as PythonWorkerData
const port = parentPort
if (!port) throw new Error('this file runs as a worker thread')
const interrupt = new Int32Array(data.interrupt)
const { setTimeout, clearTimeout } = globalThis

limitMemory(data.memoryBytes)
// Pyodide asks for this at its start, and the permission model refuses it.
Object.assign(process, { binding: () => ({ fs: constants }) })
const printed = { chunks: [] as Uint8Array[], length: 0, isTooMuch: false }
const { loadPyodide } = (await import(data.pyodide)) as typeof import('pyodide')
const pyodide = await loadPyodide({
  jsglobals: Object.freeze(Object.create(null)),
  env: { HOME: '/', TZ: 'UTC' },
  checkAPIVersion: false,
} as Parameters<typeof loadPyodide>[0])
const insides = (pyodide as unknown as { _module: EmscriptenInsides })._module
pyodide.setStdin({ error: true })
pyodide.setStdout({ write: keep })
pyodide.setStderr({ write: keep })
const [run, awaken] = start(pyodide)
makeFilesReadOnly(insides)
pyodide.setInterruptBuffer(interrupt)
makeRealmPowerless()
run('def main():\n    print(1)\n    return {}\n', '{}', 1000)
takePrinted()

/** The interpreter's whole memory, to which it can be put back: nothing that lives in Python survives that. */
const photograph = insides.HEAPU8.slice()
let isClean = true
let lastTenant: string | undefined
let idle: NodeJS.Timeout | undefined

port.on('message', (message: ToWorker) => {
  clearTimeout(idle)
  if (lastTenant !== message.tenantId) putBack()
  lastTenant = message.tenantId
  isClean = false
  Atomics.store(interrupt, 0, 0)
  post(execute(message))
  idle = setTimeout(putBack, IDLE_MILLISECONDS)
})
post({ type: 'ready' })

function post(message: FromWorker): void {
  port?.postMessage(message)
}

function execute(message: ToWorker): FromWorker {
  let outcome: string
  try {
    outcome = run(message.code, message.inputs, message.resultBytes)
  } catch (error) {
    const stdout = takePrinted()
    if (printed.isTooMuch) return { type: 'done', id: message.id, kind: 'L', text: 'stdout', stdout, isSpent: true }
    // The interpreter itself broke, on its stack or its memory: it is of no more use.
    return {
      type: 'done',
      id: message.id,
      kind: 'E',
      text: `${error instanceof Error ? error.message : error}`.slice(0, 2000),
      stdout,
      isSpent: true,
    }
  }
  const isTooMuch = printed.isTooMuch
  const stdout = takePrinted()
  if (isTooMuch) return { type: 'done', id: message.id, kind: 'L', text: 'stdout', stdout, isSpent: hasOutgrown() }
  return { type: 'done', id: message.id, kind: outcome[0] as 'R', text: outcome.slice(1), stdout, isSpent: hasOutgrown() }
}

/** Memory of WebAssembly never shrinks; clearing a lot of it at each return costs more than a new interpreter. */
function hasOutgrown(): boolean {
  return insides.HEAPU8.length > photograph.length * 3
}

function putBack(): void {
  if (isClean) return
  const heap = insides.HEAPU8
  heap.set(photograph)
  heap.fill(0, photograph.length)
  for (let fd = 3; fd < insides.FS.streams.length; fd++) if (insides.FS.streams[fd]) insides.FS.closeStream(fd)
  awaken()
  isClean = true
}

function start(python: PyodideAPI): [RunFunction, () => void] {
  const entryPoints = python.runPython(data.bootstrap, { filename: 'runner.py', globals: python.toPy({ __name__: 'runner' }) })
  const holder = entryPoints.get(1)
  entryPoints.get(0)()
  return [holder.get(0), holder.get(1)]
}

function keep(bytes: Uint8Array): number {
  if (printed.length + bytes.length > data.stdoutBytes) {
    printed.isTooMuch = true
    Atomics.store(interrupt, 0, 2)
  } else {
    printed.chunks.push(bytes.slice())
    printed.length += bytes.length
  }
  return bytes.length
}

function takePrinted(): string {
  const decoder = new TextDecoder()
  const text = printed.chunks.map(chunk => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
  printed.chunks = []
  printed.length = 0
  printed.isTooMuch = false
  return text
}

function limitMemory(bytes: number): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } }
  const grow = WebAssembly.Memory.prototype.grow
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * 65536 > bytes) throw new RangeError('the memory limit is reached')
    return grow.call(this, pages)
  }
}

/** Files would outlive the interpreter's memory, so there are none but the standard library and the devices. */
function makeFilesReadOnly({ FS, SOCKFS }: EmscriptenInsides): void {
  const refuse = (code: number) => () => {
    throw new FS.ErrnoError(code)
  }
  const open = FS.open.bind(FS)
  FS.open = (path, flags, mode) => {
    if (typeof flags !== 'number' || (flags & WRITING && path !== '/dev/null')) throw new FS.ErrnoError(EROFS)
    return open(path, flags, mode)
  }
  const writers =
    'mknod create mkdir mkdirTree mkdev symlink rename rmdir unlink chmod lchmod fchmod chown lchown fchown truncate ftruncate utime mount unmount writeFile createDataFile createDevice createLazyFile createPreloadedFile createPath createFile'
  for (const name of writers.split(' ')) if (name in FS) FS[name] = refuse(EROFS)
  if (SOCKFS) SOCKFS.createSocket = refuse(EACCES)
}
