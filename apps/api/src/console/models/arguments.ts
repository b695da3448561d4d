import { MODEL_TYPES } from '@weft/ports'
import { z } from 'zod'

/** Arguments that the routes of models share. */
export const modelType = () => z.enum(MODEL_TYPES)

export const modelArguments = { model: z.string(), model_type: modelType() }

const MAX_NAME = 30

export const credentialName = () =>
  z
    .string()
    .refine(value => value.length <= MAX_NAME, {
      error: issue => `Invalid argument: ${issue.input}. argument cannot exceed length ${MAX_NAME}`,
    })
    .nullish()

export const credentialValues = () => z.record(z.string(), z.unknown())

export const credentialId = () => z.guid()
