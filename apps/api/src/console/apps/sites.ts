import type { SiteChange } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { language, text, truthy } from '../../http/fields.ts'
import { appParams } from './apps.ts'
import { showSiteShort } from './shapes.ts'

const siteShape = z.looseObject({ app_id: z.string(), code: z.string(), title: z.string() })

const changes = z.object({
  title: text().nullish(),
  icon_type: z.enum(['emoji', 'image', 'link']).nullish(),
  icon: text().nullish(),
  icon_background: text().nullish(),
  description: text().nullish(),
  default_language: language().nullish(),
  chat_color_theme: text().nullish(),
  chat_color_theme_inverted: truthy().nullish(),
  customize_domain: text().nullish(),
  copyright: text().nullish(),
  privacy_policy: text().nullish(),
  custom_disclaimer: text()
    .refine(value => value.length <= 512, { error: 'Custom disclaimer cannot exceed 512 characters.' })
    .nullish(),
  customize_token_strategy: z.enum(['must', 'allow', 'not_allow']).nullish(),
  prompt_public: truthy().nullish(),
  show_workflow_steps: truthy().nullish(),
  use_icon_as_answer_icon: truthy().nullish(),
})

/** What is null or absent stays as it is. */
function changeOf(body: z.output<typeof changes>): SiteChange {
  const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  const entries = Object.entries(body).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(entries.map(([name, value]) => [camelCase(name), value]))
}

export const siteRoutes = [
  defineRoute({
    method: 'POST',
    path: '/apps/:appId/site',
    auth: 'account',
    permission: 'editor',
    summary: "Change an app's page",
    params: appParams,
    body: changes,
    response: siteShape,
    async handler({ platform, scope, account, params, body }) {
      await platform.apps.catalogue.find(scope, params.appId)
      return showSiteShort(await platform.apps.sites.change(scope, account.id, params.appId, changeOf(body)))
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/apps/:appId/site/access-token-reset',
    auth: 'account',
    permission: 'admin',
    summary: "Give an app's page another address",
    params: appParams,
    response: siteShape,
    async handler({ platform, scope, account, params }) {
      await platform.apps.catalogue.find(scope, params.appId)
      return showSiteShort(await platform.apps.sites.resetCode(scope, account.id, params.appId))
    },
  }),
]
