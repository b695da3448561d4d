import { type WallTime, weekdayOf } from './wall-time.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

const pad = (value: number, width = 2, fill = '0') => String(value).padStart(width, fill)

type Directive = (time: WallTime) => string

const DIRECTIVES: Record<string, Directive> = {
  a: time => (DAYS[weekdayOf(time)] ?? '').slice(0, 3),
  A: time => DAYS[weekdayOf(time)] ?? '',
  b: time => monthName(time).slice(0, 3),
  B: time => monthName(time),
  c: time => strftime(time, '%a %b %e %H:%M:%S %Y'),
  C: time => pad(Math.floor(time.year / 100)),
  d: time => pad(time.day),
  D: time => strftime(time, '%m/%d/%y'),
  e: time => pad(time.day, 2, ' '),
  f: time => pad(time.millisecond * 1000, 6),
  F: time => strftime(time, '%Y-%m-%d'),
  g: time => pad(isoWeek(time).year % 100),
  G: time => String(isoWeek(time).year),
  h: time => monthName(time).slice(0, 3),
  H: time => pad(time.hour),
  I: time => pad(time.hour % 12 || 12),
  j: time => pad(dayOfYear(time), 3),
  k: time => pad(time.hour, 2, ' '),
  l: time => pad(time.hour % 12 || 12, 2, ' '),
  m: time => pad(time.month),
  M: time => pad(time.minute),
  n: () => '\n',
  p: time => (time.hour < 12 ? 'AM' : 'PM'),
  P: time => (time.hour < 12 ? 'am' : 'pm'),
  r: time => strftime(time, '%I:%M:%S %p'),
  R: time => strftime(time, '%H:%M'),
  s: time => String(Math.floor(time.epoch / 1000)),
  S: time => pad(time.second),
  t: () => '\t',
  T: time => strftime(time, '%H:%M:%S'),
  u: time => String(weekdayOf(time) || 7),
  U: time => pad(Math.floor((dayOfYear(time) + 6 - weekdayOf(time)) / 7)),
  V: time => pad(isoWeek(time).week),
  w: time => String(weekdayOf(time)),
  W: time => pad(Math.floor((dayOfYear(time) + 6 - ((weekdayOf(time) + 6) % 7)) / 7)),
  x: time => strftime(time, '%m/%d/%y'),
  X: time => strftime(time, '%H:%M:%S'),
  y: time => pad(time.year % 100),
  Y: time => String(time.year),
  z: time => offsetText(time.offsetMinutes),
  Z: time => time.zoneName,
  '%': () => '%',
}

/** A time in Python's format language, as the C locale writes it. `%-d` leaves the padding out; what is unknown stays. */
export function strftime(time: WallTime, format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (whole, dash: string, letter: string) => {
    const text = DIRECTIVES[letter]?.(time)
    if (text === undefined) return whole
    return dash ? text.replace(/^[0 ]+(?=.)/, '') : text
  })
}

export function monthName({ month }: Pick<WallTime, 'month'>): string {
  return MONTHS[month - 1] ?? ''
}

export function dayName(time: Pick<WallTime, 'year' | 'month' | 'day'>): string {
  return DAYS[weekdayOf(time)] ?? ''
}

function dayOfYear({ year, month, day }: WallTime): number {
  return Math.round((Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000) + 1
}

function isoWeek(time: WallTime): { year: number; week: number } {
  // The week belongs to the year of its Thursday.
  const thursday = new Date(Date.UTC(time.year, time.month - 1, time.day + 4 - (weekdayOf(time) || 7)))
  const year = thursday.getUTCFullYear()
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1 }
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${pad(size % 60)}`
}
