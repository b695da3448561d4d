import type { ValueMap } from '@weft/contracts'
import type { ToolParameter } from '@weft/ports'

/** One operation of an API as a tool. Spelled as Dify stores and shows it. */
export interface ApiOperation {
  /** With the path, whose parameters are still in it. */
  server_url: string
  method: string
  summary: string | null
  operation_id: string
  parameters: ToolParameter[]
  author: string
  icon: string | null
  /** The operation of the document, with what its sending needs resolved. */
  openapi: ValueMap
}

export const API_SCHEMA_TYPES = ['openapi', 'swagger', 'openai_plugin', 'openai_actions'] as const
export type ApiSchemaType = (typeof API_SCHEMA_TYPES)[number]

export interface ReadApi {
  operations: ApiOperation[]
  schemaType: ApiSchemaType
  description: string
  /** By kind. */
  warnings: { [kind: string]: string }
}

/** A document that describes no API that can be called. The message says what is wrong with it. */
export class ApiSchemaError extends Error {
  readonly code = 'invalid-api-schema'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ApiSchemaError'
  }
}
