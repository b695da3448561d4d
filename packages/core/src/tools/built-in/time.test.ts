import type { ValueMap } from '@weft/contracts'
import { expect, test } from 'vitest'
import { castParameters } from '../tool-parameters.ts'
import type { ReadyInvocation } from '../tool-source.ts'
import { createTimeProvider } from './time.ts'

/** A Thursday. */
const NOW = Date.UTC(2025, 9, 2, 3, 4, 5, 67)
const { tools } = createTimeProvider({ now: () => NOW })

async function say(name: string, values: ValueMap): Promise<string> {
  const tool = tools.find(({ declaration }) => declaration.identity.name === name)
  if (!tool) throw new Error(`no tool ${name}`)
  const parameters = castParameters(tool.declaration.parameters, values)
  let text = ''
  for await (const output of tool.invoke({ parameters } as ReadyInvocation, {})) if (output.type === 'text') text += output.text
  return text
}

test.each([
  ['%Y-%m-%d %H:%M:%S', 'UTC', '2025-10-02 03:04:05'],
  ['', 'UTC', '2025-10-02 03:04:05 UTC'],
  ['%A %a %B %b %d %-d %e %I %p %j %y %%', 'UTC', 'Thursday Thu October Oct 02 2  2 03 AM 275 25 %'],
  ['%H:%M %Z %z', 'Asia/Tokyo', '12:04 JST +0900'],
  ['%H:%M %Z %z', 'America/New_York', '23:04 EDT -0400'],
  ['%H:%M %Z %z', 'Asia/Kolkata', '08:34 IST +0530'],
  ['%Z %z', 'America/Sao_Paulo', '-03 -0300'],
  ['%Z', 'Europe/London', 'BST'],
  ['%G-W%V-%u %U %W %w', 'UTC', '2025-W40-4 39 39 4'],
  ['%f %s %T %D %F %R', 'UTC', '067000 1759374245 03:04:05 10/02/25 2025-10-02 03:04'],
  ['%Q', 'UTC', '%Q'],
  ['', 'Mars/Olympus', 'Invalid timezone: Mars/Olympus'],
])('the time as %j in %s is %j', async (format, timezone, text) => {
  expect(await say('current_time', { format, timezone })).toBe(text)
})

test.each([
  [{ localtime: '2024-1-1 0:0:0' }, '1704038400'],
  [{ localtime: '2024-01-01 00:00:00', timezone: 'UTC' }, '1704067200'],
  // The hour that comes twice counts as standard time, and so does the one that does not come.
  [{ localtime: '2024-11-03 01:30:00', timezone: 'America/New_York' }, '1730615400'],
  [{ localtime: '2024-03-10 02:30:00', timezone: 'America/New_York' }, '1710055800'],
  [{ localtime: '1970-01-01 00:00:00', timezone: 'UTC' }, 'Invalid localtime: 1970-01-01 00:00:00'],
])('the timestamp of %j is %s', async (values, text) => {
  expect(await say('localtime_to_timestamp', values)).toBe(text)
})

test('a text that is no time, and a zone that is none, say so', async () => {
  const notATime = "time data 'tomorrow' does not match format '%Y-%m-%d %H:%M:%S'"
  await expect(say('localtime_to_timestamp', { localtime: 'tomorrow' })).rejects.toThrow(notATime)
  await expect(say('localtime_to_timestamp', { localtime: '2024-02-30 00:00:00' })).rejects.toThrow('does not match format')
  await expect(say('timestamp_to_localtime', { timestamp: 1, timezone: 'Mars' })).rejects.toThrow("unknown timezone 'Mars'")
})

test('timestamps turn into times, and times from zone to zone', async () => {
  expect(await say('timestamp_to_localtime', { timestamp: '1704038400' })).toBe('2024-01-01 00:00:00')
  expect(await say('timestamp_to_localtime', { timestamp: 0, timezone: 'UTC' })).toBe('1970-01-01 00:00:00')
  await expect(say('timestamp_to_localtime', { timestamp: 1e15 })).rejects.toThrow('out of range')
  expect(
    await say('timezone_conversion', { current_time: '2024-1-1 0:0:0', current_timezone: 'Asia/Shanghai', target_timezone: 'UTC' }),
  ).toBe('2023-12-31 16:00:00')
})

test('days of the week', async () => {
  expect(await say('weekday', { year: '2025', month: '1', day: '1' })).toBe('January 1, 2025 is Wednesday.')
  expect(await say('weekday', { year: 2024, month: 2, day: 29 })).toBe('February 29, 2024 is Thursday.')
  expect(await say('weekday', { year: 2025, month: 2, day: 29 })).toBe('Invalid date: Year 2025, Month 2, Day 29.')
  await expect(say('weekday', { year: 2025 })).rejects.toThrow('Month is required')
})
