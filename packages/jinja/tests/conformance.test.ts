import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson, type ValueMap } from '@weft/contracts'
import { describe, expect, it } from 'vitest'
import { JinjaError, renderTemplate, type TemplateSyntaxError } from '../src/index.ts'

interface Case {
  name: string
  template: string
  variables: ValueMap
  output?: string
  error?: string
  line?: number
  plain?: { output?: string; error?: string }
  unsafe?: boolean
  /** Hangs on numbers that the file may have lost on its way. */
  numbers?: boolean
}

const folder = process.env.CONFORMANCE_DIR ?? join(import.meta.dirname, '../../../../shared/conformance')
const file = join(folder, 'jinja/cases.json')
const cases = existsSync(file) ? (parseJson(readFileSync(file, 'utf8')) as unknown as Case[]).filter(entry => !entry.numbers) : []

function failureOf(entry: Case): unknown {
  try {
    return `rendered: ${renderTemplate(entry.template, entry.variables)}`
  } catch (error) {
    return error
  }
}

describe.skipIf(!cases.length)('what Jinja2 was recorded to do', () => {
  it.each(cases.map(entry => [entry.name, entry] as const))('%s', (_name, entry) => {
    const wanted = entry.plain ?? entry
    if (entry.unsafe) {
      const failure = failureOf(entry)
      if (!(failure instanceof JinjaError)) expect(failure).toBe(`rendered: ${entry.output}`)
      return
    }
    if (wanted.output !== undefined) {
      expect(renderTemplate(entry.template, entry.variables)).toBe(wanted.output)
      return
    }
    const failure = failureOf(entry)
    expect(failure).toBeInstanceOf(JinjaError)
    expect(`${(failure as JinjaError).pythonClass}: ${(failure as JinjaError).message}`).toContain(wanted.error)
    if (entry.line !== undefined) expect((failure as TemplateSyntaxError).line).toBe(entry.line)
  })
})
