import { isIPv6, type LookupFunction } from 'node:net'
import { getCACertificates } from 'node:tls'
import { type Dispatcher, Pool, ProxyAgent } from 'undici'

/** Proxies by the scheme of what is called through them. */
export interface ProxyUrls {
  http?: string
  https?: string
}

export interface ConnectionOptions {
  verifyTls: boolean
  /** Milliseconds. */
  connectTimeout: number
}

/** Kept-alive connections, shared by requests to the same origin at the same addresses under the same options. */
export interface Connections extends AsyncDisposable {
  /** Connects to these addresses and no others, whatever the name may mean by then. */
  direct(origin: string, addresses: readonly string[], options: ConnectionOptions): Dispatcher
  throughProxy(proxyUrl: string, options: ConnectionOptions): Dispatcher
}

const MAX_POOLS = 256

export function createConnections(caCertificates?: readonly string[]): Connections {
  // Least recently used first.
  const pools = new Map<string, Dispatcher>()
  const ca = caCertificates?.length ? [...getCACertificates('default'), ...caCertificates] : undefined

  function pooled(key: string, create: () => Dispatcher): Dispatcher {
    const pool = pools.get(key) ?? create()
    pools.delete(key)
    pools.set(key, pool)
    const [oldestKey, oldest] = pools.entries().next().value ?? []
    if (pools.size > MAX_POOLS && oldestKey !== undefined) {
      pools.delete(oldestKey)
      // Ends once its requests are done.
      void oldest?.close()
    }
    return pool
  }

  return {
    direct(origin, addresses, { verifyTls, connectTimeout }) {
      const key = JSON.stringify([origin, [...addresses].sort(), verifyTls, connectTimeout])
      return pooled(
        key,
        () =>
          new Pool(origin, {
            allowH2: false,
            connect: {
              allowH2: false,
              ca,
              rejectUnauthorized: verifyTls,
              timeout: connectTimeout,
              lookup: pinnedLookup(addresses),
              autoSelectFamily: true,
            },
          }),
      )
    },
    throughProxy(proxyUrl, { verifyTls, connectTimeout }) {
      const key = JSON.stringify(['proxy', proxyUrl, verifyTls, connectTimeout])
      return pooled(
        key,
        () =>
          new ProxyAgent({
            uri: proxyUrl,
            allowH2: false,
            // Squid forwards plain HTTP and tunnels to port 443 only.
            proxyTunnel: false,
            connectTimeout,
            proxyTls: { ca, allowH2: false },
            requestTls: { ca, rejectUnauthorized: verifyTls, timeout: connectTimeout, allowH2: false },
          }),
      )
    },
    async [Symbol.asyncDispose]() {
      const open = [...pools.values()]
      pools.clear()
      await Promise.all(open.map(pool => pool.destroy()))
    },
  }
}

function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const answers = addresses.map(address => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_hostname, options, callback) => {
    if (options.all) callback(null, answers)
    else callback(null, answers[0]?.address ?? '', answers[0]?.family)
  }
}
