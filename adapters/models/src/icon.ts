/** A vendor's initial on its colour. Vendors' own signs are theirs; these only have to be told apart. */
export function monogram(label: string, colour: string): { bytes: Uint8Array; mimeType: string } {
  const letter = (/[\p{L}\p{N}]/u.exec(label)?.[0] ?? '?').toUpperCase()
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" fill="${colour}"/><text x="12" y="16.8" font-family="sans-serif" font-size="13" font-weight="600" fill="#fff" text-anchor="middle">${letter}</text></svg>`
  return { bytes: Buffer.from(svg), mimeType: 'image/svg+xml' }
}
