import { toNumber, type ValueMap } from '@weft/contracts'
import { estimateMessageTokens, type LanguageModels, type ModelReference, type ModelSchema } from '@weft/ports'
import type { ReadyModel } from './model-access.ts'
import type { ModelCalls } from './model-calls.ts'
import type { UsageLedger } from './usage-ledger.ts'

/** Language models by their tenant's credentials. */
export function createLanguageModels({ calls, ledger }: { calls: ModelCalls; ledger: UsageLedger }): LanguageModels {
  return {
    schema: async reference => schemaOf(reference, await calls.find(reference, 'llm')),
    async *stream(reference, request) {
      let asked: ReadyModel | undefined
      const events = calls.stream(reference, 'llm', { signal: request.signal }, (ready, call) => {
        asked = ready
        return ready.provider.stream(call, request)
      })
      for await (const event of events) {
        if (event.type === 'finish' && asked) {
          const { scope, provider } = asked
          ledger.record(scope, { provider: provider.declaration.provider, model: reference.model, type: 'llm' }, event.usage)
        }
        yield event
      }
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
    maxOutputTokens:
      declaration.parameter_rules.find(({ name, use_template }) => name === 'max_tokens' || use_template === 'max_tokens')?.max ?? null,
    parameterRules: declaration.parameter_rules as unknown as ValueMap[],
  }
}
