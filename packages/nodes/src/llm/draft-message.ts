import type { FileValue } from '@weft/contracts'
import type { ModelSchema, PromptMessage } from '@weft/ports'
import { type DraftPart, draftFile, type FileSource, isSupported, loadPart } from './prompt-files.ts'

/** A message before the bytes of its files are read. */
export interface DraftMessage {
  role: 'system' | 'user' | 'assistant'
  parts: DraftPart[]
}

export function textDraft(role: DraftMessage['role'], text: string): DraftMessage {
  return { role, parts: [{ type: 'text', text }] }
}

/** Puts the files before the text of the last message where that is the user's, else into one of their own behind it. */
export function attachFiles(drafts: DraftMessage[], files: readonly FileValue[], detail: 'high' | 'low'): void {
  if (!files.length) return
  const parts = files.map(file => draftFile(file, detail))
  const last = drafts.at(-1)
  if (last?.role === 'user') last.parts.unshift(...parts)
  else drafts.push({ role: 'user', parts })
}

/** The messages with what the model takes of them; one in which nothing is left is dropped. */
export async function loadMessages(drafts: readonly DraftMessage[], model: ModelSchema, source: FileSource): Promise<PromptMessage[]> {
  const messages: PromptMessage[] = []
  for (const draft of drafts) {
    const message = await loadMessage(draft, model, source)
    if (message) messages.push(message)
  }
  return messages
}

async function loadMessage({ role, parts }: DraftMessage, model: ModelSchema, source: FileSource): Promise<PromptMessage | undefined> {
  const supported = parts.filter(part => isSupported(part, model.features) && (part.type !== 'text' || part.text !== ''))
  const isText = supported.every(part => part.type === 'text')
  if (isText || role !== 'user') {
    const content = supported.map(part => (part.type === 'text' ? part.text : '')).join('\n')
    return content ? { role, content } : undefined
  }
  return { role, content: await Promise.all(supported.map(part => loadPart(part, source))) }
}
