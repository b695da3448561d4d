import { isIPv4 } from 'node:net'
import { OutboundError } from '@weft/ports'

const ABSOLUTE = /^https?:\/\/([^/\\?#]*)/i
const SCHEME_RELATIVE = /^\/\/([^/\\?#]*)/

/**
 * Parses the address of a request, or of a redirect relative to `base`. The same parse decides what is checked and what is
 * called, and a host must be written as what it is: `127.1`, `0x7f000001` or full-width digits are refused, whatever they mean.
 * @throws OutboundError `invalid-url`, or `address-refused` for such spellings
 */
export function parseTargetUrl(text: string, base?: URL): URL {
  const trimmed = text.trim()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the parser would drop some of them silently
  if (/[\u0000-\u001f\u007f]/.test(trimmed)) throw new OutboundError('invalid-url', text, 'The URL contains control characters')
  const authority = ABSOLUTE.exec(trimmed) ?? (base ? SCHEME_RELATIVE.exec(trimmed) : null)
  const isRelative = base !== undefined && !/^[a-z][a-z0-9+.-]*:|^[\\/]{2}/i.test(trimmed)
  if (!authority && !isRelative) throw new OutboundError('invalid-url', text, `${text} is not a URL that starts with http:// or https://`)
  const url = URL.parse(trimmed, base?.href)
  if (!url?.hostname || (authority && !authority[1])) throw new OutboundError('invalid-url', text, `${text} is not a valid URL`)
  if (authority?.[1]) checkSpelling(authority[1], url)
  return url
}

function checkSpelling(authority: string, url: URL): void {
  const written = authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(/:\d*$/, '')
    .toLowerCase()
  const isPlain = written === url.hostname || url.hostname.startsWith('[')
  const isInternational = !isIPv4(url.hostname) && !written.includes('%') && url.hostname.includes('xn--')
  if (isPlain || isInternational) return
  throw new OutboundError('address-refused', url.href, `Refused to call ${written}: write the host plainly, as ${url.hostname}`)
}

/** The host without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
}
