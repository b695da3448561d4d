import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'

/** Where Redis is and how to get in, as decided from the `REDIS_*` variables. */
export interface RedisOptions {
  server: RedisServer
  username?: string
  password?: string
  /** Default 0. A cluster has only that one. */
  db?: number
  /** Plain text where left out. */
  tls?: RedisTls
  /** 3, which Redis 6 and later speak, unless told. */
  protocol?: 2 | 3
}

export type RedisServer =
  | ({ kind: 'standalone' } & RedisAddress)
  | {
      kind: 'sentinel'
      sentinels: RedisAddress[]
      serviceName: string
      username?: string
      password?: string
      /** How long to wait for a sentinel before asking the next. Default 1000: Dify's 100 is short for TLS. */
      timeoutMilliseconds?: number
    }
  | { kind: 'cluster'; nodes: RedisAddress[] }

export interface RedisAddress {
  host: string
  port: number
}

export interface RedisTls {
  /** Whether the server's certificate must be valid: `REDIS_SSL_CERT_REQS`. */
  isVerified: boolean
  /** Paths of PEM files. */
  caFile?: string
  certificateFile?: string
  keyFile?: string
}

/**
 * The addresses of `REDIS_SENTINELS` or `REDIS_CLUSTERS`: `host:port,host:port`, an IPv6 host in brackets.
 * @throws TypeError where one is no address
 */
export function parseRedisAddresses(text: string, defaultPort = 6379): RedisAddress[] {
  const addresses = text.split(',').map(part => part.trim())
  return addresses.filter(Boolean).map(address => {
    const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(address)
    const port = Number(match?.[3] ?? defaultPort)
    const host = match?.[1] ?? match?.[2]
    if (!host || port < 1 || port > 65535) throw new TypeError(`not an address of Redis: ${address}`)
    return { host, port }
  })
}

export function tlsOptions(tls: RedisTls): ConnectionOptions {
  return {
    rejectUnauthorized: tls.isVerified,
    ca: tls.caFile && readFileSync(tls.caFile),
    cert: tls.certificateFile && readFileSync(tls.certificateFile),
    key: tls.keyFile && readFileSync(tls.keyFile),
  }
}
