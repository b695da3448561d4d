import type { FileValue } from '@weft/contracts'

/** One finished turn of a conversation. */
export interface PastTurn {
  query: string
  answer: string
  /** What the user sent along. */
  files: FileValue[]
}

/** The turns a conversation's memory is made of. */
export interface ConversationHistory {
  /**
   * The newest turns of the thread that ends at the parent message, oldest first. A thread follows parent ids, so a
   * regenerated turn does not see the one it replaces. Turns still without an answer are left out.
   */
  turns(conversation: ConversationReference, limit: number): Promise<PastTurn[]>
}

export interface ConversationReference {
  tenantId: string
  appId: string
  conversationId: string
  /** The turn being answered now; never part of its own history. */
  messageId: string | null
  /** The turn it follows; null where it begins a thread, or where the conversation has just begun. */
  parentMessageId: string | null
}
