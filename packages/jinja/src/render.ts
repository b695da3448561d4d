import type { ValueMap } from '@weft/contracts'
import { DEFAULT_LIMITS, type Limits, tooDeep, withBudget } from './budget.ts'
import { type CompiledTemplate, compileTemplate } from './compiler/statements.ts'
import { typeError } from './errors.ts'
import { Context, lookUpIn } from './runtime/context.ts'
import { GLOBALS } from './runtime/globals.ts'
import { Output } from './runtime/output.ts'
import { parse } from './template/parser.ts'

/** A template that has been parsed and can be rendered any number of times. */
export interface Template {
  /** @throws JinjaError */
  render(variables: ValueMap, limits?: Partial<Limits>): string
}

/** Parses a template without rendering it. @throws TemplateSyntaxError */
export function parseTemplate(source: string): Template {
  const compiled = guarded(DEFAULT_LIMITS, () => compileTemplate(parse(source)))
  return { render: (variables, limits) => run(compiled, variables, { ...DEFAULT_LIMITS, ...limits }) }
}

const MAX_CACHED = 256
const MAX_CACHED_LENGTH = 100_000
const cache = new Map<string, Template>()

/**
 * Renders a Jinja2 template with Python's values. What is parsed is kept for the next time.
 * @throws JinjaError with the message that Jinja2 gives
 */
export function renderTemplate(source: string, variables: ValueMap, limits?: Partial<Limits>): string {
  return cachedTemplate(source).render(variables, limits)
}

function cachedTemplate(source: string): Template {
  const known = cache.get(source)
  // Taken out and put in again, the entry is the newest.
  cache.delete(source)
  const template = known ?? parseTemplate(source)
  if (source.length > MAX_CACHED_LENGTH) return template
  cache.set(source, template)
  const [oldest] = cache.keys()
  if (cache.size > MAX_CACHED && oldest !== undefined) cache.delete(oldest)
  return template
}

function run(template: CompiledTemplate, variables: ValueMap, limits: Limits): string {
  if (Object.hasOwn(variables, 'self')) throw typeError("Template.render() got multiple values for argument 'self'")
  return guarded(limits, () => {
    const output = new Output()
    template.root(new Context(lookUpIn(variables, GLOBALS), template.blocks, { isOn: false }), output)
    return output.text
  })
}

/** Within a budget, and with an exhausted stack as the template's error, not ours. */
function guarded<Result>(limits: Limits, body: () => Result): Result {
  try {
    return withBudget(limits, body)
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep()
    throw error
  }
}
