import type { ModelUsage, PromptMessage } from './language-model.ts'

export interface ModelPricing {
  input: string
  output: string
  unit: string
  currency: string
}

/** Counts with what they cost. Without pricing everything costs 0 USD. `latency` is in seconds. */
export function createUsage(promptTokens: number, completionTokens: number, latency: number, pricing?: ModelPricing | null): ModelUsage {
  const { input, output, unit, currency } = pricing ?? { input: '0', output: '0', unit: '0', currency: 'USD' }
  const promptPrice = priceOf(promptTokens, input, unit)
  const completionPrice = priceOf(completionTokens, output, unit)
  return {
    prompt_tokens: promptTokens,
    prompt_unit_price: input,
    prompt_price_unit: unit,
    prompt_price: promptPrice,
    completion_tokens: completionTokens,
    completion_unit_price: output,
    completion_price_unit: unit,
    completion_price: completionPrice,
    total_tokens: promptTokens + completionTokens,
    total_price: addDecimals(promptPrice, completionPrice),
    currency,
    latency,
  }
}

/** The sum of two calls' usage: counts, prices and latencies add up, unit prices are the later call's. */
export function addUsage(earlier: ModelUsage, later: ModelUsage): ModelUsage {
  if (earlier.total_tokens === 0) return later
  return {
    ...later,
    prompt_tokens: earlier.prompt_tokens + later.prompt_tokens,
    prompt_price: addDecimals(earlier.prompt_price, later.prompt_price),
    completion_tokens: earlier.completion_tokens + later.completion_tokens,
    completion_price: addDecimals(earlier.completion_price, later.completion_price),
    total_tokens: earlier.total_tokens + later.total_tokens,
    total_price: addDecimals(earlier.total_price, later.total_price),
    latency: earlier.latency + later.latency,
  }
}

/** Prices keep seven places, the last rounded half up. */
const PRICE_PLACES = 7

function priceOf(tokens: number, price: string, unit: string): string {
  const [priceDigits, pricePlaces] = parseDecimal(price)
  const [unitDigits, unitPlaces] = parseDecimal(unit)
  return formatDecimal(BigInt(Math.trunc(tokens)) * priceDigits * unitDigits, pricePlaces + unitPlaces)
}

function addDecimals(left: string, right: string): string {
  const [a, aPlaces] = parseDecimal(left)
  const [b, bPlaces] = parseDecimal(right)
  const places = Math.max(aPlaces, bPlaces)
  return formatDecimal(a * 10n ** BigInt(places - aPlaces) + b * 10n ** BigInt(places - bPlaces), places)
}

/** Digits as one integer, and how many of them stand behind the point. What is no decimal counts as 0. */
function parseDecimal(text: string): [digits: bigint, places: number] {
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim())
  if (!match) return [0n, 0]
  const fraction = match[3] ?? ''
  const places = fraction.length - Number(match[4] ?? 0)
  const digits = BigInt(`${match[2] ?? ''}${fraction}` || '0') * (match[1] ? -1n : 1n)
  return places < 0 ? [digits * 10n ** BigInt(-places), 0] : [digits, places]
}

function formatDecimal(digits: bigint, places: number): string {
  if (places > PRICE_PLACES) {
    const divisor = 10n ** BigInt(places - PRICE_PLACES)
    return formatDecimal((digits + divisor / 2n) / divisor, PRICE_PLACES)
  }
  if (digits === 0n) return '0'
  if (places === 0) return String(digits)
  const text = String(digits).padStart(places + 1, '0')
  return `${text.slice(0, -places)}.${text.slice(-places)}`
}

/** About as many tokens as common tokenizers make of the text: four letters, or one character of a script without spaces. */
export function estimateTokens(text: string): number {
  let wide = 0
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x2e80) wide++
  return Math.ceil((text.length - wide) / 4 + wide)
}

const TOKENS_PER_MESSAGE = 4
const TOKENS_PER_FILE = 800

/** About as many tokens as the messages will cost. */
export function estimateMessageTokens(messages: readonly PromptMessage[]): number {
  let tokens = 0
  for (const message of messages) {
    tokens += TOKENS_PER_MESSAGE
    if (typeof message.content === 'string') tokens += estimateTokens(message.content)
    else for (const part of message.content) tokens += part.type === 'text' ? estimateTokens(part.text) : TOKENS_PER_FILE
    if (message.role === 'assistant') for (const call of message.toolCalls ?? []) tokens += estimateTokens(call.name + call.arguments)
  }
  return tokens
}
