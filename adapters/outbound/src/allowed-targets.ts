import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isAddress, parseAddress } from './classify-address.ts'

/** One entry of `SSRF_ALLOWED_TARGETS`: what may be called although its address is not public. */
export interface AllowedTarget {
  /** A name as written in the URL, an address as written in the URL, or a network that the address lies in. */
  kind: 'name' | 'address' | 'network'
  /** Lower case; addresses in their normal form; networks as `10.0.0.0/8`. */
  value: string
  /** Every port where there is none. */
  port: number | undefined
}

export class AllowedTargetsError extends Error {
  readonly code = 'invalid-allowed-target'
  readonly entry: string
  constructor(entry: string, reason: string) {
    super(`SSRF_ALLOWED_TARGETS: "${entry}" ${reason}; entries are host, host:port, CIDR or CIDR:port, parted by commas`)
    this.name = 'AllowedTargetsError'
    this.entry = entry
  }
}

/** Reads the comma list. IPv6 with a port is bracketed: `[::1]:8080`, `[fd00::/8]:443`. @throws AllowedTargetsError naming the entry */
export function parseAllowedTargets(text: string): AllowedTarget[] {
  return text
    .split(',')
    .map(entry => entry.trim())
    .filter(Boolean)
    .map(parseEntry)
}

function parseEntry(entry: string): AllowedTarget {
  const { host, port } = splitPort(entry)
  const [base = '', bits] = host.split('/')
  if (bits !== undefined) {
    const family = isIPv4(base) ? 32 : isAddress(base) ? 128 : 0
    if (!family || !/^\d{1,3}$/.test(bits) || Number(bits) > family) throw new AllowedTargetsError(entry, 'is not a network')
    return { kind: 'network', value: `${normalAddress(base)}/${Number(bits)}`, port }
  }
  if (isAddress(host)) return { kind: 'address', value: normalAddress(host), port }
  const name = host.toLowerCase()
  // The URL parser reads 127.1 and the like as addresses: whoever writes that must say which address they mean.
  if (!/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/.test(name) || URL.parse(`http://${name}/`)?.hostname !== name) {
    throw new AllowedTargetsError(entry, 'is neither a host name nor an address')
  }
  return { kind: 'name', value: name, port }
}

function splitPort(entry: string): { host: string; port: number | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(entry)
  if (!bracketed && entry.indexOf(':') !== entry.lastIndexOf(':')) return { host: entry, port: undefined }
  const [, host = '', portText] = bracketed ?? /^([^:]*)(?::(.*))?$/.exec(entry) ?? []
  if (portText === undefined) return { host, port: undefined }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0
  if (port < 1 || port > 65_535) throw new AllowedTargetsError(entry, 'has no valid port')
  return { host, port }
}

/** Whether the host as the URL names it is on the list; brackets of IPv6 taken off. */
export function isHostAllowed(targets: readonly AllowedTarget[], host: string, port: number): boolean {
  const wanted = isAddress(host) ? normalAddress(host) : host.toLowerCase()
  const kind = isAddress(host) ? 'address' : 'name'
  return targets.some(target => target.kind === kind && target.value === wanted && isPortAllowed(target, port))
}

/** Whether a network on the list holds the address. */
export function isAddressAllowed(targets: readonly AllowedTarget[], address: string, port: number): boolean {
  const parsed = parseAddress(address.split('%')[0] ?? '')
  return targets.some(target => {
    if (target.kind !== 'network' || !isPortAllowed(target, port)) return false
    const [network, bits] = ipaddr.parseCIDR(target.value)
    return network.kind() === parsed.kind() && parsed.match(network, bits)
  })
}

function isPortAllowed(target: AllowedTarget, port: number): boolean {
  return target.port === undefined || target.port === port
}

function normalAddress(address: string): string {
  return parseAddress(address).toNormalizedString()
}
