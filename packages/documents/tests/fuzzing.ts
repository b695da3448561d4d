import { readdirSync, readFileSync } from 'node:fs'
import { DocumentError } from '../src/document-error.ts'
import { DocumentReader } from '../src/document-reader.ts'
import type { Format } from '../src/format.ts'
import { mutatedFile, seededRandom } from './mutations.ts'

export interface FuzzReport {
  files: number
  /** By what became of a file: `read`, or the error's code. */
  outcomes: Record<string, number>
  slowestMilliseconds: number
  slowest: { file: number; format: Format } | undefined
  /** Greatest memory of a reading process, as the kernel counts it; 0 where it does not tell. */
  peakMegabytes: number
  /** Files that did anything but be read or refused in time: none, if all is well. */
  offences: { file: number; format: Format; what: string }[]
}

const MAX_MILLISECONDS = 10_000
const MAX_MEGABYTES = 512

/** The file of a number in a run. */
export function fuzzFile(seed: number, file: number): { format: Format; bytes: Uint8Array } {
  return mutatedFile(seededRandom(seed * 1_000_003 + file))
}

/** Reads mutated files of all formats and says what became of them. */
export async function fuzz(files: number, seed: number, onProgress?: (done: number) => void): Promise<FuzzReport> {
  await using reader = new DocumentReader({ maxProcesses: 2 })
  const report: FuzzReport = { files, outcomes: {}, slowestMilliseconds: 0, slowest: undefined, peakMegabytes: 0, offences: [] }
  const watch = setInterval(() => {
    report.peakMegabytes = Math.max(report.peakMegabytes, peakOfChildren())
  }, 20)
  let next = 0
  const work = async () => {
    for (let file = next++; file < files; file = next++) {
      await readOne(reader, report, seed, file)
      onProgress?.(file + 1)
    }
  }
  await Promise.all([work(), work()])
  clearInterval(watch)
  if (report.peakMegabytes > MAX_MEGABYTES) report.offences.push({ file: -1, format: 'txt', what: `${report.peakMegabytes} MB` })
  return report
}

async function readOne(reader: DocumentReader, report: FuzzReport, seed: number, file: number): Promise<void> {
  const { format, bytes } = fuzzFile(seed, file)
  const options = format === 'captions' ? { mimeType: 'text/vtt' } : { extension: format }
  const start = performance.now()
  let outcome = 'read'
  try {
    const { text } = await reader.extractText(bytes, options)
    if (typeof text !== 'string') outcome = 'no-text'
  } catch (error) {
    outcome = error instanceof DocumentError ? error.code : 'thrown'
    if (outcome === 'thrown' || outcome === 'unavailable') report.offences.push({ file, format, what: String(error) })
  }
  const milliseconds = performance.now() - start
  report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1
  if (milliseconds > report.slowestMilliseconds) Object.assign(report, { slowestMilliseconds: milliseconds, slowest: { file, format } })
  if (milliseconds > MAX_MILLISECONDS) report.offences.push({ file, format, what: `${milliseconds} ms` })
}

/** Only Linux tells. */
function peakOfChildren(): number {
  try {
    const threads = readdirSync('/proc/self/task')
    const children = threads.flatMap(thread => readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean))
    const peaks = children.map(child => Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1] ?? 0) / 1024)
    return Math.max(0, ...peaks)
  } catch {
    return 0
  }
}
