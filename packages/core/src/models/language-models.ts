import { toNumber, type ValueMap } from '@weft/contracts'
import { estimateMessageTokens, type LanguageModels, type ModelReference, type ModelSchema } from '@weft/ports'
import type { ModelAccess, ReadyModel } from './model-access.ts'

/** Language models by their tenant's credentials. */
export function createLanguageModels({ access }: { access: ModelAccess }): LanguageModels {
  return {
    schema: async reference => schemaOf(reference, await access.find(reference, 'llm')),
    async *stream(reference, request) {
      const { provider, credentials } = await access.find(reference, 'llm')
      yield* provider.stream({ type: 'llm', model: reference.model, credentials, signal: request.signal }, request)
    },
    countTokens: (_reference, messages) => estimateMessageTokens(messages),
  }
}

function schemaOf({ model }: ModelReference, { provider, declaration }: ReadyModel): ModelSchema {
  const { mode, context_size } = declaration.model_properties
  return {
    provider: provider.declaration.provider,
    model,
    mode: mode === 'completion' ? 'completion' : 'chat',
    features: declaration.features,
    contextSize: toNumber(context_size) ?? null,
    maxOutputTokens: declaration.parameter_rules.find(({ name }) => name === 'max_tokens')?.max ?? null,
    parameterRules: declaration.parameter_rules as unknown as ValueMap[],
  }
}
