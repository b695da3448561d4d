import type { Annotation } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { id, integer } from '../http/fields.ts'
import { secondsOf } from '../http/seconds.ts'

const pair = z.object({ question: z.string(), answer: z.string() })

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

export function showAnnotation(annotation: Annotation) {
  return {
    id: annotation.id,
    question: annotation.question,
    answer: annotation.content,
    hit_count: annotation.hitCount,
    created_at: secondsOf(annotation.createdAt),
  }
}

export const annotationRoutes = [list, add, change, remove]
