import { type AccountChange, DomainError } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { language, text, timezone } from '../http/fields.ts'
import { accountProfile, showAccount, success } from './shapes.ts'

/** A route that changes one thing about the caller and shows the profile. */
function changeRoute<Body extends z.ZodType>(path: string, summary: string, body: Body, changeOf: (body: z.output<Body>) => AccountChange) {
  return defineRoute({
    method: 'POST',
    path: `/account/${path}`,
    auth: 'account',
    summary,
    body,
    response: accountProfile,
    handler: async ({ platform, account, body }) => showAccount(await platform.identity.accounts.change(account.id, changeOf(body))),
  })
}

export const accountRoutes = [
  defineRoute({
    method: 'POST',
    path: '/account/init',
    auth: 'newcomer',
    summary: 'Give an invited account its settings',
    body: z.object({ interface_language: language(), timezone: timezone(), invitation_code: text().nullish() }),
    response: success,
    async handler({ platform, account, body }) {
      await platform.identity.accounts.initialize(account, { interfaceLanguage: body.interface_language, timezone: body.timezone })
      return { result: 'success' }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/account/profile',
    auth: 'account',
    summary: "The caller's own account",
    response: accountProfile,
    handler: ({ account }) => showAccount(account),
  }),
  changeRoute('name', 'Rename the caller', z.object({ name: text() }), ({ name }) => {
    if (name.length < 3 || name.length > 30) throw new DomainError('invalid_param', 'Account name must be between 3 and 30 characters.')
    return { name }
  }),
  changeRoute('avatar', 'Choose a picture by its file id', z.object({ avatar: text() }), ({ avatar }) => ({ avatar })),
  changeRoute('interface-language', 'Choose the language', z.object({ interface_language: language() }), body => ({
    interfaceLanguage: body.interface_language,
  })),
  changeRoute('interface-theme', 'Choose the theme', z.object({ interface_theme: z.enum(['light', 'dark']) }), body => ({
    interfaceTheme: body.interface_theme,
  })),
  changeRoute('timezone', 'Choose the time zone', z.object({ timezone: timezone() }), body => ({ timezone: body.timezone })),
  defineRoute({
    method: 'POST',
    path: '/account/password',
    auth: 'account',
    summary: 'Change the password',
    body: z.object({ password: text().nullish(), new_password: text(), repeat_new_password: text() }),
    response: success,
    async handler({ platform, account, body }) {
      if (body.new_password !== body.repeat_new_password) throw new DomainError('repeat_password_not_match')
      await platform.identity.accounts.changePassword(account, { current: body.password ?? undefined, next: body.new_password })
      return { result: 'success' }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/account/integrates',
    auth: 'account',
    summary: 'Linked social logins',
    handler: () => ({ data: ['github', 'google'].map(provider => ({ provider, created_at: null, is_bound: false, link: null })) }),
  }),
]
