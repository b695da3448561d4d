import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Ends the start. Loading modules blows the heap's young generation up to more than 100 MB, which V8 keeps for as long as the process
 * is idle; one thorough collection (some 40 ms) gives it back. The compile cache is written now, since a killed process never does.
 */
export function settle() {
  setFlagsFromString('--expose-gc')
  const collect: (options: object) => void = runInNewContext('gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  flushCompileCache()
}
