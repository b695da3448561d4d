import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { ModelEvent, ModelPricing, ModelRequest, PromptMessage } from '@weft/ports'
import { toSdkPrompt, toSdkTool } from '../sdk-prompt.ts'
import { sdkEvents } from '../sdk-stream.ts'
import type { VendorEnvironment } from '../vendor.ts'
import { bodyParameters } from './chat-parameters.ts'
import type { Endpoint } from './endpoint.ts'

/** Where AI SDK looks for what goes into the body unchanged. */
const VENDOR = 'openaiCompatible'

export interface DialectCall {
  endpoint: Endpoint
  request: ModelRequest
  pricing: ModelPricing | null
  signal?: AbortSignal
}

export async function* languageModelEvents({ fetch, now }: VendorEnvironment, call: DialectCall): AsyncGenerator<ModelEvent> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const { endpoint, request, pricing } = call
  const isCompletion = endpoint.mode === 'completion'
  const settings = createOpenAICompatible({
    name: VENDOR,
    baseURL: endpoint.baseUrl,
    headers: endpoint.headers,
    queryParams: endpoint.query ? Object.fromEntries(new URLSearchParams(endpoint.query)) : undefined,
    fetch: isCompletion ? fetchWithPlainPrompt(fetch, completionPrompt(request.messages), request.stop) : fetch,
    includeUsage: endpoint.asksForUsage,
    supportsStructuredOutputs: true,
    transformRequestBody: withPictureDetail,
  })
  yield* sdkEvents({
    model: isCompletion ? settings.completionModel(endpoint.model) : settings.chatModel(endpoint.model),
    options: callOptions(call),
    request,
    pricing,
    canStream: !request.tools?.length || endpoint.canStreamTools,
    saysWhyItEnds: endpoint.saysWhyItEnds,
    now,
  })
}

function callOptions({ endpoint, request, signal }: DialectCall): LanguageModelV4CallOptions {
  const body = {
    ...endpoint.extra?.chat,
    ...bodyParameters(endpoint, request),
    ...(request.user !== undefined && endpoint.sendsUser ? { user: request.user } : {}),
  }
  return {
    prompt: toSdkPrompt(request.messages, VENDOR),
    stopSequences: request.stop?.length ? request.stop : undefined,
    tools: request.tools?.length ? request.tools.map(toSdkTool) : undefined,
    toolChoice: request.tools?.length ? { type: request.toolChoice ?? 'auto' } : undefined,
    providerOptions: { [VENDOR]: body as never },
    abortSignal: signal,
  }
}

/** AI SDK puts a part's options beside `image_url`; the API reads `detail` inside it. */
function withPictureDetail(body: Record<string, unknown>): Record<string, unknown> {
  for (const message of body.messages as { content: unknown }[]) {
    if (!Array.isArray(message.content)) continue
    for (const part of message.content) {
      if (part.detail === undefined) continue
      if (part.image_url) part.image_url.detail = part.detail
      delete part.detail
    }
  }
  return body
}

/** AI SDK writes a transcript with roles into a completion's prompt; here the prompt reaches the model as its author wrote it. */
function fetchWithPlainPrompt(fetch: typeof globalThis.fetch, prompt: string, stop: string[] | undefined): typeof globalThis.fetch {
  return (url, init) => {
    const body = JSON.parse(String(init?.body))
    return fetch(url, { ...init, body: JSON.stringify({ ...body, prompt, stop: stop?.length ? stop : undefined }) })
  }
}

function completionPrompt(messages: readonly PromptMessage[]): string {
  return messages
    .map(({ content }) => (typeof content === 'string' ? content : content.map(part => (part.type === 'text' ? part.text : '')).join('')))
    .join('\n')
}
