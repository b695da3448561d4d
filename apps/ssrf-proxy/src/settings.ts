import { type AllowedTarget, parseAllowedTargets } from '@weft/adapter-outbound'
import { z } from 'zod'

/** What the proxy is told. Sizes are bytes, times are milliseconds. */
export interface SsrfProxySettings {
  port: number
  address: string
  /** Where metrics are served, on the loopback address. 0: a free port; undefined: nowhere. */
  metricsPort: number | undefined
  /** What may be called although it is not public. */
  allowedTargets: readonly AllowedTarget[]
  /** What may be called on public addresses. */
  allowedPorts: readonly [from: number, to: number][]
  maxConnections: number
  /** Of one request or tunnel, each way. */
  maxBytes: number
  connectTimeout: number
  idleTimeout: number
  maxTime: number
}

export class SsrfProxySettingsError extends Error {
  readonly code = 'invalid-ssrf-proxy-setting'
  constructor(message: string) {
    super(message)
    this.name = 'SsrfProxySettingsError'
  }
}

const whole = (fallback: number, least: number) =>
  z.preprocess(value => (value === '' ? undefined : value), z.coerce.number().int().min(least).default(fallback))

const VARIABLES = z.object({
  SSRF_HTTP_PORT: whole(3128, 0),
  SSRF_PROXY_BIND_ADDRESS: z
    .string()
    .default('')
    .transform(value => value || '0.0.0.0'),
  SSRF_PROXY_METRICS_PORT: z
    .string()
    .default('')
    .transform(value => value || '3129'),
  SSRF_ALLOWED_TARGETS: z.string().default(''),
  SSRF_PROXY_ALLOWED_PORTS: z
    .string()
    .default('')
    .transform(value => value || '80,443,1025-65535'),
  SSRF_PROXY_MAX_CONNECTIONS: whole(1000, 1),
  SSRF_PROXY_MAX_MEGABYTES: whole(1024, 1),
  SSRF_PROXY_CONNECT_TIMEOUT: whole(10, 1),
  SSRF_PROXY_IDLE_TIMEOUT: whole(600, 1),
  SSRF_PROXY_MAX_TIME: whole(3600, 1),
})

/** @throws SsrfProxySettingsError, AllowedTargetsError */
export function readSsrfProxySettings(variables: Record<string, string | undefined>): SsrfProxySettings {
  const parsed = VARIABLES.safeParse(variables)
  if (!parsed.success) {
    throw new SsrfProxySettingsError(parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; '))
  }
  const given = parsed.data
  return {
    port: given.SSRF_HTTP_PORT,
    address: given.SSRF_PROXY_BIND_ADDRESS,
    metricsPort: given.SSRF_PROXY_METRICS_PORT === 'off' ? undefined : portNumber('SSRF_PROXY_METRICS_PORT', given.SSRF_PROXY_METRICS_PORT),
    allowedTargets: parseAllowedTargets(given.SSRF_ALLOWED_TARGETS),
    allowedPorts: given.SSRF_PROXY_ALLOWED_PORTS.split(',').map(parsePorts),
    maxConnections: given.SSRF_PROXY_MAX_CONNECTIONS,
    maxBytes: given.SSRF_PROXY_MAX_MEGABYTES * 1024 * 1024,
    connectTimeout: given.SSRF_PROXY_CONNECT_TIMEOUT * 1000,
    idleTimeout: given.SSRF_PROXY_IDLE_TIMEOUT * 1000,
    maxTime: given.SSRF_PROXY_MAX_TIME * 1000,
  }
}

function parsePorts(written: string): [from: number, to: number] {
  const [from = '', to = from] = written.trim().split('-')
  return [portNumber('SSRF_PROXY_ALLOWED_PORTS', from), portNumber('SSRF_PROXY_ALLOWED_PORTS', to)]
}

function portNumber(variable: string, written: string): number {
  if (/^\d{1,5}$/.test(written) && Number(written) <= 65_535) return Number(written)
  throw new SsrfProxySettingsError(`${variable}: ${written} is not a port`)
}
