import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import { createUsage, estimateMessageTokens, estimateTokens, type ModelEvent, type ModelPricing, type ModelRequest } from '@weft/ports'
import type { VendorEnvironment } from './environment.ts'
import { cutStreamError, toModelError } from './model-errors.ts'

export interface SdkCall {
  model: LanguageModelV4
  options: LanguageModelV4CallOptions
  request: ModelRequest
  pricing: ModelPricing | null
  /** False where the vendor cannot stream what is asked for: the answer then comes in one piece. */
  canStream: boolean
  /** True where the vendor always says why an answer ended: one without a reason was then cut off. */
  saysWhyItEnds?: boolean
  now: VendorEnvironment['now']
}

/**
 * One call of an AI SDK model as events. The provider's `doStream` is used directly: what `streamText` adds on top
 * (steps, tool execution, retries of its own) the platform does itself, and the first token comes sooner without it.
 */
export async function* sdkEvents(call: SdkCall): AsyncGenerator<ModelEvent> {
  const meter = new UsageMeter(call)
  const abort = new AbortController()
  const { abortSignal } = call.options
  let hasBegun = false
  const options = { ...call.options, abortSignal: abortSignal ? AbortSignal.any([abortSignal, abort.signal]) : abort.signal }
  try {
    for await (const event of call.canStream ? streamed(call.model, options, meter) : generated(call.model, options, meter)) {
      hasBegun = true
      yield event
    }
  } catch (error) {
    const failure = toModelError(error, abortSignal)
    if (hasBegun && failure.code === 'connection-failed') throw cutStreamError({ cause: error })
    throw failure
  } finally {
    abort.abort()
  }
}

async function* streamed(model: LanguageModelV4, options: LanguageModelV4CallOptions, meter: UsageMeter): AsyncGenerator<ModelEvent> {
  const { stream } = await model.doStream(options)
  for await (const part of stream) {
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      if (part.delta) yield meter.count({ type: part.type === 'text-delta' ? 'text' : 'reasoning', text: part.delta })
    } else if (part.type === 'finish') yield meter.finish(part.finishReason, part.usage)
    else if (part.type === 'error') throw part.error
    else {
      const event = contentEvent(part)
      if (event) yield meter.count(event)
    }
  }
}

async function* generated(model: LanguageModelV4, options: LanguageModelV4CallOptions, meter: UsageMeter): AsyncGenerator<ModelEvent> {
  const answer = await model.doGenerate(options)
  for (const part of answer.content) {
    const event = part.type === 'text' || part.type === 'reasoning' ? { type: part.type, text: part.text } : contentEvent(part)
    if (event) yield meter.count(event)
  }
  yield meter.finish(answer.finishReason, answer.usage)
}

function contentEvent(part: { type: string } | LanguageModelV4Content): ModelEvent | undefined {
  if (part.type === 'tool-call' && 'toolCallId' in part && 'input' in part) {
    return { type: 'tool-call', call: { id: part.toolCallId, name: part.toolName, arguments: part.input } }
  }
  if (part.type === 'file' && 'mediaType' in part && part.mediaType.startsWith('image/') && 'data' in part && part.data.type === 'data') {
    const { data } = part.data
    return { type: 'image', mimeType: part.mediaType, bytes: typeof data === 'string' ? Buffer.from(data, 'base64') : data }
  }
  return undefined
}

/** Knows how long a call took and, where the vendor does not say, about how many tokens. */
class UsageMeter {
  readonly #call: SdkCall
  readonly #start: number
  #text = ''

  constructor(call: SdkCall) {
    this.#call = call
    this.#start = call.now()
  }

  count(event: ModelEvent): ModelEvent {
    if (event.type === 'text' || event.type === 'reasoning') this.#text += event.text
    else if (event.type === 'tool-call') this.#text += event.call.arguments
    return event
  }

  finish(reason: LanguageModelV4FinishReason, usage: LanguageModelV4Usage): ModelEvent {
    const { request, pricing, now, saysWhyItEnds } = this.#call
    const isUnsaid = reason.unified === 'interrupted' || (saysWhyItEnds && reason.unified === 'other')
    if (isUnsaid && reason.raw === undefined) throw cutStreamError()
    const promptTokens = usage.inputTokens.total ?? estimateMessageTokens(request.messages)
    const completionTokens = usage.outputTokens.total ?? estimateTokens(this.#text)
    const latency = (now() - this.#start) / 1000
    return { type: 'finish', reason: reason.raw ?? reason.unified, usage: createUsage(promptTokens, completionTokens, latency, pricing) }
  }
}
