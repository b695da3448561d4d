import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

export type { Logger } from 'pino'

/** One JSON object a line; coloured text where a person watches. */
export function createLogger({ level }: { level: string }): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (!process.stdout.isTTY) return pino(options)
  return pino({ ...options, formatters: {} }, pretty({ colorize: true, sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }))
}
