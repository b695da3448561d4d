/** A moment as a clock in a zone shows it. */
export interface WallTime {
  year: number
  /** 1 to 12. */
  month: number
  day: number
  hour: number
  minute: number
  second: number
  millisecond: number
  /** East of Greenwich. */
  offsetMinutes: number
  zoneName: string
  /** Milliseconds since the epoch. */
  epoch: number
}

/** What the zone's own people call it, where the platform only knows an offset: standard time, then summer time. */
const ZONE_NAMES: Record<string, [string, string]> = {
  'Africa/Cairo': ['EET', 'EEST'],
  'Asia/Hong_Kong': ['HKT', 'HKT'],
  'Asia/Jakarta': ['WIB', 'WIB'],
  'Asia/Kolkata': ['IST', 'IST'],
  'Asia/Calcutta': ['IST', 'IST'],
  'Asia/Karachi': ['PKT', 'PKT'],
  'Asia/Manila': ['PST', 'PST'],
  'Asia/Seoul': ['KST', 'KST'],
  'Asia/Shanghai': ['CST', 'CST'],
  'Asia/Taipei': ['CST', 'CST'],
  'Asia/Tokyo': ['JST', 'JST'],
  'Australia/Sydney': ['AEST', 'AEDT'],
  'Australia/Melbourne': ['AEST', 'AEDT'],
  'Australia/Brisbane': ['AEST', 'AEST'],
  'Australia/Perth': ['AWST', 'AWST'],
  'Europe/London': ['GMT', 'BST'],
  'Europe/Lisbon': ['WET', 'WEST'],
  'Europe/Moscow': ['MSK', 'MSK'],
  'Pacific/Auckland': ['NZST', 'NZDT'],
}
const CENTRAL_EUROPE =
  /^Europe\/(?:Amsterdam|Berlin|Brussels|Budapest|Copenhagen|Madrid|Oslo|Paris|Prague|Rome|Stockholm|Vienna|Warsaw|Zurich)$/

const formats = new Map<string, Intl.DateTimeFormat>()

/** The name of the zone that this machine keeps. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', era: 'short', timeZoneName: 'short', ...numeric })
  formats.set(zone, format)
  return format
}

/** @throws RangeError where there is no such zone, or the moment is beyond what dates hold */
export function wallTime(epoch: number, zone: string): WallTime {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(epoch)
      .map(({ type, value }) => [type, value]),
  )
  const number = (name: string) => Number(parts[name])
  const year = parts.era === 'BC' ? 1 - number('year') : number('year')
  const time = {
    year,
    month: number('month'),
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    second: number('second'),
    millisecond: ((epoch % 1000) + 1000) % 1000,
  }
  const offsetMinutes = Math.round((utcOf(time) + time.millisecond - epoch) / 60_000)
  return { ...time, epoch, offsetMinutes, zoneName: zoneName(zone, offsetMinutes, parts.timeZoneName ?? '', time.year) }
}

function zoneName(zone: string, offsetMinutes: number, shown: string, year: number): string {
  const names = CENTRAL_EUROPE.test(zone) ? (['CET', 'CEST'] as const) : ZONE_NAMES[zone]
  if (names) return offsetMinutes > standardOffset(zone, year) ? names[1] : names[0]
  if (/^[A-Z]{3,5}$/.test(shown)) return shown
  const size = Math.abs(offsetMinutes)
  const minutes = size % 60 ? String(size % 60).padStart(2, '0') : ''
  return `${offsetMinutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}${minutes}`
}

/** The lesser of the year's offsets. */
function standardOffset(zone: string, year: number): number {
  return Math.min(offsetAt(Date.UTC(year, 0, 1), zone), offsetAt(Date.UTC(year, 6, 1), zone))
}

function offsetAt(epoch: number, zone: string): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(epoch)
      .map(({ type, value }) => [type, value]),
  )
  const names = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = names.map(name => Number(parts[name]))
  return Math.round((utcOf({ year, month, day, hour, minute, second }) - epoch) / 60_000)
}

type Clock = Pick<WallTime, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'>

function utcOf({ year, month, day, hour, minute, second }: Clock): number {
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second))
  // `Date.UTC` takes years below 100 for ones of the last century.
  date.setUTCFullYear(year, month - 1, day)
  return date.getTime()
}

/** The moment at which the zone's clock shows the time. Of an hour that comes twice, or not at all, standard time counts. */
export function epochOf(clock: Clock, zone: string): number {
  const utc = utcOf(clock)
  const offsets = [offsetAt(utc - 86_400_000, zone), offsetAt(utc + 86_400_000, zone)]
  const fitting = offsets.filter(offset => offsetAt(utc - offset * 60_000, zone) === offset)
  return utc - Math.min(...(fitting.length ? fitting : offsets)) * 60_000
}

/** `%Y-%m-%d %H:%M:%S` of Python, which is lenient about leading zeros. Undefined where the text is none, or no such time exists. */
export function parseWallTime(text: string): Clock | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const isClock = hour < 24 && minute < 60 && second < 62
  return isDate(year, month, day) && isClock ? { year, month, day, hour, minute, second } : undefined
}

/** Whether the calendar has the day, in the years that Python's does. */
export function isDate(year: number, month: number, day: number): boolean {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return false
  const date = new Date(utcOf({ year, month, day, hour: 0, minute: 0, second: 0 }))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** 0 is Sunday. */
export function weekdayOf({ year, month, day }: Pick<WallTime, 'year' | 'month' | 'day'>): number {
  return new Date(utcOf({ year, month, day, hour: 0, minute: 0, second: 0 })).getUTCDay()
}
