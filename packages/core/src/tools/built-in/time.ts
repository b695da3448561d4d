import { pythonRepr, pythonStr, toNumber, type Value, type ValueMap } from '@weft/contracts'
import { type Clock, systemClock, type ToolOutput } from '@weft/ports'
import type { InstalledTool, InstalledToolProvider } from '../installed-provider.ts'
import { declareTool, drawIcon, failed, formParameter, llmParameter, refused, textIn, words } from './declare.ts'
import { dayName, monthName, strftime } from './strftime.ts'
import { epochOf, isDate, isZone, localZone, parseWallTime, wallTime } from './wall-time.ts'

const FORMAT = '%Y-%m-%d %H:%M:%S'
const USUAL_ZONE = 'Asia/Shanghai'

/** Zones that the form offers, with their Chinese and, where it differs, Portuguese names. */
const ZONES: [zone: string, zh: string, pt?: string][] = [
  ['UTC', 'UTC'],
  ['America/New_York', '美洲/纽约'],
  ['America/Los_Angeles', '美洲/洛杉矶'],
  ['America/Chicago', '美洲/芝加哥'],
  ['America/Sao_Paulo', '美洲/圣保罗', 'América/São Paulo'],
  ['Asia/Shanghai', '亚洲/上海'],
  ['Asia/Ho_Chi_Minh', '亚洲/胡志明市', 'Ásia/Ho Chi Minh'],
  ['Asia/Tokyo', '亚洲/东京'],
  ['Asia/Dubai', '亚洲/迪拜'],
  ['Asia/Kolkata', '亚洲/加尔各答'],
  ['Asia/Seoul', '亚洲/首尔'],
  ['Asia/Singapore', '亚洲/新加坡'],
  ['Europe/London', '欧洲/伦敦'],
  ['Europe/Berlin', '欧洲/柏林'],
  ['Europe/Moscow', '欧洲/莫斯科'],
  ['Australia/Sydney', '澳大利亚/悉尼'],
  ['Pacific/Auckland', '太平洋/奥克兰'],
  ['Africa/Cairo', '非洲/开罗'],
]

/** The time, in any zone and form. */
export function createTimeProvider(clock: Clock = systemClock): InstalledToolProvider {
  return {
    id: 'time',
    author: 'Dify',
    label: words('CurrentTime', '时间', 'CurrentTime'),
    description: words('A tool for getting the current time.', '一个用于获取当前时间的工具。', 'A tool for getting the current time.'),
    tags: ['utilities'],
    plugin: null,
    icon: drawIcon('#1570EF', '<circle cx="12" cy="12" r="7"/><path d="M12 8v4l3 2"/>'),
    credentialsSchema: [],
    oauth: null,
    tools: [currentTime(clock), localtimeToTimestamp, timestampToLocaltime, timezoneConversion, weekday],
  }
}

function tool(declaration: Parameters<typeof declareTool>[1], say: (values: ValueMap) => string): InstalledTool {
  return {
    declaration: declareTool('time', declaration),
    async *invoke({ parameters }): AsyncIterable<ToolOutput> {
      yield { type: 'text', text: say(parameters) }
    },
  }
}

const currentTime = (clock: Clock) =>
  tool(
    {
      name: 'current_time',
      author: 'Dify',
      label: words('Current Time', '获取当前时间', 'Current Time'),
      help: words('A tool for getting the current time.', '一个用于获取当前时间的工具。', 'A tool for getting the current time.'),
      parameters: [
        formParameter(
          'format',
          'string',
          words('Format', '格式', 'Format'),
          words('Time format in strftime standard.', 'strftime 标准的时间格式。', 'Time format in strftime standard.'),
          { default: FORMAT },
        ),
        formParameter('timezone', 'select', words('Timezone', '时区', 'Timezone'), words('Timezone', '时区', 'Timezone'), {
          default: 'UTC',
          options: ZONES.map(([zone, zh, pt]) => ({ value: zone, label: words(zone, zh, pt ?? zone), icon: null })),
        }),
      ],
    },
    values => {
      const zone = textIn(values, 'timezone') ?? 'UTC'
      if (!isZone(zone)) return `Invalid timezone: ${zone}`
      return strftime(wallTime(clock.now(), zone), textIn(values, 'format') ?? `${FORMAT} %Z`)
    },
  )

const zoneParameter = llmParameter(
  'timezone',
  'string',
  words('Timezone', '时区'),
  words('Timezone, such as Asia/Shanghai', '时区，比如 Asia/Shanghai'),
  {
    default: USUAL_ZONE,
  },
)

/** The zone a value names; an empty one is the machine's own. @throws ToolError */
function zoneIn(values: ValueMap, name: string): string {
  const value = name in values ? values[name] : USUAL_ZONE
  const zone = typeof value === 'string' && value ? value : localZone()
  if (!isZone(zone)) throw failed(`unknown timezone ${pythonRepr(zone)}: take a name of the IANA time zone database, such as ${USUAL_ZONE}`)
  return zone
}

function clockIn(values: ValueMap, name: string) {
  const text = pythonStr(values[name] ?? null)
  const time = parseWallTime(text)
  if (!time) throw failed(`time data ${pythonRepr(text)} does not match format '${FORMAT}'`)
  return time
}

const localtimeToTimestamp = tool(
  {
    name: 'localtime_to_timestamp',
    author: 'zhuhao',
    label: words('localtime to timestamp', '获取时间戳'),
    help: words('A tool for localtime convert to timestamp', '获取时间戳'),
    parameters: [
      llmParameter(
        'localtime',
        'string',
        words('localtime', '本地时间'),
        words('localtime, such as 2024-1-1 0:0:0', '本地时间，比如 2024-1-1 0:0:0'),
        { required: true },
      ),
      zoneParameter,
    ],
  },
  values => {
    const zone = zoneIn(values, 'timezone')
    const seconds = Math.trunc(epochOf(clockIn(values, 'localtime'), zone) / 1000)
    return seconds ? String(seconds) : `Invalid localtime: ${pythonStr(values.localtime ?? null)}`
  },
)

const timestampToLocaltime = tool(
  {
    name: 'timestamp_to_localtime',
    author: 'zhuhao',
    label: words('Timestamp to localtime', '时间戳转换'),
    help: words('A tool for timestamp convert to localtime', '时间戳转换'),
    parameters: [
      llmParameter('timestamp', 'number', words('Timestamp', '时间戳'), words('Timestamp', '时间戳'), { required: true }),
      zoneParameter,
    ],
  },
  values => {
    const seconds = toNumber(values.timestamp ?? 0)
    if (seconds === undefined) throw failed(`the timestamp must be a number of seconds, not ${pythonRepr(values.timestamp ?? null)}`)
    const zone = zoneIn(values, 'timezone')
    const year = new Date(seconds * 1000).getUTCFullYear()
    if (!(year >= 1 && year <= 9999))
      throw failed(`the timestamp ${pythonStr(values.timestamp ?? 0)} is out of range: it counts seconds since 1970`)
    return strftime(wallTime(seconds * 1000, zone), FORMAT)
  },
)

const timezoneConversion = tool(
  {
    name: 'timezone_conversion',
    author: 'zhuhao',
    label: words('convert time to equivalent time zone', '时区转换'),
    help: words('A tool to convert time to equivalent time zone', '时区转换'),
    parameters: [
      llmParameter(
        'current_time',
        'string',
        words('current time', '当前时间'),
        words('current time, such as 2024-1-1 0:0:0', '当前时间，比如 2024-1-1 0:0:0'),
        { required: true },
      ),
      llmParameter(
        'current_timezone',
        'string',
        words('Current Timezone', '当前时区'),
        words('Current Timezone, such as Asia/Shanghai', '当前时区，比如 Asia/Shanghai'),
        { required: true, default: USUAL_ZONE },
      ),
      llmParameter(
        'target_timezone',
        'string',
        words('Target Timezone', '目标时区'),
        words('Target Timezone, such as Asia/Tokyo', '目标时区，比如 Asia/Tokyo'),
        { required: true, default: 'Asia/Tokyo' },
      ),
    ],
  },
  values => {
    const from = zoneIn(values, 'current_timezone')
    const to = 'target_timezone' in values ? zoneIn(values, 'target_timezone') : 'Asia/Tokyo'
    return strftime(wallTime(epochOf(clockIn(values, 'current_time'), from), to), FORMAT)
  },
)

const wholeNumber = (value: Value | undefined) => {
  const number = toNumber(value)
  return number === undefined ? undefined : Math.trunc(number)
}

const weekday = tool(
  {
    name: 'weekday',
    author: 'Bowen Liang',
    label: words('Weekday Calculator', '星期几计算器'),
    help: words('A tool for calculating the weekday of a given date.', '计算指定日期为星期几的工具。'),
    forModels: 'A tool for calculating the weekday of a given date by year, month and day.',
    parameters: [
      llmParameter('year', 'number', words('Year', '年'), words('Year', '年'), { required: true }),
      llmParameter('month', 'number', words('Month', '月'), words('Month', '月'), { required: true }),
      llmParameter('day', 'number', words('day', '日'), words('day', '日'), { required: true }),
    ],
  },
  values => {
    const [year, month, day] = [wholeNumber(values.year), wholeNumber(values.month), wholeNumber(values.day)]
    if (month === undefined) throw refused('Month is required')
    if (year === undefined) throw refused('Year is required')
    if (day === undefined) throw refused('Day is required')
    if (!isDate(year, month, day)) return `Invalid date: Year ${year}, Month ${month}, Day ${day}.`
    return `${monthName({ month })} ${day}, ${year} is ${dayName({ year, month, day })}.`
  },
)
