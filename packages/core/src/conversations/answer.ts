import { isFile, isValueMap, type Value, type ValueMap } from '@weft/contracts'
import type { RunEvent, TextEmission } from '@weft/engine'
import { holdsKeyword, type KeywordModeration } from './moderation.ts'

/** Characters of new text after which an answer is looked at again. */
const MODERATION_INTERVAL = 300

/** What a chat turn has said so far, gathered from its run's events. The same events give the same answer. */
export class Answer {
  readonly #moderation: KeywordModeration | undefined
  #pieces: { selector: string; text: string }[] = []
  #lookedAt = 0
  /** The text given instead, once words that the app does not want have been said. */
  refusal: string | undefined
  readonly files: Value[] = []
  readonly retrieverResources: Value[] = []
  usage: ValueMap = { ...NO_USAGE }
  error = ''
  hasFailed = false

  constructor(moderation?: KeywordModeration) {
    this.#moderation = moderation
  }

  get text(): string {
    return this.refusal ?? this.#said
  }

  get #said(): string {
    return this.#pieces.map(piece => piece.text).join('')
  }

  add(event: RunEvent, text: readonly TextEmission[]): void {
    for (const emission of text) this.#say(emission)
    if (event.type === 'node-succeeded') {
      const { outputs } = event.result
      if (isValueMap(outputs.usage)) this.usage = addUsage(this.usage, outputs.usage)
      if (typeof outputs.answer === 'string' && Array.isArray(outputs.files)) this.files.push(...outputs.files.filter(isFile))
      const resources = event.result.metadata?.retriever_resources
      if (Array.isArray(resources)) this.retrieverResources.push(...resources)
    }
    if (event.type === 'run-finished') {
      this.hasFailed = event.status === 'failed'
      this.error = this.hasFailed ? event.error : ''
    }
    if (this.#moderation?.outputResponse !== undefined && this.refusal === undefined)
      this.#moderate(this.#moderation, event.type === 'run-finished')
  }

  #moderate(moderation: KeywordModeration, isOver: boolean): void {
    const said = this.#said
    if (!isOver && said.length - this.#lookedAt < MODERATION_INTERVAL) return
    this.#lookedAt = said.length
    if (holdsKeyword(moderation, [said])) this.refusal = moderation.outputResponse
  }

  #say({ selector, text, frame, isReplacement }: TextEmission): void {
    const key = `${frame} ${selector.join('.')}`
    const last = this.#pieces.at(-1)
    if (!isReplacement) {
      if (last?.selector === key) last.text += text
      else this.#pieces.push({ selector: key, text })
      return
    }
    const first = this.#pieces.findIndex(piece => piece.selector === key)
    this.#pieces = this.#pieces.filter((piece, index) => piece.selector !== key || index === first)
    const piece = this.#pieces[first]
    if (piece) piece.text = text
    else this.#pieces.push({ selector: key, text })
  }

  /** As it is stored: where files are kept apart, pictures in the text would show twice. */
  get stored(): string {
    return this.files.length ? this.text.replace(/!\[[^\]]*\]\([^)]*\)/g, '').trim() : this.text
  }
}

const NO_USAGE: ValueMap = {
  prompt_tokens: 0,
  prompt_unit_price: '0.0',
  prompt_price_unit: '0.0',
  prompt_price: '0.0',
  completion_tokens: 0,
  completion_unit_price: '0.0',
  completion_price_unit: '0.0',
  completion_price: '0.0',
  total_tokens: 0,
  total_price: '0.0',
  currency: 'USD',
  latency: 0,
}

/** Sums what models took; unit prices are the last model's. */
function addUsage(sum: ValueMap, more: ValueMap): ValueMap {
  const number = (value: Value | undefined) => Number(value ?? 0) || 0
  const total: ValueMap = { ...sum }
  for (const key of ['prompt_tokens', 'completion_tokens', 'total_tokens', 'latency']) total[key] = number(sum[key]) + number(more[key])
  for (const key of ['prompt_price', 'completion_price', 'total_price'])
    total[key] = addDecimals(String(sum[key] ?? '0'), String(more[key] ?? '0'))
  for (const key of ['prompt_unit_price', 'prompt_price_unit', 'completion_unit_price', 'completion_price_unit', 'currency']) {
    total[key] = more[key] ?? sum[key] ?? null
  }
  return total
}

/** Decimal texts, added without binary fractions creeping in. */
function addDecimals(left: string, right: string): string {
  const places = Math.max(placesOf(left), placesOf(right))
  return (Number(left) + Number(right)).toFixed(Math.min(places, 20))
}

const placesOf = (text: string): number => text.split('.')[1]?.length ?? 0
