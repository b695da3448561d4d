import type { QuickJSContext, QuickJSHandle } from 'quickjs-emscripten'
import { JAVASCRIPT_PRELUDE, WEB_FUNCTIONS, webFunctionsIn } from './javascript-prelude.ts'
import type { ToWorker } from './protocol.ts'

const MAX_FRAMES = 20

/** One run inside a context. Owns every handle it makes: the runtime can only be freed once all are. */
export class Guest implements Disposable {
  readonly #context: QuickJSContext
  readonly #handles: QuickJSHandle[] = []

  constructor(context: QuickJSContext) {
    this.#context = context
  }

  [Symbol.dispose](): void {
    for (const handle of this.#handles) if (handle.alive) handle.dispose()
    this.#context.dispose()
  }

  /** The text of `main`'s JSON result. @throws GuestError */
  run({ code, inputs }: ToWorker, print: (line: string) => void): string {
    const [parse, stringify] = [this.#evaluate('JSON.parse', 'runner.js'), this.#evaluate('JSON.stringify', 'runner.js')]
    const write = this.#context.newFunction('write', line => print(this.#context.getString(line)))
    this.#call(this.#evaluate(JAVASCRIPT_PRELUDE, 'runner.js'), this.#own(write))
    for (const name of webFunctionsIn(code)) this.#evaluate(WEB_FUNCTIONS[name] ?? '', 'runner.js')
    this.#evaluate(code, 'main.js')
    this.#evaluate("if (typeof main === 'undefined') throw new ReferenceError('main is not defined')", 'runner.js')
    const main = this.#evaluate('main', 'runner.js')
    const argument = this.#call(parse, this.#own(this.#context.newString(inputs)))
    const text = this.#call(stringify, this.#settled(this.#call(main, argument)))
    return this.#context.typeof(text) === 'undefined' ? 'undefined' : this.#context.getString(text)
  }

  #own(handle: QuickJSHandle): QuickJSHandle {
    this.#handles.push(handle)
    return handle
  }

  #evaluate(code: string, file: string): QuickJSHandle {
    return this.#take(this.#context.evalCode(code, file, { type: 'global' }))
  }

  #call(called: QuickJSHandle, argument: QuickJSHandle): QuickJSHandle {
    return this.#take(this.#context.callFunction(called, this.#context.undefined, argument))
  }

  /** What a promise came to; any other value as it is. A promise that nothing settles stays a promise. */
  #settled(value: QuickJSHandle): QuickJSHandle {
    const jobs = this.#context.runtime.executePendingJobs()
    if (jobs.error) throw this.#failure(jobs.error)
    const state = this.#context.getPromiseState(value)
    if (state.type === 'rejected') throw this.#failure(state.error)
    return state.type === 'fulfilled' && !state.notAPromise ? this.#own(state.value) : value
  }

  #take(result: { value: QuickJSHandle; error?: undefined } | { error: QuickJSHandle }): QuickJSHandle {
    if (result.error) throw this.#failure(result.error)
    return this.#own(result.value)
  }

  #failure(error: QuickJSHandle): GuestError {
    const thrown = this.#context.dump(this.#own(error))
    if (thrown === null || typeof thrown !== 'object' || typeof thrown.message !== 'string') {
      return new GuestError(`Uncaught ${JSON.stringify(thrown)}\n`, false)
    }
    const frames = String(thrown.stack ?? '')
      .split('\n')
      .filter(line => line.trim() && !line.includes('runner.js') && !line.includes('(native)'))
      .slice(0, MAX_FRAMES)
    const title = `${thrown.name}: ${thrown.message}`
    return new GuestError(`${[title, ...frames].join('\n')}\n`, title === 'InternalError: out of memory')
  }
}

/** The user's code failed. `message` is what the user sees. */
export class GuestError extends Error {
  readonly isMemory: boolean
  constructor(message: string, isMemory: boolean) {
    super(message)
    this.name = 'GuestError'
    this.isMemory = isMemory
  }
}
