import { type Annotation, DomainError } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { decimal, id, integer } from '../http/fields.ts'
import { secondsOf } from '../http/seconds.ts'
import { identifier, moment, paged } from './shapes.ts'

const pair = z.object({
  question: z.string().meta({ help: 'Annotation question' }),
  answer: z.string().meta({ help: 'Annotation answer' }),
})

const shownAnnotation = z.object({ id: identifier, question: z.string(), answer: z.string(), hit_count: z.int(), created_at: moment })
const job = z.object({ job_id: identifier, job_status: z.enum(['waiting', 'processing', 'completed', 'error']) })

const list = defineRoute({
  method: 'GET',
  path: '/apps/annotations',
  auth: 'app',
  summary: 'Approved answers',
  query: z.object({
    page: integer({ min: 1, max: 99_999 }).default(1),
    limit: integer({ min: 1, max: 100 }).default(20),
    keyword: z.string().nullish(),
  }),
  response: paged(shownAnnotation),
  async handler({ platform, scope, app, query }) {
    const { total, data } = await platform.conversations.annotations.list(scope, app.id, { ...query, keyword: query.keyword ?? '' })
    return { data: data.map(showAnnotation), has_more: total > query.page * query.limit, limit: query.limit, total, page: query.page }
  },
})

const add = defineRoute({
  method: 'POST',
  path: '/apps/annotations',
  auth: 'app',
  summary: 'Add an approved answer',
  body: pair,
  response: shownAnnotation,
  status: 201,
  handler: async ({ platform, scope, app, body }) => showAnnotation(await platform.conversations.annotations.add(scope, app.id, body)),
})

const change = defineRoute({
  method: 'PUT',
  path: '/apps/annotations/:annotationId',
  auth: 'app',
  summary: 'Change an approved answer',
  params: z.object({ annotationId: id() }),
  body: pair,
  response: shownAnnotation,
  handler: async ({ platform, scope, app, params, body }) =>
    showAnnotation(await platform.conversations.annotations.change(scope, app.id, params.annotationId, body)),
})

const remove = defineRoute({
  method: 'DELETE',
  path: '/apps/annotations/:annotationId',
  auth: 'app',
  summary: 'Delete an approved answer',
  params: z.object({ annotationId: id() }),
  status: 204,
  async handler({ platform, scope, app, params, reply }) {
    await platform.conversations.annotations.delete(scope, app.id, params.annotationId)
    return reply.code(204).send()
  },
})

const action = z.enum(['enable', 'disable'])

const setReply = defineRoute({
  method: 'POST',
  path: '/apps/annotation-reply/:action',
  auth: 'app',
  summary: 'Answer questions by approved answers, or no longer',
  params: z.object({ action }),
  body: z.object({
    score_threshold: decimal().meta({ help: 'Score threshold for annotation matching' }),
    embedding_provider_name: z.string().meta({ help: 'Embedding provider name' }),
    embedding_model_name: z.string().meta({ help: 'Embedding model name' }),
  }),
  response: job,
  handler() {
    throw new DomainError('app_unavailable', 'This version of Weft keeps approved answers, and does not yet give them by itself.')
  },
})

const replyStatus = defineRoute({
  method: 'GET',
  path: '/apps/annotation-reply/:action/status/:jobId',
  auth: 'app',
  summary: 'How far turning approved answers on or off has come',
  params: z.object({ action: z.string(), jobId: id() }),
  response: job.extend({ error_msg: z.string() }),
  handler() {
    throw new DomainError('invalid_param', 'The job does not exist.')
  },
})

export function showAnnotation(annotation: Annotation): z.input<typeof shownAnnotation> {
  return {
    id: annotation.id,
    question: annotation.question,
    answer: annotation.content,
    hit_count: annotation.hitCount,
    created_at: secondsOf(annotation.createdAt),
  }
}

export const annotationRoutes = [list, add, change, remove, setReply, replyStatus]
