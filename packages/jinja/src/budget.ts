import { TemplateLimitError } from './errors.ts'

/** How much one rendering may use. All are counts, never time: the same template ends the same way on every machine. */
export interface Limits {
  /** Evaluated nodes, iterated items and handled characters (one step for each few dozen of them). */
  steps: number
  /** Characters of the output, and of any text made on the way. */
  maxOutput: number
  /** Macros, blocks and recursive loops inside each other. */
  maxDepth: number
}

export const DEFAULT_LIMITS: Limits = { steps: 5_000_000, maxOutput: 5_000_000, maxDepth: 240 }

const CHARACTERS_PER_STEP = 32

// Rendering is synchronous, so one account at a time suffices and no function needs to hand it on.
let stepsLeft = 0
let maxText = 0
let depthLeft = 0

/** Runs `render` with a budget of its own. */
export function withBudget<Result>(limits: Limits, render: () => Result): Result {
  const outer = [stepsLeft, maxText, depthLeft] as const
  ;[stepsLeft, maxText, depthLeft] = [limits.steps, limits.maxOutput, limits.maxDepth]
  try {
    return render()
  } finally {
    ;[stepsLeft, maxText, depthLeft] = outer
  }
}

/** Pays for work. @throws TemplateLimitError when the steps are used up */
export function spend(steps: number): void {
  stepsLeft -= steps
  if (stepsLeft < 0) throw new TemplateLimitError('steps', 'TimeoutError', 'error: timeout')
}

/** Pays for making or reading a text of this many characters. @throws TemplateLimitError when it is too long */
export function spendText(length: number): void {
  if (length > maxText) throw tooLong()
  spend(length / CHARACTERS_PER_STEP)
}

/** Pays for a list of this many items before it is made. */
export function spendItems(count: number): void {
  spend(Math.max(0, count))
}

export function tooLong(): TemplateLimitError {
  return new TemplateLimitError('output', 'MemoryError', `Output length exceeds ${maxText} characters`)
}

export function textLimit(): number {
  return maxText
}

/** Runs `body` one level deeper. @throws TemplateLimitError when it is too deep */
export function deeper<Result>(body: () => Result): Result {
  if (depthLeft <= 0) throw tooDeep()
  depthLeft--
  try {
    return body()
  } finally {
    depthLeft++
  }
}

export function tooDeep(): TemplateLimitError {
  return new TemplateLimitError('depth', 'RecursionError', 'maximum recursion depth exceeded')
}
