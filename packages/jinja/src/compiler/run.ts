import type { Output } from '../runtime/output.ts'
import type { Scope } from '../runtime/scope.ts'
import type { Statement } from '../template/ast.ts'
import { escapeText } from '../values/html.ts'
import type { PyValue } from '../values/objects.ts'
import { pyStr } from '../values/printing.ts'
import type { Frame } from './frame.ts'

/** A compiled statement. */
export type Run = (scope: Scope, output: Output) => void

/** Compiles what is inside a statement; handed to the statements that have a body, so that they need not know all others. */
export type CompileBody = (body: Statement[], frame: Frame) => Run

/** A value's text where it is printed. */
export function printer(frame: Frame): (scope: Scope, value: PyValue) => string {
  if (frame.escaping === 'dynamic') return (scope, value) => (scope.context.escaping.isOn ? escapeText(value) : pyStr(value))
  return frame.escaping ? (_scope, value) => escapeText(value) : (_scope, value) => pyStr(value)
}
