import { readSandboxSettings, startSandbox } from '@weft/sandbox'
import type { StandaloneRole } from './role.ts'

export const sandbox: StandaloneRole = {
  name: 'sandbox',
  summary: "users' Python and JavaScript, locked in by bubblewrap (SANDBOX_PORT, default 8194)",
  isStandalone: true,
  start: ({ variables, logger }) => startSandbox(readSandboxSettings(variables), logger),
}
