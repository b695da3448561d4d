import type { PyValue } from '../values/objects.ts'
import type { Context } from './context.ts'

/** The variables of one running function of a template: its root, a block, a macro, a recursive loop. */
export class Scope {
  /** `undefined` is a variable that has not been set. */
  readonly slots: (PyValue | undefined)[] = []
  readonly parent: Scope | undefined
  readonly context: Context
  constructor(context: Context, parent?: Scope) {
    this.context = context
    this.parent = parent
  }
}
