import { TemplateRuntimeError } from '../errors.ts'
import type { EscapeState } from '../runtime/context.ts'
import { isText, isTrue, iterate, rawText } from '../values/core.ts'
import { type Keywords, PyIterator, type PyValue, Undefined } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import { attributeGetter, type Getter, identity } from './attributes.ts'
import type { FilterFunction } from './define.ts'

/** A filter or test called by a name that is a value. @throws TemplateRuntimeError where there is none of that name */
function named(kind: 'filter' | 'test', table: ReadonlyMap<string, FilterFunction>, name: PyValue): FilterFunction {
  const found = isText(name) ? table.get(rawText(name)) : undefined
  if (found) return found
  const hint = name instanceof Undefined ? ` (${name.message}; did you forget to quote the callable name?)` : ''
  throw new TemplateRuntimeError('TemplateRuntimeError', `No ${kind} named ${pyRepr(name)}.${hint}`)
}

function argumentError(message: string): TemplateRuntimeError {
  return new TemplateRuntimeError('FilterArgumentError', message)
}

function prepareMap(filters: ReadonlyMap<string, FilterFunction>, escaping: EscapeState, args: PyValue[], keywords: Keywords): Getter {
  const attribute = keywords.get('attribute')
  if (!args.length && attribute !== undefined) {
    const unexpected = [...keywords.keys()].find(name => name !== 'attribute' && name !== 'default')
    if (unexpected !== undefined) throw argumentError(`Unexpected keyword argument ${pyRepr(unexpected)}`)
    const fallback = keywords.get('default')
    return attributeGetter(attribute, identity, fallback === undefined ? null : fallback)
  }
  const [name, ...rest] = args
  if (name === undefined) throw argumentError('map requires a filter argument')
  return item => named('filter', filters, name)(escaping, [item, ...rest], keywords)
}

function prepareTest(tests: ReadonlyMap<string, FilterFunction>, escaping: EscapeState, args: PyValue[], keywords: Keywords): Getter {
  const [name, ...rest] = args
  if (name === undefined) return isTrue
  return item => named('test', tests, name)(escaping, [item, ...rest], keywords)
}

function requireInput(pythonName: string, args: PyValue[]): PyValue {
  const [value] = args
  if (value === undefined) throw argumentError(`${pythonName} requires a value`)
  return value
}

function selecting(pythonName: string, tests: ReadonlyMap<string, FilterFunction>, keeps: boolean, usesAttribute: boolean): FilterFunction {
  function* select(value: PyValue, escaping: EscapeState, args: PyValue[], keywords: Keywords): Generator<PyValue, undefined> {
    if (!isTrue(value)) return
    const [attribute, ...rest] = args
    if (usesAttribute && attribute === undefined) throw argumentError('Missing parameter for attribute name')
    const get = usesAttribute ? attributeGetter(attribute) : identity
    const test = prepareTest(tests, escaping, usesAttribute ? rest : args, keywords)
    for (const item of iterate(value)) if (isTrue(test(get(item))) === keeps) yield item
  }
  return (escaping, args, keywords) => {
    const items = select(requireInput(pythonName, args), { ...escaping }, args.slice(1), keywords)
    return new PyIterator(items, 'generator', 'generator object select_or_reject')
  }
}

/** The filters that apply other filters or tests to each item. */
export function mappingFilters(
  filters: ReadonlyMap<string, FilterFunction>,
  tests: ReadonlyMap<string, FilterFunction>,
): [string, FilterFunction][] {
  function* mapped(value: PyValue, escaping: EscapeState, args: PyValue[], keywords: Keywords): Generator<PyValue, undefined> {
    if (!isTrue(value)) return
    const apply = prepareMap(filters, escaping, args, keywords)
    for (const item of iterate(value)) yield apply(item)
  }
  const map: FilterFunction = (escaping, args, keywords) =>
    new PyIterator(mapped(requireInput('map', args), escaping, args.slice(1), keywords), 'generator', 'generator object sync_do_map')
  return [
    ['map', map],
    ['select', selecting('select', tests, true, false)],
    ['reject', selecting('reject', tests, false, false)],
    ['selectattr', selecting('selectattr', tests, true, true)],
    ['rejectattr', selecting('rejectattr', tests, false, true)],
  ]
}
