const PART = /^[A-Za-z0-9._-]{1,255}$/

export class InvalidObjectKeyError extends Error {
  readonly code = 'invalid-object-key'
  readonly key: string
  constructor(key: string) {
    super(`not an object key: ${JSON.stringify(key.slice(0, 200))}`)
    this.name = 'InvalidObjectKeyError'
    this.key = key
  }
}

/** The parts of a key. @throws InvalidObjectKeyError */
export function checkObjectKey(key: string): string[] {
  const parts = key.split('/')
  const isValid = key.length <= 1024 && parts.every(part => PART.test(part) && part !== '.' && part !== '..')
  if (!isValid) throw new InvalidObjectKeyError(key)
  return parts
}
