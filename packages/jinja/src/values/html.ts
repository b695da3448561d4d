import { isText, rawText } from './core.ts'
import { Markup, type PyValue } from './objects.ts'
import { pyStr } from './printing.ts'
import { checked } from './text.ts'

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' }

/** `markupsafe.escape(value)` as plain text. */
export function escapeText(value: PyValue): string {
  if (value instanceof Markup) return value.text
  return checked(pyStr(value).replace(/[&<>'"]/g, character => ENTITIES[character] ?? ''))
}

export function escapeValue(value: PyValue): Markup {
  return value instanceof Markup ? value : new Markup(escapeText(value))
}

/** `soft_str(value)`: text as it is, anything else printed. */
export function softText(value: PyValue): string | Markup {
  return isText(value) ? value : pyStr(value)
}

/** A result about as safe as the text it came from: what `Markup`'s own methods give. */
export function like(source: string | Markup, text: string): string | Markup {
  return source instanceof Markup ? new Markup(text) : text
}

/** An argument to a method of a text: text put into safe text is escaped first. */
export function textFor(target: string | Markup, argument: string | Markup): string {
  return target instanceof Markup ? escapeText(argument) : rawText(argument)
}
