import { z } from 'zod'

/** Schemas of arguments as Dify's request parser takes them, with its words where they are refused. */

/** A whole number in a query or body: `1` and `"1"`. */
export function integer(range?: { min: number; max: number }) {
  const schema = z.unknown().transform((value, context) => {
    const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value
    if (value === undefined) context.addIssue({ code: 'invalid_type', expected: 'int', input: value })
    else if (!Number.isSafeInteger(number)) context.addIssue({ code: 'custom', message: `${value} is not a valid integer` })
    else if (range && (Number(number) < range.min || Number(number) > range.max)) {
      context.addIssue({
        code: 'custom',
        message: `Invalid argument: ${value}. argument must be within the range ${range.min} - ${range.max}`,
      })
    } else return number as number
    return z.NEVER
  })
  return schema.meta({ type: 'integer', ...(range ? { minimum: range.min, maximum: range.max } : {}) })
}

/** The number of a page, where Dify hands it to Python's `int` and says its words. */
export const pageNumber = () => {
  const schema = z.string().transform((value, context) => {
    const number = Number(value)
    const isWhole = /^\s*[+-]?\d+\s*$/.test(value)
    if (isWhole && number >= 1 && number <= LAST_PAGE) return number
    const message = isWhole
      ? `Invalid argument: ${value}. argument must be within the range 1 - ${LAST_PAGE}`
      : `invalid literal for int() with base 10: '${value}'`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  return schema.meta({ type: 'integer', minimum: 1, maximum: LAST_PAGE })
}

const LAST_PAGE = 99_999

/** A decimal number in a body, also as its text. */
export const decimal = () => {
  const schema = z.unknown().transform((value, context) => {
    if (value === undefined) context.addIssue({ code: 'invalid_type', expected: 'number', input: value })
    else {
      const number = typeof value === 'string' && !value.trim() ? Number.NaN : Number(value)
      if (Number.isFinite(number)) return number
      context.addIssue({ code: 'custom', message: `could not convert string to float: '${value}'` })
    }
    return z.NEVER
  })
  return schema.meta({ type: 'number' })
}

/** A truth value in a body: anything that is not empty, zero or false is true, the text `"false"` too. */
export const truthy = () =>
  z
    .unknown()
    .transform(value => Boolean(value) && !(Array.isArray(value) && !value.length))
    .meta({ type: 'boolean' })

/** A truth value in a query: `true`, `false`, `1`, `0`. */
export const queryBoolean = () => {
  const schema = z.string().transform((value, context) => {
    const word = value.toLowerCase()
    if (word === 'true' || word === '1') return true
    if (word === 'false' || word === '0') return false
    context.addIssue({ code: 'custom', message: `Invalid literal for boolean(): ${value}` })
    return z.NEVER
  })
  return schema.meta({ type: 'boolean' })
}

/** A text of bounded length; other scalars are taken as their text. */
export const text = (options: { min?: number; max?: number } = {}) =>
  z.preprocess(
    value => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
    z
      .string()
      .min(options.min ?? 0)
      .max(options.max ?? Number.MAX_SAFE_INTEGER),
  )

const EMAIL = /^[\w.!#$%&'*+\-/=?^_`{|}~]+@([\w-]+\.)+[\w-]{2,}$/

export const email = () => z.string().refine(value => EMAIL.test(value), { error: issue => `${issue.input} is not a valid email.` })

const LANGUAGES =
  'en-US zh-Hans zh-Hant pt-BR es-ES fr-FR de-DE ja-JP ko-KR ru-RU it-IT uk-UA vi-VN ro-RO pl-PL hi-IN tr-TR fa-IR sl-SI th-TH id-ID'.split(
    ' ',
  )

export const language = () =>
  z.string().refine(value => LANGUAGES.includes(value), { error: issue => `${issue.input} is not a valid language.` })

const timezones = new Set<string>()

export const timezone = () => z.string().refine(isTimezone, { error: issue => `${issue.input} is not a valid timezone.` })

function isTimezone(name: string): boolean {
  if (!timezones.size) for (const known of [...Intl.supportedValuesOf('timeZone'), 'UTC']) timezones.add(known)
  if (timezones.has(name)) return true
  try {
    // Older names, such as `Asia/Calcutta`, are known though not listed.
    return /^[A-Z][A-Za-z_+\-/0-9]*$/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** A path part that is an id; another is no such page. */
export const id = () => z.guid()
