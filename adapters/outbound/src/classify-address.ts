import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** What an address is for. Only `public` ones may be called without being allowed by name. */
export type AddressClass =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'carrier-grade-nat'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'unspecified'
  | 'reserved'
  | 'invalid'

/** Where clouds hand out credentials to whoever asks from inside. Two of them look public or merely private otherwise. */
const METADATA_ADDRESSES = new Set(['169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254'])

const IPV4_CLASSES: Record<string, AddressClass> = {
  unicast: 'public',
  loopback: 'loopback',
  private: 'private',
  linkLocal: 'link-local',
  carrierGradeNat: 'carrier-grade-nat',
  multicast: 'multicast',
  broadcast: 'broadcast',
  unspecified: 'unspecified',
}

const IPV6_CLASSES: Record<string, AddressClass> = {
  loopback: 'loopback',
  uniqueLocal: 'private',
  linkLocal: 'link-local',
  multicast: 'multicast',
  unspecified: 'unspecified',
}

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
const NEW_DOCUMENTATION = ipaddr.IPv6.parseCIDR('3fff::/20')
const COMPATIBLE = ipaddr.IPv6.parseCIDR('::/96')
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')
const SIX_TO_FOUR = ipaddr.IPv6.parseCIDR('2002::/16')
const TEREDO = ipaddr.IPv6.parseCIDR('2001::/32')

/**
 * Says what kind of address a text is, in the strict spelling that resolvers give: four decimal parts, or IPv6. Everything
 * not known to be public is not; an IPv6 address that leads to an IPv4 one is what that one is.
 */
export function classifyAddress(address: string): AddressClass {
  const [withoutZone = ''] = address.split('%')
  if (METADATA_ADDRESSES.has(withoutZone)) return 'metadata'
  if (!isAddress(withoutZone)) return 'invalid'
  const parsed = parseAddress(withoutZone)
  return parsed instanceof ipaddr.IPv6 ? classifyIpv6(parsed) : (IPV4_CLASSES[parsed.range()] ?? 'reserved')
}

/** Whether the text is an address in strict spelling, without a zone. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

/** Parses what `isAddress` accepts. */
export function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  if (isIPv4(address)) return ipaddr.IPv4.parse(address)
  // In hexadecimal first: ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4.
  return ipaddr.IPv6.parse(new URL(`http://[${address}]/`).hostname.slice(1, -1))
}

function classifyIpv6(address: ipaddr.IPv6): AddressClass {
  if (METADATA_ADDRESSES.has(address.toString())) return 'metadata'
  if (address.isIPv4MappedAddress()) return classifyAddress(address.toIPv4Address().toString())
  if (address.match(NAT64)) return embedded(address, 6)
  const known = IPV6_CLASSES[address.range()]
  if (known) return known
  // Tunnels nobody uses any more lead to their inner address, or nowhere.
  if (address.match(COMPATIBLE)) return unlessPublic(embedded(address, 6))
  if (address.match(SIX_TO_FOUR)) return unlessPublic(embedded(address, 1))
  if (address.match(TEREDO)) return unlessPublic(unlessPublic(embedded(address, 2), embedded(address, 6, 0xffff)))
  const interfaceHead = address.parts[4]
  if ((interfaceHead === 0 || interfaceHead === 0x200) && address.parts[5] === 0x5efe) {
    const inner = embedded(address, 6)
    if (inner !== 'public') return inner
  }
  const isGlobal = address.match(GLOBAL_UNICAST) && !address.match(NEW_DOCUMENTATION) && address.range() === 'unicast'
  return isGlobal ? 'public' : 'reserved'
}

/** The class of the IPv4 address in the two 16-bit parts from `index` on. */
function embedded(address: ipaddr.IPv6, index: number, mask = 0): AddressClass {
  const [high = 0, low = 0] = address.parts.slice(index, index + 2).map(part => part ^ mask)
  return classifyAddress([high >> 8, high & 255, low >> 8, low & 255].join('.'))
}

function unlessPublic(inner: AddressClass, other: AddressClass = 'reserved'): AddressClass {
  return inner === 'public' ? other : inner
}

/** For messages: `a loopback address`. */
export function describeAddressClass(addressClass: AddressClass): string {
  const words = addressClass === 'metadata' ? 'cloud metadata' : addressClass
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words} address`
}
