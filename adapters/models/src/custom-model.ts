import type { ModelCredentials } from '@weft/ports'

/** What the form of a custom model says of it, under the names that vendors' plugins have for it. */

/** A form's number, which comes as text. */
export function numberOf(value: ModelCredentials[string], fallback: number): number
export function numberOf(value: ModelCredentials[string], fallback?: undefined): number | undefined
export function numberOf(value: ModelCredentials[string], fallback?: number): number | undefined {
  const number = Number(value)
  return value && Number.isFinite(number) && number > 0 ? Math.trunc(number) : fallback
}

export function contextOf(credentials: ModelCredentials): number | undefined {
  return numberOf(credentials.context_size || credentials.context_length)
}

export function outputLimitOf(credentials: ModelCredentials): number | undefined {
  return numberOf(credentials.max_tokens_to_sample || credentials.max_tokens)
}

export function featuresOf(credentials: ModelCredentials): string[] {
  const features: string[] = []
  const tools = credentials.function_calling_type
  if (tools === 'function_call') features.push('tool-call')
  if (tools === 'tool_call' || credentials.function_call_support === 'true') features.push('multi-tool-call')
  if (credentials.stream_function_calling === 'supported') features.push('stream-tool-call')
  for (const [name, feature] of [
    ['vision_support', 'vision'],
    ['video_support', 'video'],
    ['audio_support', 'audio'],
    ['document_support', 'document'],
  ] as const) {
    if (credentials[name] === 'support' || credentials[name] === 'true') features.push(feature)
  }
  const thought = credentials.agent_thought_support
  if (thought === 'supported' || thought === 'only_thinking_supported' || credentials.reasoning_support === 'support')
    features.push('agent-thought')
  if (credentials.structured_output_support === 'supported') features.push('structured-output')
  return features
}

export function voicesOf(credentials: ModelCredentials): string[] {
  return String(credentials.voices || 'alloy')
    .split(',')
    .map(voice => voice.trim())
    .filter(Boolean)
}
