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

export interface AnswerListener {
  /** Hears each piece of the text as it comes. */
  emit?(text: string): void
  /** Keeps a picture that the model made. Without it pictures are left out. */
  saveImage?(image: { bytes: Uint8Array; mimeType: string }): Promise<FileValue>
}

/** Reads a model's answer to its end. @throws ModelError, LlmNodeError */
export async function collectAnswer(
  events: ReturnType<LanguageModels['stream']>,
  { emit, saveImage }: AnswerListener = {},
): Promise<Answer> {
  const tags = new ThinkTags()
  const files: FileValue[] = []
  const toolCalls: ToolCall[] = []
  let text = ''
  const add = (piece: string) => {
    if (!piece) return
    text += piece
    emit?.(piece)
  }
  for await (const event of events) {
    if (event.type === 'text' || event.type === 'reasoning') add(tags.add(event))
    else if (event.type === 'tool-call') toolCalls.push(event.call)
    else if (event.type === 'image' && saveImage) {
      const file = await saveImage(event)
      files.push(file)
      add(`${tags.end()}${markdownOf({ ...file, filename: '' })}`)
    } else if (event.type === 'finish') {
      add(tags.end())
      return { text, toolCalls, files, reason: event.reason, usage: event.usage }
    }
  }
  throw new LlmNodeError('InvokeConnectionError', 'The model ended its answer without a finish.')
}

/** Usage as the record of a run shows it. */
export function usageRecord(usage: ModelUsage): ValueMap {
  return { ...usage, latency: float(usage.latency) }
}

/** What a node that asked a model puts into its metadata. */
export function usageMetadata({ total_tokens, total_price, currency }: ModelUsage): ValueMap {
  return { total_tokens, total_price, currency }
}
