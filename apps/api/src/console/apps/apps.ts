import { type App, type AppMode, DomainError } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { id, integer, queryBoolean, text, truthy } from '../../http/fields.ts'
import { sendNothing } from '../../http/send-nothing.ts'
import { appShape, showApp, showAppDetail, showAppListItem } from './shapes.ts'

export const appParams = z.object({ appId: id() })

const MODES = ['chat', 'agent-chat', 'advanced-chat', 'workflow', 'completion'] as const
const ICON_TYPES = ['emoji', 'image', 'link']

const description = () => text().refine(value => value.length <= 400, { error: 'Description cannot exceed 400 characters.' })

/** Fields of an icon, each of which may be absent. */
const iconFields = { icon_type: text().nullish(), icon: text().nullish(), icon_background: text().nullish() }

const iconTypeOf = (value: string | null | undefined) => (value && ICON_TYPES.includes(value) ? (value as App['iconType']) : null)

async function detail(platform: Platform, request: FastifyRequest, app: App, scope: Parameters<Platform['apps']['sites']['find']>[0]) {
  const [overview, site] = await Promise.all([platform.apps.catalogue.overview(scope, app), platform.apps.sites.find(scope, app.id)])
  return showAppDetail(platform, request, overview, site)
}

const pageShape = z.object({ page: z.int(), limit: z.int(), total: z.int(), has_more: z.boolean(), data: z.array(appShape) })

const listApps = defineRoute({
  method: 'GET',
  path: '/apps',
  auth: 'account',
  summary: 'The apps of the workspace, newest first',
  query: z.object({
    page: integer({ min: 1, max: 99_999 }).nullish(),
    limit: integer({ min: 1, max: 100 }).nullish(),
    mode: z.enum([...MODES, 'channel', 'all']).nullish(),
    name: text().nullish(),
    tag_ids: text().nullish(),
    is_created_by_me: queryBoolean().nullish(),
  }),
  response: pageShape,
  async handler({ platform, scope, account, query, request }) {
    const { page, limit } = { page: query.page ?? 1, limit: query.limit ?? 20 }
    const { items, total } = await platform.apps.catalogue.list(scope, {
      page,
      limit,
      mode: query.mode && query.mode !== 'all' && query.mode !== 'channel' ? query.mode : undefined,
      name: query.name ?? undefined,
      tagIds: query.tag_ids ? readIds(query.tag_ids) : undefined,
      createdBy: query.is_created_by_me ? account.id : undefined,
    })
    const data = items.map(item => showAppListItem(platform, request, item))
    return { page, limit, total, has_more: page * limit < total, data }
  },
})

function readIds(list: string): string[] {
  const ids = list.split(',')
  if (!ids.every(one => id().safeParse(one).success)) throw new DomainError('bad_request', 'Invalid UUID format in tag_ids.')
  return ids
}

const createApp = defineRoute({
  method: 'POST',
  path: '/apps',
  auth: 'account',
  permission: 'editor',
  summary: 'Create an app',
  body: z.object({ name: text(), mode: z.enum(MODES).nullish(), description: description().nullish(), ...iconFields }),
  response: appShape,
  status: 201,
  async handler({ platform, scope, account, body }) {
    if (!body.mode) throw new DomainError('bad_request', 'mode is required')
    const app = await platform.apps.catalogue.create(scope, account, {
      name: body.name,
      mode: body.mode satisfies AppMode,
      description: body.description ?? '',
      iconType: iconTypeOf(body.icon_type),
      icon: body.icon ?? null,
      iconBackground: body.icon_background ?? null,
    })
    return showApp(await platform.apps.catalogue.overview(scope, app))
  },
})

const readApp = defineRoute({
  method: 'GET',
  path: '/apps/:appId',
  auth: 'account',
  summary: 'An app, with its page and configuration',
  params: appParams,
  response: appShape,
  handler: async ({ platform, scope, params, request }) =>
    detail(platform, request, await platform.apps.catalogue.find(scope, params.appId), scope),
})

const changeApp = defineRoute({
  method: 'PUT',
  path: '/apps/:appId',
  auth: 'account',
  permission: 'editor',
  summary: 'Change what an app is called and looks like',
  params: appParams,
  body: z.object({
    name: text(),
    description: description().nullish(),
    ...iconFields,
    use_icon_as_answer_icon: truthy().nullish(),
    max_active_requests: integer({ min: 0, max: 2 ** 31 - 1 }).nullish(),
  }),
  response: appShape,
  async handler({ platform, scope, account, params, body, request }) {
    await platform.apps.catalogue.find(scope, params.appId)
    const app = await platform.apps.catalogue.change(scope, account.id, params.appId, {
      name: body.name,
      description: body.description ?? '',
      iconType: iconTypeOf(body.icon_type),
      icon: body.icon ?? null,
      iconBackground: body.icon_background ?? null,
      useIconAsAnswerIcon: body.use_icon_as_answer_icon ?? false,
      maxActiveRequests: body.max_active_requests ?? null,
    })
    return detail(platform, request, app, scope)
  },
})

const deleteApp = defineRoute({
  method: 'DELETE',
  path: '/apps/:appId',
  auth: 'account',
  permission: 'editor',
  summary: 'Delete an app with all that belongs to it',
  params: appParams,
  status: 204,
  async handler({ platform, scope, params, reply }) {
    await platform.apps.catalogue.delete(scope, params.appId)
    return sendNothing(reply)
  },
})

const copyApp = defineRoute({
  method: 'POST',
  path: '/apps/:appId/copy',
  auth: 'account',
  permission: 'editor',
  summary: 'A new app that does the same',
  params: appParams,
  body: z.object({ name: text().nullish(), description: description().nullish(), ...iconFields }),
  response: appShape,
  status: 201,
  async handler({ platform, scope, account, params, body, request }) {
    const app = await platform.apps.catalogue.find(scope, params.appId)
    const copy = await platform.apps.dsl.copy(scope, account, app, {
      name: body.name ?? undefined,
      description: body.description ?? undefined,
      iconType: body.icon_type ?? undefined,
      icon: body.icon ?? undefined,
      iconBackground: body.icon_background ?? undefined,
    })
    return detail(platform, request, await platform.apps.catalogue.find(scope, copy.id), scope)
  },
})

/** A route that changes one thing about an app and shows the app. */
function changeRoute<Body extends z.ZodType>(
  path: string,
  permission: 'editor' | 'admin',
  summary: string,
  body: Body,
  changeOf: (body: z.output<Body>) => Parameters<Platform['apps']['catalogue']['change']>[3],
) {
  return defineRoute({
    method: 'POST',
    path: `/apps/:appId/${path}`,
    auth: 'account',
    permission,
    summary,
    params: appParams,
    body,
    response: appShape,
    async handler({ platform, scope, account, params, body }) {
      const { catalogue } = platform.apps
      await catalogue.find(scope, params.appId)
      return showApp(await catalogue.overview(scope, await catalogue.change(scope, account.id, params.appId, changeOf(body))))
    },
  })
}

/** A switch that has to be sent. */
const flag = () =>
  z.unknown().transform((value, context) => {
    if (value !== undefined && value !== null) return truthy().parse(value)
    context.addIssue({ code: 'invalid_type', expected: 'boolean', input: value })
    return z.NEVER
  })

export const appRoutes = [
  listApps,
  createApp,
  readApp,
  changeApp,
  deleteApp,
  copyApp,
  changeRoute('name', 'editor', 'Rename an app', z.object({ name: text() }), ({ name }) => ({ name })),
  changeRoute('icon', 'editor', 'Choose an icon', z.object({ icon: text().nullish(), icon_background: text().nullish() }), body => ({
    icon: body.icon ?? '',
    iconBackground: body.icon_background ?? '',
  })),
  changeRoute('site-enable', 'editor', "Open or close an app's page", z.object({ enable_site: flag() }), body => ({
    enableSite: body.enable_site,
  })),
  changeRoute('api-enable', 'admin', "Open or close an app's API", z.object({ enable_api: flag() }), body => ({
    enableApi: body.enable_api,
  })),
]
