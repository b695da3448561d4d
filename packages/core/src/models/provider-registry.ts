import type { ModelProvider } from '@weft/ports'
import { DomainError } from '../errors.ts'

/** Plugins whose name is not their provider's. */
const PLUGIN_OF_PROVIDER: Record<string, string> = { google: 'gemini' }

/** The full id of a provider: `openai` is `langgenius/openai/openai`. */
export function fullProviderId(id: string): string {
  return id.includes('/') ? id : `langgenius/${PLUGIN_OF_PROVIDER[id] ?? id}/${id}`
}

/** The vendors there are. */
export interface ProviderRegistry {
  list(): readonly ModelProvider[]
  /** By full or short id. */
  find(id: string): ModelProvider | undefined
  /** @throws DomainError where there is no such provider */
  get(id: string): ModelProvider
}

export function createProviderRegistry(providers: readonly ModelProvider[]): ProviderRegistry {
  const byId = new Map(providers.map(provider => [provider.declaration.provider, provider]))
  const find = (id: string) => byId.get(fullProviderId(id))
  return {
    list: () => providers,
    find,
    get(id) {
      const provider = find(id)
      if (!provider) throw new DomainError('invalid_param', `Provider ${id} does not exist.`)
      return provider
    },
  }
}
