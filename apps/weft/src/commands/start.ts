import { createPlatform, loadSettings, type Platform } from '@weft/platform'
import { ROLES } from '../roles/registry.ts'
import type { RunningRole } from '../roles/role.ts'
import { settle } from '../settle.ts'

/** Starts the roles, all unless some are named, and runs until a signal ends it. */
export async function start(names: string[]): Promise<number> {
  const unknown = names.find(name => !ROLES.some(role => role.name === name))
  if (unknown) {
    console.error(`weft: there is no role ${unknown}; there are ${ROLES.map(role => role.name).join(', ')}`)
    return 2
  }
  const roles = names.length ? ROLES.filter(role => names.includes(role.name)) : ROLES
  const platform = await createPlatform(loadSettings())
  const running: RunningRole[] = []
  let hasFailed = false
  try {
    const signal = nextSignal()
    for (const role of roles) running.push(await role.start(platform))
    platform.logger.info({ roles: roles.map(role => role.name) }, 'weft started')
    settle()
    const name = await signal
    platform.logger.info({ signal: name }, 'stopping; a second signal ends at once')
    for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1))
  } finally {
    hasFailed = await stopAll(running.reverse(), platform)
  }
  return hasFailed ? 1 : 0
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
async function stopAll(running: RunningRole[], platform: Platform): Promise<boolean> {
  let hasFailed = false
  for (const stop of [...running.map(role => () => role.stop()), () => platform[Symbol.asyncDispose]()]) {
    try {
      await stop()
    } catch (error) {
      hasFailed = true
      platform.logger.error({ err: error }, 'a part did not stop well')
    }
  }
  return hasFailed
}
