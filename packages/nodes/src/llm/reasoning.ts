import type { ModelEvent } from '@weft/ports'

const THINK = /<think[^>]*>([\s\S]*?)<\/think>/gi

/** Puts what a model thinks into its text, between `<think>` tags, as the text of an answer has it. */
export class ThinkTags {
  #isThinking = false

  /** The text to show for a piece of the answer or of the thinking before it. */
  add(event: Extract<ModelEvent, { type: 'text' | 'reasoning' }>): string {
    if (event.type === 'reasoning') {
      const opening = this.#isThinking ? '' : '<think>\n'
      this.#isThinking = true
      return opening + event.text
    }
    return this.end() + event.text
  }

  /** What closes an open thought. */
  end(): string {
    if (!this.#isThinking) return ''
    this.#isThinking = false
    return '\n</think>'
  }
}

/** The answer and the thoughts apart. Blank lines that the thoughts leave behind are closed up. */
export function splitReasoning(text: string): { text: string; reasoning: string } {
  const reasoning = [...text.matchAll(THINK)].map(match => (match[1] ?? '').trim()).join('\n')
  const rest = text
    .replace(THINK, '')
    .replace(/\n\s*\n/g, '\n\n')
    .trim()
  return { text: rest, reasoning }
}

export function withoutReasoning(text: string): string {
  return text.replace(THINK, '')
}
