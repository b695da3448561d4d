import { builtinModules, createRequire, registerHooks, syncBuiltinESMExports } from 'node:module'

/** Globals beside the language's own that the interpreters need and that reach nothing. */
const KEPT_GLOBALS = new Set(['console', 'crypto', 'performance', 'TextDecoder', 'TextEncoder'])

/** What the language itself brings. `eval` and `Function` are left out: they make code. */
const LANGUAGE_GLOBALS = new Set(
  `Object Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error AggregateError EvalError
  RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math Intl ArrayBuffer Atomics Uint8Array Int8Array Uint16Array
  Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt
  Set Iterator WeakMap WeakSet WeakRef Proxy Reflect FinalizationRegistry decodeURI decodeURIComponent encodeURI encodeURIComponent escape
  unescape isFinite isNaN SuppressedError DisposableStack AsyncDisposableStack SharedArrayBuffer WebAssembly`.split(/\s+/),
)

/** Methods of `process` that Node itself calls while a thread lives; all others go. */
const KEPT_OF_PROCESS = new Set(
  `nextTick _tickCallback emit on once off addListener removeListener removeAllListeners listeners listenerCount rawListeners eventNames
  prependListener env setMaxListeners getMaxListeners emitWarning versions version platform arch release features domain _events _eventsCount
  _maxListeners _exiting exitCode hrtime memoryUsage _rawDebug stdin stdout stderr setUncaughtExceptionCaptureCallback hasUncaughtExceptionCaptureCallback`.split(
    /\s+/,
  ),
)

/**
 * Takes from this thread what could reach outside it: no code made from text, no imports, no modules of Node, no `process`, no
 * network. To be called once the interpreter is loaded. The interpreters keep user code from JavaScript in the first place; this
 * holds should they fail, and Node's permission model, given at the thread's start, holds for the disk and for processes beneath it.
 */
export function makeRealmPowerless(): void {
  // Bound now: emptying the modules takes these two with them.
  const [hook, publish] = [registerHooks, syncBuiltinESMExports]
  emptyBuiltinModules()
  publish()
  hook({
    resolve(specifier) {
      throw new Error(`nothing can be imported here: ${specifier}`)
    },
  })
  const realProcess = process
  for (const name of Object.getOwnPropertyNames(realProcess)) {
    if (!KEPT_OF_PROCESS.has(name)) remove(realProcess, name)
  }
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!LANGUAGE_GLOBALS.has(name) && !KEPT_GLOBALS.has(name)) remove(globalThis, name)
  }
  const { WebAssembly } = globalThis as unknown as { WebAssembly: object }
  for (const name of ['Module', 'Instance', 'compile', 'instantiate', 'compileStreaming', 'instantiateStreaming']) remove(WebAssembly, name)
  const functions = [() => {}, async () => {}, function* () {}, async function* () {}]
  for (const kind of functions) {
    Object.defineProperty(Object.getPrototypeOf(kind), 'constructor', { value: undefined, writable: false, configurable: false })
  }
}

function emptyBuiltinModules(): void {
  const require = createRequire(import.meta.url)
  const refuse = () => {
    throw new Error('not available here')
  }
  const silence = () => {}
  for (const name of builtinModules) {
    if (KEPT_MODULES.has(name) || name.startsWith('_')) continue
    const replacement = name === 'console' ? silence : refuse
    const exports = loaded(require, name)
    for (const [key, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(exports ?? {}))) {
      if (get || typeof value === 'function' || (typeof value === 'object' && value !== null))
        if (!KEPT_EXPORTS.has(`${name}.${key}`)) remove(exports as object, key, replacement)
    }
  }
}

/** Pyodide's source of randomness. */
const KEPT_EXPORTS = new Set(['crypto.randomFillSync', 'crypto.webcrypto'])

/** Modules that reach nothing by themselves, and that Node's own running needs whole. */
const KEPT_MODULES = new Set([
  'events',
  'buffer',
  'util',
  'util/types',
  'stream',
  'string_decoder',
  'timers',
  'path',
  'path/posix',
  'path/win32',
  'url',
  'querystring',
  'punycode',
  'assert',
  'assert/strict',
  'constants',
  'process',
  'sys',
  'perf_hooks',
  'async_hooks',
  'diagnostics_channel',
  'stream/promises',
  'stream/web',
  'stream/consumers',
  'timers/promises',
])

function loaded(require: NodeJS.Require, name: string): Record<string, unknown> | undefined {
  try {
    return require(name)
  } catch {
    return undefined // Under the permission model some modules refuse to load at all.
  }
}

function remove(owner: object, name: string, replacement?: unknown): void {
  try {
    if (replacement !== undefined) Object.defineProperty(owner, name, { value: replacement, configurable: true, writable: true })
    else if (!Reflect.deleteProperty(owner, name)) (owner as Record<string, unknown>)[name] = undefined
  } catch {
    // A property that can neither go nor change is one of the language's own.
  }
}
