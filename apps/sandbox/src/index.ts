export type { Log } from './log.ts'
export { SandboxError, type SandboxErrorCode } from './sandbox-error.ts'
export { readSandboxSettings, type SandboxSettings } from './settings.ts'
export { type RunningSandbox, startSandbox } from './start-sandbox.ts'
