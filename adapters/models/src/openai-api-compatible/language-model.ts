import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { ModelCall, ModelEvent, ModelRequest, PromptMessage } from '@weft/ports'
import { toSdkPrompt, toSdkTool } from '../sdk-prompt.ts'
import { sdkEvents } from '../sdk-stream.ts'
import type { VendorEnvironment } from '../vendor.ts'
import { bodyParameters } from './chat-parameters.ts'
import { describeModel } from './describe.ts'
import { baseUrlOf, endpointModelOf } from './endpoint.ts'

/** Where AI SDK looks for what goes into the body unchanged. */
const VENDOR = 'openaiCompatible'

export function languageModelEvents(environment: VendorEnvironment, call: ModelCall, request: ModelRequest): AsyncIterable<ModelEvent> {
  const { credentials } = call
  const isCompletion = credentials.mode === 'completion'
  const settings = createOpenAICompatible({
    name: VENDOR,
    baseURL: baseUrlOf(credentials),
    apiKey: credentials.api_key ? String(credentials.api_key) : undefined,
    fetch: isCompletion ? fetchWithPlainPrompt(environment.fetch, completionPrompt(request.messages), request.stop) : environment.fetch,
    includeUsage: credentials.stream_include_usage !== 'disabled',
    supportsStructuredOutputs: true,
    transformRequestBody: withPictureDetail,
  })
  const name = endpointModelOf(call)
  return sdkEvents({
    model: isCompletion ? settings.completionModel(name) : settings.chatModel(name),
    options: callOptions(call, request),
    request,
    pricing: describeModel('llm', call.model, credentials).pricing,
    canStream: !request.tools?.length || credentials.stream_function_calling !== 'not_supported',
    now: environment.now,
  })
}

function callOptions(call: ModelCall, request: ModelRequest): LanguageModelV4CallOptions {
  const sendsUser = request.user !== undefined && call.credentials.user_identity_support !== 'no_support'
  return {
    prompt: toSdkPrompt(request.messages, VENDOR),
    stopSequences: request.stop?.length ? request.stop : undefined,
    tools: request.tools?.length ? request.tools.map(toSdkTool) : undefined,
    toolChoice: request.tools?.length ? { type: request.toolChoice ?? 'auto' } : undefined,
    providerOptions: { [VENDOR]: { ...bodyParameters(call, request), ...(sendsUser ? { user: request.user } : {}) } as never },
    abortSignal: call.signal,
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
