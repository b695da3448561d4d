import {
  type CredentialField,
  MODEL_TYPES,
  type ModelCall,
  type ModelCredentials,
  type ModelDeclaration,
  ModelError,
  type ModelEvent,
  type ModelPricing,
  type ModelProvider,
  type ModelRequest,
  type ModelType,
  type ParameterRule,
  type ProviderDeclaration,
} from '@weft/ports'
import { type CatalogueModel, likelyModel, readCatalogue, toDeclaration } from './catalogue.ts'
import { contextOf, featuresOf, outputLimitOf } from './custom-model.ts'
import type { VendorEnvironment } from './environment.ts'
import { text } from './form.ts'
import { monogram } from './icon.ts'
import { halfASecondOfSilence } from './probe.ts'
import { streamWithRetries, withRetries } from './retries.ts'

export type { VendorEnvironment } from './environment.ts'

export type CreateProvider = (environment: VendorEnvironment) => ModelProvider

/** What is to be known of a vendor before it is called. */
export interface VendorDefinition {
  /** As Dify's plugin has it: `langgenius/openai/openai`. */
  id: string
  label: string
  description: string
  /** Of the icon. */
  colour: string
  /** Where keys are made. */
  help?: string
  types: ModelType[]
  /** The fields of the provider's credentials, under the plugin's names. */
  providerForm?: CredentialField[]
  /** The fields of a model with credentials of its own. */
  modelForm?: CredentialField[]
  /** A file of `data`, without its ending. */
  catalogue?: string
  /** Models that the file lacks, or has less of. */
  models?: CatalogueModel[] | (() => CatalogueModel[])
  rules(model: CatalogueModel): ParameterRule[]
  /** The model that provider credentials are tried with. */
  probe?: { model: string; type?: ModelType }
  /** What a custom model can do, where its form says more than most. */
  describe?(type: ModelType, model: string, credentials: ModelCredentials): ModelDeclaration
  /** Which of the catalogue's models one under another name is. */
  baseOf?(model: string, credentials: ModelCredentials): string
  /** True where the vendor serves models under any name: those that its account has, or new ones. */
  hasUnlisted?: boolean
}

/** What a vendor can do, without retries. Each gives what the method of `ModelProvider` of its name does. */
export interface VendorCalls {
  stream?(call: ModelCall, request: ModelRequest, model: { pricing: ModelPricing | null }): AsyncIterable<ModelEvent>
  embed?: ModelProvider['embed']
  rerank?: ModelProvider['rerank']
  speak?: ModelProvider['speak']
  transcribe?: ModelProvider['transcribe']
  moderate?: ModelProvider['moderate']
  /** Asks a language model for next to nothing. Without it, its answer is begun and left. */
  ping?(call: ModelCall): Promise<void>
}

/** A provider of what the vendor declares and can do: lists, forms, icons, retries and checks are the same for all. */
export function createVendor(environment: VendorEnvironment, definition: VendorDefinition, calls: VendorCalls): ModelProvider {
  const declaration = declare(definition)
  let entries: CatalogueModel[] | undefined
  let models: ModelDeclaration[] | undefined
  const catalogue = () => {
    entries ??= catalogueOf(definition)
    return entries
  }
  const listed = () => {
    if (!definition.providerForm) return []
    models ??= uniquely(catalogue().filter(model => definition.types.includes(model.type))).map(model =>
      toDeclaration(model, definition.rules),
    )
    return models
  }
  const known = (type: ModelType, name: string) => catalogue().find(model => model.model === name && model.type === type)

  function describe(type: ModelType, model: string, credentials: ModelCredentials): ModelDeclaration | undefined {
    if (!definition.modelForm || !definition.types.includes(type)) return undefined
    if (definition.describe) return definition.describe(type, model, credentials)
    const base = known(type, definition.baseOf?.(model, credentials) ?? model)
    const features = [...new Set([...(base?.features ?? []), ...featuresOf(credentials)])]
    const described = toDeclaration(
      {
        ...base,
        model,
        type,
        label: String(credentials.display_name || credentials.model_label_en_US || model),
        features,
        mode: credentials.mode === 'completion' || credentials.completion_type === 'completion' ? 'completion' : 'chat',
        context: contextOf(credentials) ?? base?.context ?? 4096,
        output: outputLimitOf(credentials) ?? base?.output ?? 4096,
        deprecated: false,
      },
      definition.rules,
    )
    return { ...described, fetch_from: 'customizable-model' }
  }

  function unlisted(type: ModelType, model: string): ModelDeclaration | undefined {
    if (!definition.hasUnlisted || !definition.providerForm || !definition.types.includes(type)) return undefined
    const base = known(type, definition.baseOf?.(model, {}) ?? model) ?? likelyModel(type, model)
    return toDeclaration({ ...base, model, deprecated: false }, definition.rules)
  }

  const pricingFor = ({ type, model, credentials }: ModelCall): ModelPricing | null => {
    const predefined = listed().find(item => item.model === model && item.model_type === type)
    return (predefined ?? describe(type, model, credentials) ?? unlisted(type, model))?.pricing ?? null
  }

  const retrying = (call: ModelCall) => ({ sleep: environment.sleep, signal: call.signal, tries: call.tries })

  async function check(call: ModelCall): Promise<void> {
    try {
      await tryOnce({ ...call, tries: 1 })
    } catch (error) {
      if (!(error instanceof ModelError) || error.code === 'aborted') throw error
      throw new ModelError('credentials-invalid', `Credentials validation failed: ${error.message}`, { cause: error, status: error.status })
    }
  }

  /** Calls the model once, as little as its type allows. */
  async function tryOnce(call: ModelCall): Promise<void> {
    if (call.type === 'llm') {
      if (calls.ping) return calls.ping(call)
      const request: ModelRequest = { messages: [{ role: 'user', content: 'ping' }], parameters: { max_tokens: 16 } }
      for await (const _event of provider.stream(call, request)) return
    }
    if (call.type === 'text-embedding') await provider.embed?.(call, ['ping'])
    if (call.type === 'rerank') await provider.rerank?.(call, 'What is a loom?', ['A frame for weaving cloth.', 'A kind of bird.'])
    if (call.type === 'moderation') await provider.moderate?.(call, 'ping')
    if (call.type === 'speech2text')
      await provider.transcribe?.(call, { bytes: halfASecondOfSilence(), filename: 'silence.wav', mimeType: 'audio/wav' })
    if (call.type === 'tts') for await (const _chunk of provider.speak?.(call, 'Hi', undefined) ?? []) return
  }

  const { stream, embed, rerank, speak, transcribe, moderate } = calls
  const provider: ModelProvider = {
    declaration,
    get models() {
      return listed()
    },
    icon: kind => (kind === 'icon_small' ? monogram(definition.label, definition.colour) : undefined),
    describe,
    unlisted,
    async validateProvider(credentials, signal) {
      const { probe } = definition
      if (!definition.providerForm || !probe)
        throw new ModelError('credentials-invalid', 'This provider has no credentials of its own: add a model with its credentials.')
      const model = String(credentials.validate_model || credentials.model_for_validation || probe.model)
      try {
        await check({ type: probe.type ?? 'llm', model, credentials, signal })
      } catch (error) {
        // Whoever is told that there is no such model was let in.
        if (!(error instanceof ModelError && error.cause instanceof ModelError && error.cause.code === 'model-not-found')) throw error
      }
    },
    validateModel: check,
    stream(call, request) {
      if (!stream) throw new ModelError('feature-not-supported', `${definition.label} has no language models.`)
      return streamWithRetries(() => stream(call, request, { pricing: pricingFor(call) }), retrying(call))
    },
    ...(embed && { embed: (call, texts) => withRetries(() => embed(call, texts), retrying(call)) }),
    ...(rerank && { rerank: (call, ...rest) => withRetries(() => rerank(call, ...rest), retrying(call)) }),
    ...(speak && { speak: (call, ...rest) => streamWithRetries(() => speak(call, ...rest), retrying(call)) }),
    ...(transcribe && { transcribe: (call, audio) => withRetries(() => transcribe(call, audio), retrying(call)) }),
    ...(moderate && { moderate: (call, input) => withRetries(() => moderate(call, input), retrying(call)) }),
  }
  return provider
}

/** All models that are known of a vendor; own ones come first. */
export function catalogueOf({ models = [], catalogue }: Pick<VendorDefinition, 'models' | 'catalogue'>): CatalogueModel[] {
  return [...(typeof models === 'function' ? models() : models), ...(catalogue ? readCatalogue(catalogue) : [])]
}

function declare({ id, label, description, help, types, providerForm, modelForm }: VendorDefinition): ProviderDeclaration {
  return {
    provider: id,
    label: text(label),
    description: text(description),
    icon_small: text('icon.svg'),
    icon_large: null,
    background: null,
    help: help ? { title: text('Get your API Key', '获取您的 API Key'), url: text(help) } : null,
    supported_model_types: MODEL_TYPES.filter(type => types.includes(type)),
    configurate_methods: [
      ...(providerForm ? (['predefined-model'] as const) : []),
      ...(modelForm ? (['customizable-model'] as const) : []),
    ],
    provider_credential_schema: providerForm ? { credential_form_schemas: providerForm } : null,
    model_credential_schema: modelForm
      ? {
          model: { label: text('Model Name', '模型名称'), placeholder: text('Enter full model name', '输入模型全称') },
          credential_form_schemas: modelForm,
        }
      : null,
  }
}

function uniquely(models: CatalogueModel[]): CatalogueModel[] {
  return [...new Map(models.toReversed().map(model => [`${model.type} ${model.model}`, model])).values()].reverse()
}
