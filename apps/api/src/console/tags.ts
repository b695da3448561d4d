import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { id, text } from '../http/fields.ts'
import { success } from './shapes.ts'

const tagType = () => z.enum(['knowledge', 'app']).meta({ help: 'Invalid tag type.' })
const tagName = () =>
  text()
    .refine(value => value.length >= 1 && value.length <= 50, { error: 'Name must be between 1 to 50 characters.' })
    .meta({ help: 'Name must be between 1 to 50 characters.' })

/** The number is a text, unless the tag has just been made. */
const tagShape = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  binding_count: z.union([z.string(), z.int()]),
})

export const tagRoutes = [
  defineRoute({
    method: 'GET',
    path: '/tags',
    auth: 'account',
    summary: 'The tags of apps or of knowledge, newest first',
    query: z.object({ type: text().nullish(), keyword: text().nullish() }),
    response: z.array(tagShape),
    async handler({ platform, scope, query }) {
      const tags = await platform.tags.list(scope, query.type ?? '', query.keyword ?? undefined)
      return tags.map(({ id, name, type, bindingCount }) => ({ id, name, type, binding_count: String(bindingCount) }))
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/tags',
    auth: 'account',
    permission: 'dataset_editor',
    summary: 'Make a tag',
    body: z.object({ name: tagName(), type: tagType() }),
    response: tagShape,
    async handler({ platform, scope, account, body }) {
      const { id, name, type } = await platform.tags.create(scope, account.id, body)
      return { id, name, type, binding_count: 0 }
    },
  }),
  defineRoute({
    method: 'PATCH',
    path: '/tags/:tagId',
    auth: 'account',
    permission: 'dataset_editor',
    summary: 'Rename a tag',
    params: z.object({ tagId: id() }),
    body: z.object({ name: tagName() }),
    response: tagShape,
    async handler({ platform, scope, params, body }) {
      const { id, name, type, bindingCount } = await platform.tags.rename(scope, params.tagId, body.name)
      return { id, name, type, binding_count: bindingCount }
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/tags/:tagId',
    auth: 'account',
    permission: 'editor',
    summary: 'Delete a tag',
    params: z.object({ tagId: id() }),
    async handler({ platform, scope, params }) {
      await platform.tags.delete(scope, params.tagId)
      // The status as a body, at status 200: so clients know it.
      return 204
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/tag-bindings/create',
    auth: 'account',
    permission: 'dataset_editor',
    summary: 'Put tags on an app or a dataset',
    body: z.object({ tag_ids: z.array(id()), target_id: id(), type: tagType() }),
    response: success,
    async handler({ platform, scope, account, body }) {
      await platform.tags.bind(scope, account.id, { tagIds: body.tag_ids, targetId: body.target_id, type: body.type })
      return { result: 'success' }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/tag-bindings/remove',
    auth: 'account',
    permission: 'dataset_editor',
    summary: 'Take a tag off an app or a dataset',
    body: z.object({ tag_id: id(), target_id: id(), type: tagType() }),
    response: success,
    async handler({ platform, scope, body }) {
      await platform.tags.unbind(scope, { tagId: body.tag_id, targetId: body.target_id, type: body.type })
      return { result: 'success' }
    },
  }),
]
