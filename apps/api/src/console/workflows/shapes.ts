import { draftHash, showVariable, type Workflow, type WorkflowAuthor } from '@weft/core'
import { z } from 'zod'
import { secondsOf } from '../../http/seconds.ts'

export const workflowShape = z.looseObject({ id: z.string().nullable(), version: z.string().nullable() })

const NOBODY = { id: null, name: null, email: null }

export function showWorkflow(workflow: Workflow, authors: Map<string, WorkflowAuthor>, isTool: boolean) {
  const { createdBy, updatedBy } = workflow
  return {
    id: workflow.id,
    graph: workflow.graph,
    features: workflow.features,
    hash: draftHash(workflow),
    version: workflow.version,
    marked_name: workflow.markedName,
    marked_comment: workflow.markedComment,
    created_by: (createdBy && authors.get(createdBy)) || NOBODY,
    created_at: secondsOf(workflow.createdAt),
    updated_by: (updatedBy && authors.get(updatedBy)) || null,
    updated_at: secondsOf(workflow.updatedAt),
    tool_published: isTool,
    environment_variables: workflow.environmentVariables.map(showVariable),
    conversation_variables: workflow.conversationVariables.map(showVariable),
    rag_pipeline_variables: [],
  }
}

/** What stands for a version where none is published. */
export const NO_WORKFLOW = {
  id: null,
  graph: null,
  features: null,
  hash: null,
  version: null,
  marked_name: null,
  marked_comment: null,
  created_by: NOBODY,
  created_at: null,
  updated_by: null,
  updated_at: null,
  tool_published: null,
  environment_variables: null,
  conversation_variables: null,
  rag_pipeline_variables: null,
}
