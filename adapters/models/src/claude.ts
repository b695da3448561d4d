import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { ModelRequest } from '@weft/ports'
import type { Json } from './http.ts'
import { without } from './sdk-vendor.ts'

/** The completion parameters that Claude's vendors have in common: Anthropic itself and Google's Vertex. */

const LEAST_BUDGET = 1024

export function claudeOptions(model: string, rest: Json, request: ModelRequest): Partial<LanguageModelV4CallOptions> {
  const anthropic: Json = {
    ...(rest.thinking === true && { thinking: thinkingOf(model, rest) }),
    ...(typeof rest.effort === 'string' && { effort: rest.effort }),
    ...(rest.prompt_caching_system_message === true && { cacheControl: { type: 'ephemeral' } }),
    ...(request.user !== undefined && { metadata: { userId: request.user } }),
  }
  return { providerOptions: { anthropic: anthropic as never } }
}

/** Newer models decide on their own how much to think, unless told. */
function thinkingOf(model: string, { thinking_budget }: Json): object {
  const decides = /-(4-[6-9]|[5-9])/.test(model)
  if (typeof thinking_budget !== 'number' && decides) return { type: 'adaptive' }
  return { type: 'enabled', budgetTokens: Math.max(LEAST_BUDGET, Number(thinking_budget ?? LEAST_BUDGET)) }
}

/** What is left for the body, which takes no members that the API does not know: those of the plugin's own are dropped. */
export function claudeBody(rest: Json): Json {
  const own = Object.keys(rest).filter(name => name.startsWith('prompt_caching_'))
  return without(rest, 'thinking', 'thinking_budget', 'effort', 'context_1m', ...own)
}
