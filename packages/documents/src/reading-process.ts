// The process of the pool that reads documents: no network, no files but the parsers' own, an end by its own hand when it grows
// too large.
import net from 'node:net'
import { Worker } from 'node:worker_threads'
import { DocumentError } from './document-error.ts'
import type { FromProcess, ToProcess } from './protocol.ts'
import { readDocument } from './read-document.ts'

const MEGABYTE = 1024 * 1024
/** Memory is measured at this interval, by a thread of its own, as parsers do not return to the event loop. */
const WATCH_MILLISECONDS = 15
const memoryBytes = Number(process.argv[2]) * MEGABYTE

// Nor do they hear that the process that asked has died.
const watch = `
  const parent = ${process.ppid}
  setInterval(() => {
    if (process.memoryUsage.rss() > ${memoryBytes} || process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
  }, ${WATCH_MILLISECONDS})`
new Worker(watch, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 } }).unref()

net.Socket.prototype.connect = () => {
  throw new Error('documents are read without network')
}

process.on('disconnect', () => process.exit())
process.on('unhandledRejection', () => {})
process.on('message', (message: ToProcess) => void answer(message))
send({ type: 'ready' })

async function answer({ id, ...request }: ToProcess): Promise<void> {
  try {
    const document = await readDocument(request)
    send({ type: 'done', id, document, isSpent: isSpent() })
  } catch (error) {
    const { code, message } = error instanceof DocumentError ? error : new DocumentError('broken', 'The file cannot be read.')
    send({ type: 'failed', id, code, message, isSpent: isSpent() })
  }
}

function isSpent(): boolean {
  return process.memoryUsage.rss() > memoryBytes / 2
}

function send(message: FromProcess): void {
  process.send?.(message)
}
