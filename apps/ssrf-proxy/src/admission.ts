import { createGate, type Gate, parseTargetUrl, type Resolver } from '@weft/adapter-outbound'
import { OutboundError } from '@weft/ports'
import type { SsrfProxySettings } from './settings.ts'

/** A place that may be connected to, and the addresses that were checked: no other may be used. */
export interface Target {
  url: URL
  host: string
  port: number
  addresses: readonly string[]
}

/** Decides what the proxy connects to: by the gate that requests pass in process, and by port. */
export class TargetAdmission {
  readonly #gate: Gate
  readonly #settings: SsrfProxySettings

  constructor(settings: SsrfProxySettings, resolver?: Resolver) {
    this.#settings = settings
    this.#gate = createGate({ allowedTargets: settings.allowedTargets, resolver })
  }

  /** @param text the absolute address of a request. @throws OutboundError */
  async request(text: string): Promise<Target> {
    const url = parseTargetUrl(text)
    if (url.protocol !== 'http:') throw new OutboundError('invalid-url', text, 'Only http addresses are forwarded; https needs CONNECT')
    return this.#admit(url)
  }

  /** @param authority `host:port`. @throws OutboundError */
  async tunnel(authority: string): Promise<Target> {
    if (!/^[^/\\?#@\s]+:\d{1,5}$/.test(authority)) throw new OutboundError('invalid-url', authority, `${authority} is not host:port`)
    return this.#admit(parseTargetUrl(`https://${authority}`))
  }

  async #admit(url: URL): Promise<Target> {
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    const isNamed = this.#settings.allowedTargets.some(target => target.port === port)
    if (!isNamed && !this.#settings.allowedPorts.some(([from, to]) => port >= from && port <= to)) {
      throw new OutboundError(
        'address-refused',
        url.href,
        `Refused to call port ${port}: an operator can allow it in SSRF_PROXY_ALLOWED_PORTS`,
      )
    }
    return { url, host: url.hostname.replace(/^\[|\]$/g, ''), port, addresses: await this.#gate.admit(url) }
  }
}
