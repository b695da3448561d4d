import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { OutboundError } from '@weft/ports'
import { type AllowedTarget, isAddressAllowed, isHostAllowed } from './allowed-targets.ts'
import { type AddressClass, classifyAddress, describeAddressClass } from './classify-address.ts'
import { hostOf, portOf } from './target-url.ts'

/** Gives all addresses of a name, or none, or throws where it has none. */
export type Resolver = (hostname: string) => Promise<readonly string[]>

/** Decides what may be called. */
export interface Gate {
  /** Resolves the URL's host once and gives the addresses that may be connected to. @throws OutboundError */
  admit(url: URL): Promise<readonly string[]>
  /** Checks only what needs no resolving: a proxy does the rest. @throws OutboundError */
  admitUnresolved(url: URL): void
}

export function createGate(options: { allowedTargets: readonly AllowedTarget[]; resolver?: Resolver }): Gate {
  const { allowedTargets, resolver = resolveAll } = options

  function check(url: URL, addresses: readonly string[]): void {
    const port = portOf(url)
    if (isHostAllowed(allowedTargets, hostOf(url), port)) return
    for (const address of addresses) {
      const addressClass = classifyAddress(address)
      if (addressClass === 'public') continue
      if (addressClass !== 'invalid' && isAddressAllowed(allowedTargets, address, port)) continue
      throw refusal(url, addressClass)
    }
  }

  function checkScheme(url: URL): void {
    if (url.protocol === 'http:' || url.protocol === 'https:') return
    throw new OutboundError('invalid-url', url.href, `Refused to call ${url.protocol}//…: only http and https are called`)
  }

  return {
    async admit(url) {
      checkScheme(url)
      const host = hostOf(url)
      const addresses = isIP(host) ? [host] : await resolve(url, host, resolver)
      check(url, addresses)
      return addresses
    },
    admitUnresolved(url) {
      checkScheme(url)
      const host = hostOf(url)
      if (isIP(host)) check(url, [host])
      else if (/(^|\.)localhost\.?$/.test(host)) check(url, ['127.0.0.1'])
    },
  }
}

async function resolve(url: URL, host: string, resolver: Resolver): Promise<readonly string[]> {
  let addresses: readonly string[]
  try {
    addresses = await resolver(host)
  } catch (error) {
    throw new OutboundError('name-not-resolved', url.href, `The host name ${host} could not be resolved`, { cause: error })
  }
  if (!addresses.length) throw new OutboundError('name-not-resolved', url.href, `The host name ${host} has no address`)
  return addresses
}

/** Says which host and what to do, but not the address of a name: that would tell tenants about the inner network. */
function refusal(url: URL, addressClass: AddressClass): OutboundError {
  const target = `${url.hostname}:${portOf(url)}`
  const fact = `${isIP(hostOf(url)) ? 'it is' : 'its name leads to'} ${describeAddressClass(addressClass)}`
  const remedy = `An operator can allow it by adding ${target} to SSRF_ALLOWED_TARGETS`
  return new OutboundError('address-refused', url.href, `Refused to call ${target}: ${fact}. ${remedy}`)
}

async function resolveAll(hostname: string): Promise<string[]> {
  const answers = await lookup(hostname, { all: true })
  return answers.map(answer => answer.address)
}
