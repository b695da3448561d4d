/** As a text column takes it: without NUL and half characters. */
export const storableText = (text: string): string => text.replaceAll('\u0000', '').toWellFormed()

/** As an integer column takes it: whole, from zero to what four bytes hold. */
export function storableInteger(value: unknown): number {
  const number = Math.trunc(Number(value))
  return Number.isNaN(number) ? 0 : Math.min(Math.max(number, 0), 2 ** 31 - 1)
}
