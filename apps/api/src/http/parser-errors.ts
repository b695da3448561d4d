import type { z } from 'zod'
import { invalidArguments, type ResponseError } from './response-error.ts'

type Location = 'the JSON body' | 'the query string'

/**
 * The first thing wrong with a request, in the words of Dify's request parser. A field's schema may say its own by
 * `.meta({ help })`, which comes in front, or by an error message of its own.
 */
export function parserError(error: z.ZodError, input: unknown, location: Location, schema: z.ZodType): ResponseError {
  const [issue] = error.issues
  const field = String(issue?.path[0] ?? '')
  if (!issue || !field) return invalidArguments({})
  const value = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], input)
  const reason = reasonOf(issue, value, field, location)
  if (reason === undefined) return invalidArguments({})
  const help = helpOf(schema, field)
  return invalidArguments({ [field]: help ? `${help} ${reason}` : reason })
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown, field: string, location: Location): string | undefined {
  if (value === undefined && issue.code !== 'custom') return `Missing required parameter in ${location}`
  switch (issue.code) {
    case 'invalid_value':
      return `The value ${pythonQuote(value)} is not a valid choice for '${field}'.`
    case 'invalid_type':
      if (issue.expected === 'int' || issue.expected === 'number') return `${value} is not a valid integer`
      return issue.expected === 'object' || issue.expected === 'record'
        ? undefined
        : `${pythonQuote(value)} is not a valid ${issue.expected}`
    case 'too_big':
      if (issue.origin === 'string') return `Invalid ${field}: ${value}. ${field} cannot exceed length ${issue.maximum}`
      return issue.message
    case 'invalid_format':
      return `${value} is not a valid ${issue.format === 'guid' ? 'uuid' : issue.format}.`
    default:
      return issue.message
  }
}

function pythonQuote(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

function helpOf(schema: z.ZodType, field: string): string | undefined {
  const shape = (schema as { shape?: Record<string, z.ZodType> }).shape
  const help = shape?.[field]?.meta()?.help
  return typeof help === 'string' ? help : undefined
}
