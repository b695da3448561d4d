/** `urllib.parse.quote_plus`. */
export function quotePlus(text: string): string {
  return percentEncode(text).replaceAll('%20', '+')
}

/** `urllib.parse.urlencode`. */
export function formEncode(fields: Iterable<readonly [name: string, value: string]>): string {
  return [...fields].map(([name, value]) => `${quotePlus(name)}=${quotePlus(value)}`).join('&')
}

/**
 * The URL with parameters added to its own: those of the same name replace it where it stands. Spaces become `%20`, and the
 * URL's own query is written anew the same way.
 */
export function mergeQuery(url: string, params: readonly (readonly [name: string, value: string])[]): string {
  if (!params.length) return url
  const [, base = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(url) ?? []
  const merged = groupByName(new URLSearchParams(query))
  for (const [name, values] of groupByName(params)) merged.set(name, values)
  const pairs = [...merged].flatMap(([name, values]) => values.map(value => `${percentEncode(name)}=${percentEncode(value)}`))
  return `${base}?${pairs.join('&')}`
}

function groupByName(pairs: Iterable<readonly [string, string]>): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value])
  return groups
}

/** All but RFC 3986's unreserved characters. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
