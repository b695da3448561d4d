import { TemplateRuntimeError } from '../errors.ts'
import { type AttributeLookup, formatBraces } from '../values/brace-format.ts'
import { escapeValue } from '../values/html.ts'
import { stripTags, unescapeHtml } from '../values/html-text.ts'
import { getItem } from '../values/items.ts'
import type { Markup, PyValue } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import { type Method, type MethodTable, positional } from './method-table.ts'

type Text = string | Markup

/** `format` and `format_map`, which look up attributes of what they print. */
export function stringFormatMethods(getAttribute: AttributeLookup): MethodTable {
  const format: Method = (self, args, keywords) =>
    formatBraces(self as Text, {
      positional: args,
      named: name => {
        const value = keywords.get(name)
        if (value === undefined) throw new TemplateRuntimeError('KeyError', pyRepr(name))
        return value
      },
      getAttribute,
    })
  return new Map<string, Method>([
    ['format', format],
    positional('str', 'format_map', 1, 1, (self: Text, mapping) =>
      formatBraces(self, { positional: [], named: name => getItem(mapping as PyValue, name), getAttribute }),
    ),
  ])
}

/** What safe text can do beyond other text. */
export const MARKUP_METHODS: MethodTable = new Map<string, Method>([
  positional('Markup', 'unescape', 0, 0, (self: Markup) => unescapeHtml(self.text)),
  positional('Markup', 'striptags', 0, 0, (self: Markup) => stripTags(self.text)),
  positional('Markup', 'escape', 1, 1, (_self: Markup, value) => escapeValue(value as PyValue)),
])
