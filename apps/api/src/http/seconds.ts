/** A time as the APIs give it: whole seconds since the epoch. */
export function secondsOf(date: Date): number
export function secondsOf(date: Date | null): number | null
export function secondsOf(date: Date | null): number | null {
  return date && Math.floor(date.getTime() / 1000)
}
