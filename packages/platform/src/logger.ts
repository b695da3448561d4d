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
    serializers: { req: describeRequest, err: pino.stdSerializers.err },
  }
  if (!process.stdout.isTTY) return pino(options)
  return pino({ ...options, formatters: {} }, pretty({ colorize: true, sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }))
}

/** What is logged of a request. A query may hold a token or a signature, so it stays out. */
function describeRequest(request: { method?: string; url?: string; ip?: string }) {
  return { method: request.method, path: request.url?.split('?', 1)[0], ip: request.ip }
}
