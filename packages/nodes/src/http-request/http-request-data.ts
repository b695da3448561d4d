import { z } from 'zod'
import { integerSchema, selectorSchema, withDefault } from '../node-data.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const
const UPPER_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const

const authorizationSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('no-auth') }),
  z.object({
    type: z.literal('api-key'),
    config: z.object({ type: z.enum(['basic', 'bearer', 'custom']), api_key: z.string(), header: withDefault(z.string(), '') }),
  }),
])

const itemSchema = z.object({
  key: withDefault(z.string(), ''),
  type: z.enum(['file', 'text']),
  value: withDefault(z.string(), ''),
  file: withDefault(selectorSchema, []),
})

/** Old files hold a body's data as one text, or as nothing. */
const itemsSchema = z.preprocess(data => {
  if (typeof data === 'string' && data) return [{ key: '', type: 'text', value: data }]
  return data || []
}, z.array(itemSchema))

const bodySchema = z.object({
  type: z.enum(['none', 'form-data', 'x-www-form-urlencoded', 'raw-text', 'json', 'binary']),
  data: itemsSchema,
})

export const httpRequestSchema = z.object({
  method: z.enum([...METHODS, ...UPPER_METHODS]),
  url: z.string(),
  authorization: authorizationSchema,
  /** Lines `name:value`. */
  headers: z.string(),
  /** Lines `name:value`. */
  params: z.string(),
  body: bodySchema.nullish(),
  /** Seconds; 0 is the platform's default. */
  timeout: z
    .object({ connect: withDefault(integerSchema, 0), read: withDefault(integerSchema, 0), write: withDefault(integerSchema, 0) })
    .nullish(),
  ssl_verify: z.boolean().nullish(),
  error_strategy: z.string().nullish(),
  retry_config: z.object({ retry_enabled: withDefault(z.boolean(), false) }).nullish(),
})

export type HttpRequestData = z.output<typeof httpRequestSchema>
export type BodyItem = z.output<typeof itemSchema>
