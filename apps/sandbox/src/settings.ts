import { resolve } from 'node:path'
import { z } from 'zod'
import { SandboxError } from './sandbox-error.ts'

/** What the sandbox is told. Sizes are bytes, times are milliseconds. */
export interface SandboxSettings {
  port: number
  address: string
  apiKey: string
  /** Runs at once; more wait. */
  maxWorkers: number
  /** Requests in the house, waiting ones included; more are turned away. */
  maxRequests: number
  runTimeout: number
  hasNetwork: boolean
  hasPreload: boolean
  /** The forward proxy that is a run's only way out; without one there is none. */
  proxyUrl: URL | undefined
  pythonPath: string | undefined
  nodePath: string | undefined
  /** Shown to Python programs besides its own library. */
  pythonLibraryPaths: string[]
  memoryBytes: number
  /** What a run may write under /tmp. 0: nothing, as dify-sandbox has it. */
  temporaryBytes: number
  /** Standard output and standard error together. */
  outputBytes: number
  /** Whether each run has a user namespace of its own, or all share one, which only root can build. Tried in order. */
  userNamespaces: ('own' | 'shared')[]
  packages: {
    /** Where python-requirements.txt and package.json are looked for. */
    folder: string
    /** Where packages are kept. */
    dataFolder: string
    pythonIndexUrl: string | undefined
    checkInterval: number
    isOffline: boolean
  }
  /** Variables that mean something else here than in dify-sandbox, for the log. */
  ignored: string[]
}

const MEGABYTE = 1024 * 1024
const WORDS: Record<string, boolean> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  t: true,
  y: true,
  false: false,
  '0': false,
  no: false,
  off: false,
  f: false,
  n: false,
}

const whole = (fallback: number, least: number) =>
  z.preprocess(value => (value === '' ? undefined : value), z.coerce.number().int().min(least).default(fallback))
const flag = (fallback: boolean) =>
  z.preprocess(
    value => (typeof value === 'string' && value !== '' ? (WORDS[value.trim().toLowerCase()] ?? value) : undefined),
    z.boolean().default(fallback),
  )
const text = () => z.preprocess(value => (value === '' ? undefined : value), z.string().optional())
const httpUrl = () => text().refine(value => value === undefined || URL.parse(value)?.protocol === 'http:', 'must be an http:// address')

const VARIABLES = z.object({
  SANDBOX_PORT: whole(8194, 0),
  SANDBOX_BIND_ADDRESS: text(),
  SANDBOX_API_KEY: text(),
  API_KEY: text(),
  MAX_WORKERS: whole(4, 1),
  MAX_REQUESTS: whole(50, 1),
  WORKER_TIMEOUT: whole(5, 0),
  ENABLE_NETWORK: flag(true),
  ENABLE_PRELOAD: flag(false),
  SSRF_PROXY_ALL_URL: httpUrl(),
  SSRF_PROXY_HTTP_URL: httpUrl(),
  HTTP_PROXY: httpUrl(),
  PYTHON_PATH: text(),
  NODEJS_PATH: text(),
  PYTHON_LIB_PATH: text(),
  PIP_MIRROR_URL: text(),
  PYTHON_DEPS_UPDATE_INTERVAL: text(),
  SANDBOX_MEMORY_LIMIT: whole(512, 64),
  SANDBOX_TMP_SIZE: whole(0, 0),
  SANDBOX_MAX_OUTPUT: whole(16, 1),
  SANDBOX_DEPENDENCIES_DIR: text(),
  SANDBOX_DATA_DIR: text(),
  SANDBOX_OFFLINE: flag(false),
  SANDBOX_USER_NAMESPACES: z.preprocess(value => value || undefined, z.enum(['own', 'shared', 'any']).default('any')),
})

/** Reads the variables, with dify-sandbox's names where it has them. @throws SandboxError naming every bad one */
export function readSandboxSettings(variables: Record<string, string | undefined>): SandboxSettings {
  const parsed = VARIABLES.safeParse(variables)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`)
    throw new SandboxError('invalid-sandbox-setting', `The sandbox's settings are wrong. ${problems.join('; ')}`)
  }
  const given = parsed.data
  const proxy = given.SSRF_PROXY_HTTP_URL ?? given.SSRF_PROXY_ALL_URL ?? given.HTTP_PROXY
  const isRoot = process.getuid?.() === 0
  return {
    port: given.SANDBOX_PORT,
    address: given.SANDBOX_BIND_ADDRESS ?? '0.0.0.0',
    apiKey: given.SANDBOX_API_KEY ?? given.API_KEY ?? 'dify-sandbox',
    maxWorkers: given.MAX_WORKERS,
    maxRequests: given.MAX_REQUESTS,
    runTimeout: (given.WORKER_TIMEOUT || 5) * 1000,
    hasNetwork: given.ENABLE_NETWORK,
    hasPreload: given.ENABLE_PRELOAD,
    proxyUrl: given.ENABLE_NETWORK && proxy ? new URL(proxy) : undefined,
    pythonPath: given.PYTHON_PATH,
    nodePath: given.NODEJS_PATH,
    pythonLibraryPaths:
      given.PYTHON_LIB_PATH?.split(',')
        .map(path => path.trim())
        .filter(path => path.startsWith('/')) ?? [],
    memoryBytes: given.SANDBOX_MEMORY_LIMIT * MEGABYTE,
    temporaryBytes: given.SANDBOX_TMP_SIZE * MEGABYTE,
    outputBytes: given.SANDBOX_MAX_OUTPUT * MEGABYTE,
    userNamespaces: given.SANDBOX_USER_NAMESPACES === 'any' ? ['own', 'shared'] : [given.SANDBOX_USER_NAMESPACES],
    packages: {
      folder: resolve(given.SANDBOX_DEPENDENCIES_DIR ?? 'dependencies'),
      // As root, packages are installed by the user that runs programs: its folder must not lie where only root may look.
      dataFolder: resolve(given.SANDBOX_DATA_DIR ?? (isRoot ? '/var/lib/weft-sandbox' : `${variables.WEFT_DATA_DIR || 'data'}/sandbox`)),
      pythonIndexUrl: given.PIP_MIRROR_URL,
      checkInterval: duration(given.PYTHON_DEPS_UPDATE_INTERVAL ?? '30m'),
      isOffline: given.SANDBOX_OFFLINE,
    },
    ignored: ['ALLOWED_SYSCALLS', 'SOCKS5_PROXY'].filter(name => variables[name]),
  }
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a Go duration: `1h30m`, `90s`. */
function duration(written: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(written)) {
    throw new SandboxError('invalid-sandbox-setting', `PYTHON_DEPS_UPDATE_INTERVAL: ${written} is not a time such as 30m or 1h30m`)
  }
  return [...written.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0),
    0,
  )
}
