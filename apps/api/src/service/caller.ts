import type { App, EndUser, Runner, TenantScope } from '@weft/core'
import { DomainError } from '@weft/core'
import type { Platform } from '@weft/platform'

/** The session id of callers that name no user, where a route does not ask for one. */
const ANONYMOUS = 'DEFAULT-USER'

/** The end user that a request's `user` names. @throws DomainError where it must and does not */
export async function endUserOf(
  platform: Platform,
  scope: TenantScope,
  app: App,
  user: string | null | undefined,
  options: { isOptional?: boolean } = {},
): Promise<EndUser> {
  if (!user && !options.isOptional) throw new DomainError('invalid_param', 'Arg user must be provided.')
  return platform.endUsers.findOrCreate(scope, app.id, 'service_api', user || ANONYMOUS)
}

/** An end user as the one who starts a run. */
export function runnerOf(user: EndUser): Runner {
  return { kind: 'end-user', id: user.id, name: user.sessionId, shown: { id: user.id, user: user.sessionId } }
}

/** @throws DomainError where the app is of another kind */
export function requireMode(app: App, modes: readonly App['mode'][], code: 'not_chat_app' | 'not_workflow_app' | 'app_unavailable'): void {
  if (!modes.includes(app.mode)) throw new DomainError(code)
}

export const CHAT_MODES = ['chat', 'agent-chat', 'advanced-chat'] as const

/** Apps whose kind cannot be run yet say so. @throws DomainError */
export function refuseEasyMode(app: App): void {
  if (app.mode === 'advanced-chat' || app.mode === 'workflow') return
  throw new DomainError('app_unavailable', `Apps of the kind ${app.mode} cannot be run by this version of Weft yet.`)
}
