import { SettingsError } from '@weft/platform'
import { config } from './commands/config.ts'
import { replay } from './commands/replay.ts'
import { rotateSecretKey } from './commands/rotate-secret-key.ts'
import { start } from './commands/start.ts'
import { ROLES } from './roles/registry.ts'

type Command = (parameters: string[]) => Promise<number>

const COMMANDS: Record<string, Command> = { start, config, 'rotate-secret-key': rotateSecretKey, replay }

const HELP = `Usage: weft [command]

  weft                        start worker, beat and api on one port (PORT, default 3000)
  weft start [ROLE…]          start these roles in one process
  weft ROLE…                  the same
  weft config                 print the settings in force, secrets masked
  weft rotate-secret-key      wrap the tenants' keys under a new SECRET_KEY
      --new KEY               the new key (or NEW_SECRET_KEY); made by itself in embedded mode
  weft replay RUN             print a run's journal and re-derive its outcome
  weft --help                 this text

Roles:
${ROLES.map(role => `  ${role.name.padEnd(27)} ${role.summary}`).join('\n')}

Settings are environment variables with Dify's names; \`weft config\` lists them.`

/** Runs `weft`. Gives the process's exit code. */
export async function runCommand(parameters: string[]): Promise<number> {
  const [name = 'start', ...rest] = parameters
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(HELP)
    return 0
  }
  const isRole = ROLES.some(role => role.name === name)
  const command = isRole ? start : COMMANDS[name]
  if (!command) {
    console.error(`weft: there is no command or role ${name}\n\n${HELP}`)
    return 2
  }
  try {
    return await command(isRole ? parameters : rest)
  } catch (error) {
    if (!isForOperators(error)) throw error
    console.error(`weft: ${error.message}`)
    return 1
  }
}

/** What has gone wrong around Weft, which its message explains better than a stack would. */
function isForOperators(error: unknown): error is Error {
  if (error instanceof SettingsError) return true
  const code = (error as { code?: unknown } | undefined)?.code
  return [
    'embedded-postgres-failed',
    'database-unusable',
    'migration-failed',
    'wrong-secret-key',
    'EADDRINUSE',
    'EACCES',
    'sandbox-unavailable',
    'invalid-sandbox-setting',
    'invalid-ssrf-proxy-setting',
    'invalid-allowed-target',
  ].includes(String(code))
}
