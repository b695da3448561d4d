import type { FileValue } from '@weft/contracts'
import { isFile, isValueMap } from '@weft/contracts'
import type { ConversationHistory, PastTurn } from '@weft/ports'
import { grantTenantScope } from '../database/tenant-scope.ts'
import type { ConversationStore } from './conversation-store.ts'
import type { Message } from './messages-table.ts'

/** The memory of models: a conversation's earlier turns. */
export function createConversationHistory(store: ConversationStore): ConversationHistory {
  return {
    async turns(conversation, limit) {
      const scope = grantTenantScope(conversation.tenantId)
      const thread = await store.thread(scope, conversation.conversationId, {
        parentId: conversation.parentMessageId,
        limit,
        except: conversation.messageId,
      })
      return thread.reverse().map(turnOf)
    },
  }
}

function turnOf(message: Message): PastTurn {
  return { query: message.query, answer: message.answer, files: userFilesOf(message) }
}

/** What the user sent along with a question. */
export function userFilesOf(message: Pick<Message, 'files'>): FileValue[] {
  return message.files.filter(file => isValueMap(file) && file.belongs_to === 'user').filter(isFile)
}
