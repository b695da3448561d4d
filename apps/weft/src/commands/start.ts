import { createLogger, createPlatform, environmentVariables, type Logger, loadSettings, type Platform } from '@weft/platform'
import { ROLES } from '../roles/registry.ts'
import { isStandalone, type Role, type RunningRole } from '../roles/role.ts'
import { settle } from '../settle.ts'

/** Starts the roles, all that belong to the platform unless some are named, and runs until a signal ends it. */
export async function start(names: string[]): Promise<number> {
  const unknown = names.find(name => !ROLES.some(role => role.name === name))
  if (unknown) {
    console.error(`weft: there is no role ${unknown}; there are ${ROLES.map(role => role.name).join(', ')}`)
    return 2
  }
  const roles = ROLES.filter(role => (names.length ? names.includes(role.name) : !isStandalone(role)))
  const variables = environmentVariables()
  const platform = roles.every(isStandalone) ? undefined : await createPlatform(loadSettings(variables))
  const logger = platform?.logger ?? createLogger({ level: (variables.LOG_LEVEL || 'info').toLowerCase() })
  const running: RunningRole[] = []
  let hasFailed = false
  try {
    const signal = nextSignal()
    for (const role of roles) running.push(await startRole(role, platform, { variables, logger }))
    logger.info({ roles: roles.map(role => role.name) }, 'weft started')
    settle()
    const name = await signal
    logger.info({ signal: name }, 'stopping; a second signal ends at once')
    for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1))
  } finally {
    hasFailed = await stopAll(running.reverse(), platform, logger)
  }
  return hasFailed ? 1 : 0
}

function startRole(
  role: Role,
  platform: Platform | undefined,
  surroundings: { variables: Record<string, string | undefined>; logger: Logger },
) {
  if (isStandalone(role)) return role.start(surroundings)
  if (!platform) throw new Error(`the role ${role.name} needs a platform`)
  return role.start(platform)
}

function nextSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
  const listen = (signal: string) => {
    for (const name of signals) process.off(name, listen)
    resolve(signal)
  }
  for (const name of signals) process.on(name, listen)
  return promise
}

/** Whether any part failed to stop. Every part is tried. */
async function stopAll(running: RunningRole[], platform: Platform | undefined, logger: Logger): Promise<boolean> {
  let hasFailed = false
  for (const stop of [...running.map(role => () => role.stop()), () => platform?.[Symbol.asyncDispose]()]) {
    try {
      await stop()
    } catch (error) {
      hasFailed = true
      logger.error({ err: error }, 'a part did not stop well')
    }
  }
  return hasFailed
}
