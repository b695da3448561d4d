import { z } from 'zod'

/** Parts that answers of the service API share. */

export const identifier = z.guid()
/** Whole seconds since the epoch. */
export const moment = z.int().meta({ description: 'Unix time in seconds' })
export const values = z.record(z.string(), z.unknown())

export const success = z.object({ result: z.literal('success') })

/** A list that goes on from the last item of the page before. */
export const endless = <Item extends z.ZodType>(item: Item) => z.object({ limit: z.int(), has_more: z.boolean(), data: z.array(item) })

/** A list by page numbers. */
export const paged = <Item extends z.ZodType>(item: Item) =>
  z.object({ page: z.int(), limit: z.int(), total: z.int(), has_more: z.boolean(), data: z.array(item) })

const RUN_EVENTS = [
  'workflow_started',
  'node_started',
  'node_finished',
  'node_retry',
  'iteration_started',
  'iteration_next',
  'iteration_completed',
  'loop_started',
  'loop_next',
  'loop_completed',
  'agent_log',
  'workflow_finished',
] as const

const failure = z.object({ event: z.literal('error'), code: z.string(), message: z.string(), status: z.int() })

/** Events of a workflow's stream. */
export const workflowEvent = z.discriminatedUnion('event', [
  z.object({
    event: z.enum([...RUN_EVENTS, 'text_chunk', 'text_replace']),
    task_id: identifier,
    workflow_run_id: identifier,
    data: values,
  }),
  failure.extend({ workflow_run_id: identifier.nullable() }),
])

const turn = z.object({ task_id: identifier, conversation_id: identifier, message_id: identifier, created_at: moment })

export const usage = z.object({
  prompt_tokens: z.int(),
  prompt_unit_price: z.string(),
  prompt_price_unit: z.string(),
  prompt_price: z.string(),
  completion_tokens: z.int(),
  completion_unit_price: z.string(),
  completion_price_unit: z.string(),
  completion_price: z.string(),
  total_tokens: z.int(),
  total_price: z.string(),
  currency: z.string(),
  latency: z.number(),
})

export const messageMetadata = z.object({ annotation_reply: z.unknown(), retriever_resources: z.array(values), usage })

/** Events of a chatflow's stream. */
export const chatEvent = z.discriminatedUnion('event', [
  turn.extend({ event: z.enum(RUN_EVENTS), workflow_run_id: identifier, data: values }),
  turn.extend({
    event: z.literal('message'),
    id: identifier,
    answer: z.string(),
    from_variable_selector: z.array(z.string()).nullable(),
  }),
  turn.extend({ event: z.literal('message_replace'), answer: z.string(), reason: z.string() }),
  turn.extend({ event: z.literal('message_end'), id: identifier, metadata: messageMetadata, files: z.array(values) }),
  failure.extend({
    workflow_run_id: identifier.nullish(),
    conversation_id: identifier.optional(),
    message_id: identifier.optional(),
    created_at: moment.optional(),
  }),
])

/** The answer to a chat turn in one piece. */
export const chatAnswer = turn.extend({
  event: z.literal('message'),
  id: identifier,
  mode: z.string(),
  answer: z.string(),
  metadata: messageMetadata,
})
