import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { ModelCall, ModelRequest } from '@weft/ports'
import { toCallOptions } from './call-options.ts'
import { type Fetch, type Json, withMembers } from './http.ts'
import { toSdkPrompt, withInstructionsFirst, withLoadedFiles } from './sdk-prompt.ts'
import { sdkEvents } from './sdk-stream.ts'
import type { VendorCalls, VendorEnvironment } from './vendor.ts'

export interface SdkTarget {
  model: LanguageModelV4
  /** What the vendor adds to a call's options. */
  options?: Partial<LanguageModelV4CallOptions>
}

export interface SdkVendor {
  /** The vendor's name among AI SDK's provider options. */
  name: string
  /** The vendor does not fetch files by their address. */
  needsFiles?: boolean
  /**
   * @param fetch carries what `body` leaves into the body
   * @param rest the completion parameters that AI SDK has no names for
   */
  target(call: ModelCall, fetch: Fetch, rest: Json, request: ModelRequest): Promise<SdkTarget>
  /** The completion parameters that go into the body unchanged: what is left once `target` has taken its own. */
  body(rest: Json): Json
}

/** `stream` over a provider package of AI SDK, which is loaded by the first call. */
export function sdkStream({ fetch, now }: VendorEnvironment, vendor: SdkVendor): NonNullable<VendorCalls['stream']> {
  return async function* stream(call, request, { pricing }) {
    const { options, rest } = toCallOptions(request, call.signal)
    const { model, options: more } = await vendor.target(call, withMembers(fetch, vendor.body(rest)), rest, request)
    const instructed = withInstructionsFirst(request.messages)
    const messages = vendor.needsFiles ? await withLoadedFiles(instructed, fetch, call.signal) : instructed
    yield* sdkEvents({
      model,
      options: { ...options, ...more, prompt: toSdkPrompt(messages, vendor.name) },
      request,
      pricing,
      canStream: true,
      saysWhyItEnds: true,
      now,
    })
  }
}

/** The members but those named. */
export function without(members: Json, ...names: string[]): Json {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)))
}
