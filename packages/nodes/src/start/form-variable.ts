import { z } from 'zod'
import { integerSchema, withDefault } from '../node-data.ts'

const texts = z.array(z.string())

/** A field of the form that starts a run, in the DSL's names. */
export const formVariableSchema = z.object({
  variable: z.string(),
  label: z.string(),
  description: withDefault(z.string(), ''),
  type: z.enum(['text-input', 'paragraph', 'select', 'number', 'checkbox', 'file', 'file-list', 'external_data_tool']),
  required: withDefault(z.boolean(), false),
  hide: withDefault(z.boolean(), false),
  /** Code points of a text, files of a list. */
  max_length: integerSchema.nullish().transform(length => length ?? null),
  options: withDefault(texts, []),
  allowed_file_types: withDefault(z.array(z.enum(['image', 'document', 'audio', 'video', 'custom'])), []),
  /** With their dots. */
  allowed_file_extensions: withDefault(texts, []),
  allowed_file_upload_methods: withDefault(z.array(z.enum(['remote_url', 'local_file', 'tool_file', 'datasource_file'])), []),
})

export type FormVariable = z.output<typeof formVariableSchema>
