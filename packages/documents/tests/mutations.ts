import { unzipSync } from 'fflate'
import { type Format, isTextFormat } from '../src/format.ts'
import { SAMPLES, zipOf } from './samples.ts'

/** Numbers from a seed, the same everywhere (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Random = () => number

const FORMATS = Object.keys(SAMPLES) as Format[]
const ARCHIVES: readonly Format[] = ['docx', 'xlsx', 'pptx', 'epub']

/** Numbers at which parsers go wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const SNIPPETS = [
  '&a;',
  '<![CDATA[',
  '<!DOCTYPE a [',
  '--',
  ']]>',
  '<a>'.repeat(200),
  '\0',
  '"',
  "'",
  '%',
  '\\',
  '{'.repeat(300),
  '- '.repeat(300),
  '*x',
  '<<',
  '99999999999',
  '-1',
  '\uffff',
]

/** A file that was something, and what it still claims to be. */
export function mutatedFile(random: Random): { format: Format; bytes: Uint8Array } {
  const format = pick(FORMATS, random)
  const isRelabelled = random() < 0.03
  const source = isRelabelled ? pick(FORMATS, random) : format
  let bytes: Uint8Array = SAMPLES[source].slice()
  // inside archives too, where checksums would stop what is changed from outside
  if (ARCHIVES.includes(source) && random() < 0.6) bytes = mutatedArchive(bytes, random)
  const rounds = random() < 0.1 ? 0 : 1 + Math.floor(random() ** 3 * 20)
  for (let round = 0; round < rounds && bytes.length; round++) {
    if (ARCHIVES.includes(source) && random() < 0.5) continue
    bytes = mutated(bytes, random, isTextFormat(source))
  }
  return { format, bytes }
}

function manyTimes(bytes: Uint8Array, rounds: number, random: Random): Uint8Array {
  let result = bytes
  for (let round = 0; round < rounds && result.length; round++) result = mutated(result, random, true)
  return result
}

function mutatedArchive(bytes: Uint8Array, random: Random): Uint8Array {
  const entries: Record<string, Uint8Array> = unzipSync(bytes)
  const names = Object.keys(entries)
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const name = pick(names, random)
    const content = entries[name] ?? new Uint8Array()
    const kind = random()
    if (kind < 0.1) delete entries[name]
    else if (kind < 0.2) entries[name] = entries[pick(names, random)] ?? content
    else entries[name] = manyTimes(content, 1 + Math.floor(random() * 5), random)
  }
  return zipOf(entries, 0)
}

function mutated(bytes: Uint8Array, random: Random, isText: boolean): Uint8Array {
  const at = Math.floor(random() * bytes.length)
  const other = Math.floor(random() * bytes.length)
  const [start, end] = at < other ? [at, other] : [other, at]
  const kind = Math.floor(random() * 10)
  const copy = Buffer.from(bytes)
  if (kind === 0) return copy.subarray(0, at)
  if (kind === 1) return Buffer.concat([copy.subarray(0, start), copy.subarray(end)])
  if (kind === 2) return repeated(copy, start, end, random)
  if (kind === 3) return Buffer.concat([copy.subarray(0, at), Buffer.from(pick(SNIPPETS, random)), copy.subarray(at)])
  if (kind === 4) return copy.copyWithin(other, at, at + Math.floor(random() * 512))
  if (kind === 5 && !isText && copy.length > 4) copy.writeUInt32LE(pick(EDGES, random), Math.min(at, copy.length - 4))
  else if (kind === 6 && !isText && copy.length > 2) copy.writeUInt16LE(pick(EDGES, random) & 0xffff, Math.min(at, copy.length - 2))
  else if (kind === 7) return digitsChanged(copy, at, random)
  else if (kind === 8) copy.fill(Math.floor(random() * 256), at, Math.min(at + Math.floor(random() * 64), copy.length))
  else copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8))
  return copy
}

/** A piece many times over, up to a megabyte. */
function repeated(bytes: Buffer, start: number, end: number, random: Random): Buffer {
  const piece = bytes.subarray(start, Math.max(end, start + 1))
  const times = Math.min(Math.floor(random() ** 4 * 20_000) + 2, Math.ceil((1024 * 1024) / Math.max(piece.length, 1)))
  return Buffer.concat([bytes.subarray(0, start), ...Array<Buffer>(times).fill(piece), bytes.subarray(end)])
}

/** Numbers in text become others: lengths, offsets, counts, references. */
function digitsChanged(bytes: Buffer, from: number, random: Random): Buffer {
  const text = bytes.toString('latin1')
  const found = /\d+/.exec(text.slice(from))
  if (!found) return bytes
  const at = from + found.index
  return Buffer.from(text.slice(0, at) + pick(EDGES, random) + text.slice(at + found[0].length), 'latin1')
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T
}
