import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { type CatalogueModel, outputOf } from './catalogue.ts'
import { text } from './form.ts'
import type { Fetch, Json } from './http.ts'
import { maxTokens, penalties, responseFormats, rule, temperature, thinkingBudget, topK, topP } from './parameter-rules.ts'

/** The completion parameters of Gemini, by Google's API and by Vertex. */

/** Vendor tools that a switch turns on, by the plugin's names. */
const TOOLS = { grounding: 'google_search', url_context: 'url_context', code_execution: 'code_execution' } as const

export function geminiOptions(rest: Json): Partial<LanguageModelV4CallOptions> {
  const { thinking_budget, thinking_level, include_thoughts } = rest
  const thinkingConfig = {
    ...(typeof thinking_budget === 'number' && { thinkingBudget: thinking_budget }),
    ...(typeof thinking_level === 'string' && { thinkingLevel: thinking_level.toLowerCase() }),
    ...(typeof include_thoughts === 'boolean' && { includeThoughts: include_thoughts }),
  }
  return Object.keys(thinkingConfig).length ? { providerOptions: { google: { thinkingConfig } } } : {}
}

/** Adds Google's own tools, which the plugin's parameters switch on, to those of the request. */
export function geminiFetch(fetch: Fetch, rest: Json): Fetch {
  const tools = Object.entries(TOOLS).flatMap(([name, tool]) => (rest[name] === true ? [{ [tool]: {} }] : []))
  if (!tools.length) return fetch
  return (url, init) => {
    const body = JSON.parse(String(init?.body))
    return fetch(url, { ...init, body: JSON.stringify({ ...body, tools: [...(body.tools ?? []), ...tools] }) })
  }
}

/** Unknown parameters have no place at the top of a body of Gemini's, only what Google documents there has. */
export function geminiBody(rest: Json): Json {
  return 'safety_settings' in rest ? { safetySettings: rest.safety_settings } : {}
}

export function geminiRules(model: CatalogueModel) {
  const thinks = model.features?.includes('agent-thought')
  const toggle = (name: string, label: string, zh: string) => rule(name, text(label, zh), 'boolean', { default: false })
  return [
    temperature(2, 1),
    topP(0.95),
    topK(),
    ...penalties(),
    maxTokens(outputOf(model), 8192, 'max_output_tokens'),
    ...(thinks ? [toggle('include_thoughts', 'Include thoughts', '返回思考过程'), thinkingBudget(32768)] : []),
    toggle('grounding', 'Grounding with Google Search', '事实核查'),
    toggle('url_context', 'URL context', '链接详情'),
    toggle('code_execution', 'Code execution', '代码执行'),
    ...responseFormats('json_schema'),
  ]
}
