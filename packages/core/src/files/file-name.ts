import { DomainError } from '../errors.ts'

const LONGEST_NAME = 200
const LONGEST_EXTENSION = 50

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a name
const REFUSED = /[/\\:*?"<>|\u0000-\u001f\u007f]/

export interface FileName {
  name: string
  /** In lower case, without its dot. */
  extension: string
}

/** Checks the name that an upload brings, and cuts one that is too long. @throws DomainError */
export function parseFileName(given: string): FileName {
  if (!given) throw new DomainError('filename_not_exists_error')
  const name = given.toWellFormed()
  if (REFUSED.test(name)) throw new DomainError('invalid_param', 'Filename contains invalid characters')
  const dotted = extensionOf(name)
  if ([...name].length <= LONGEST_NAME) return { name, extension: dotted }
  const extension = dotted.length > LONGEST_EXTENSION ? '' : dotted
  const stem = [...(name.split('.')[0] ?? '')].slice(0, LONGEST_NAME).join('')
  return { name: extension ? `${stem}.${extension}` : stem, extension }
}

/** A name that somebody else has made up, as it can be stored. */
export function tameFileName(given: string): string {
  const name = given.toWellFormed().split(/[/\\]/).at(-1)?.replace(new RegExp(REFUSED, 'g'), '_') ?? ''
  return [...name].slice(-LONGEST_NAME).join('')
}

/** Leading dots make a hidden file, no extension. */
function extensionOf(name: string): string {
  const extension = /^\.*[^.].*\.([^.]*)$/.exec(name)?.[1] ?? ''
  return extension.toLowerCase()
}

/** An extension as a part of an object's key: with its dot, or nothing. */
export function keyEnding(extension: string): string {
  return /^[a-z0-9]{1,20}$/.test(extension) ? `.${extension}` : ''
}
