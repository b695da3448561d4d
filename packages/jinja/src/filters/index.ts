import { attributeOf } from '../methods/index.ts'
import { missing } from '../values/access.ts'
import { isTrue, length } from '../values/core.ts'
import { type PyValue, Undefined } from '../values/objects.ts'
import { pyStr } from '../values/printing.ts'
import { builtin, define, type FilterFunction } from './define.ts'
import { HTML_FILTERS } from './html-filters.ts'
import { mappingFilters } from './mapping-filters.ts'
import { NUMBER_FILTERS } from './number-filters.ts'
import { prettyFormat } from './pretty.ts'
import { SEQUENCE_FILTERS } from './sequence-filters.ts'
import { TESTS } from './tests.ts'
import { TEXT_FILTERS } from './text-filters.ts'

export type { FilterFunction } from './define.ts'

const fallback = define(
  'do_default',
  ['value', 'default_value?', 'boolean?'],
  (_escaping, value: PyValue, other: PyValue = '', replacesFalse: PyValue = false) =>
    value instanceof Undefined || (isTrue(replacesFalse) && !isTrue(value)) ? other : value,
)

const attribute = define(
  'do_attr',
  ['obj', 'name'],
  (_escaping, value: PyValue, name: PyValue) => {
    const found = attributeOf(value, pyStr(name))
    return found === undefined ? missing(value, pyStr(name)) : found
  },
  1,
)

const table = new Map<string, FilterFunction>([
  ...TEXT_FILTERS,
  ...SEQUENCE_FILTERS,
  ...NUMBER_FILTERS,
  ...HTML_FILTERS,
  ['attr', attribute],
  ['count', builtin('len', length)],
  ['length', builtin('len', length)],
  ['d', fallback],
  ['default', fallback],
  ['pprint', define('do_pprint', ['value'], (_escaping, value: PyValue) => prettyFormat(value))],
])
for (const [name, filter] of mappingFilters(table, TESTS)) table.set(name, filter)

/** Every filter of Jinja2's default environment. */
export const FILTERS: ReadonlyMap<string, FilterFunction> = table
