import { type FileValue, float, markdownOf, type ValueMap } from '@weft/contracts'
import type { LanguageModels, ModelUsage, ToolCall } from '@weft/ports'
import { LlmNodeError } from './llm-error.ts'
import { ThinkTags } from './reasoning.ts'

/** A model's whole answer. */
export interface Answer {
  /** Thoughts included, between `<think>` tags. */
  text: string
  toolCalls: ToolCall[]
  /** The pictures that the model made, in order. */
  files: FileValue[]
  reason: string
  usage: ModelUsage
}

/** Keeps a picture that the model made. */
export type SaveImage = (image: { bytes: Uint8Array; mimeType: string }) => Promise<FileValue>

/**
 * Gives what `pieceOf` makes of the text's pieces as they come, and the whole answer in the end. Pictures are left out where nobody
 * keeps them. @throws ModelError, LlmNodeError
 */
export async function* readAnswer<Piece>(
  events: ReturnType<LanguageModels['stream']>,
  pieceOf: (text: string) => Piece,
  saveImage?: SaveImage,
): AsyncGenerator<Piece, Answer> {
  const tags = new ThinkTags()
  const files: FileValue[] = []
  const toolCalls: ToolCall[] = []
  let text = ''
  for await (const event of events) {
    let piece = ''
    if (event.type === 'text' || event.type === 'reasoning') piece = tags.add(event)
    else if (event.type === 'tool-call') toolCalls.push(event.call)
    else if (event.type === 'finish') piece = tags.end()
    else if (saveImage) {
      const file = await saveImage(event)
      files.push(file)
      piece = `${tags.end()}${markdownOf({ ...file, filename: '' })}`
    }
    text += piece
    if (piece) yield pieceOf(piece)
    if (event.type === 'finish') return { text, toolCalls, files, reason: event.reason, usage: event.usage }
  }
  throw new LlmNodeError('InvokeConnectionError', 'The model ended its answer without a finish.')
}

/** Reads a model's answer to its end. @throws ModelError, LlmNodeError */
export async function collectAnswer(
  events: ReturnType<LanguageModels['stream']>,
  listener: { emit?(text: string): void; saveImage?: SaveImage } = {},
): Promise<Answer> {
  const reading = readAnswer(events, text => text, listener.saveImage)
  for (;;) {
    const step = await reading.next()
    if (step.done) return step.value
    listener.emit?.(step.value)
  }
}

/** Usage as the record of a run shows it. */
export function usageRecord(usage: ModelUsage): ValueMap {
  return { ...usage, latency: float(usage.latency) }
}

/** What a node that asked a model puts into its metadata. */
export function usageMetadata({ total_tokens, total_price, currency }: ModelUsage): ValueMap {
  return { total_tokens, total_price, currency }
}
