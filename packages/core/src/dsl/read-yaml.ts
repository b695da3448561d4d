import { float, integer, parseJson, pythonFloat, type Value, type ValueMap } from '@weft/contracts'
import { type Alias, isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar, type ScalarTag, type YAMLMap } from 'yaml'

/** The text is no YAML, or more of it than a document may be. The message is for whoever sent it. */
export class YamlError extends Error {
  readonly code = 'invalid-yaml'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'YamlError'
  }
}

/** Characters. */
export const LONGEST_DOCUMENT = 10 * 1024 * 1024
const DEEPEST = 100
/** Values that aliases may repeat, over the whole document. */
const MOST_REPEATED = 100_000

/**
 * Reads YAML 1.1 as PyYAML's `safe_load` does: `yes`, `no`, `on`, `off` are booleans, `1e3` is a text, `1.0` stays a float. Dates stay
 * texts. Keys that are no texts become the texts that JSON would have. @throws YamlError
 */
export function readYaml(text: string): Value {
  if (text.length > LONGEST_DOCUMENT) throw new YamlError('the document exceeds the limit of 10MB')
  return readJson(text) ?? readDocument(text)
}

/** JSON is YAML too, and a hundred times as quick to read. */
function readJson(text: string): Value | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  let value: Value
  try {
    value = parseJson(text)
  } catch {
    return undefined
  }
  if (depthOf(value) > DEEPEST) throw tooDeep()
  return value
}

function depthOf(value: Value): number {
  let depth = 0
  let level: Value[] = [value]
  while (level.length && depth <= DEEPEST) {
    depth++
    level = level.flatMap(item => (item !== null && typeof item === 'object' ? (Object.values(item) as Value[]) : []))
  }
  return depth
}

function readDocument(text: string): Value {
  const document = parse(text)
  const [problem] = [...document.errors, ...document.warnings]
  if (problem?.message.startsWith('Maximum call stack')) throw tooDeep(problem)
  if (problem) throw new YamlError(problem.message.split('\n\n')[0] ?? problem.message, { cause: problem })
  try {
    return new Reader().read(document.contents, 0)
  } catch (error) {
    throw error instanceof RangeError ? tooDeep(error) : error
  }
}

function parse(text: string) {
  try {
    return parseDocument(text, {
      schema: 'failsafe',
      customTags: tags => [...SCALARS, ...tags],
      uniqueKeys: false,
      prettyErrors: true,
      logLevel: 'error',
    })
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(error)
    throw new YamlError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

const tooDeep = (cause?: unknown) => new YamlError(`nested deeper than ${DEEPEST} levels`, { cause })

/** Texts and what they are, as PyYAML's resolver has it. An explicit tag, such as `!!str 1`, goes by its name. */
const SCALARS: ScalarTag[] = [
  scalar('null', /^(?:~|null|Null|NULL|)$/, () => null),
  scalar('bool', /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/, source =>
    /^(?:yes|true|on)$/i.test(source),
  ),
  scalar('int', /^[-+]?(?:0b[0-1_]+|0[0-7_]+|(?:0|[1-9][0-9_]*)|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/, readInteger),
  scalar(
    'float',
    /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    readFloat,
  ),
]

function scalar(name: string, test: RegExp, resolve: (source: string) => unknown): ScalarTag {
  return {
    tag: `tag:yaml.org,2002:${name}`,
    default: true,
    test,
    resolve(source, onError) {
      if (test.test(source)) return resolve(source)
      onError(`${JSON.stringify(source)} is no ${name}`)
      return null
    },
  }
}

function readInteger(source: string): number | bigint {
  const digits = source.replaceAll('_', '')
  const sign = digits.startsWith('-') ? -1n : 1n
  const bare = digits.replace(/^[-+]/, '')
  if (bare.includes(':')) return integer(sign * sexagesimal(bare.split(':')))
  const octal = /^0[0-7]+$/.test(bare) ? `0o${bare.slice(1)}` : bare
  // `0b_` and `0x_` have no digits left.
  return integer(sign * BigInt(/^0[bx]$/.test(octal) ? '0' : octal))
}

const sexagesimal = (parts: string[]) => parts.reduce((sum, part) => sum * 60n + BigInt(part), 0n)

function readFloat(source: string): Value {
  const digits = source.replaceAll('_', '').toLowerCase()
  const sign = digits.startsWith('-') ? -1 : 1
  const bare = digits.replace(/^[-+]/, '')
  if (bare === '.inf') return sign * Number.POSITIVE_INFINITY
  if (bare === '.nan') return Number.NaN
  if (!bare.includes(':')) return float(sign * pythonFloat(bare))
  return float(sign * bare.split(':').reduce((sum, part) => sum * 60 + Number(part), 0))
}

interface Anchored {
  value: Value
  /** How many values it holds, itself included. */
  size: number
}

/** Turns nodes into values, each alias within its bounds. */
class Reader {
  readonly #anchors = new Map<string, Anchored | 'open'>()
  #size = 0
  #repeated = 0

  read(node: unknown, depth: number): Value {
    if (depth > DEEPEST) throw tooDeep()
    if (isAlias(node)) return this.#readAlias(node)
    const anchor = (node as { anchor?: string } | null)?.anchor
    const before = this.#size++
    if (anchor) this.#anchors.set(anchor, 'open')
    const value = this.#readContent(node, depth)
    if (anchor) this.#anchors.set(anchor, { value, size: this.#size - before })
    return value
  }

  #readContent(node: unknown, depth: number): Value {
    if (isScalar(node)) return (node as Scalar).value as Value
    if (isSeq(node)) return node.items.map(item => this.read(item, depth + 1))
    if (isMap(node)) return this.#readMap(node, depth)
    return null
  }

  #readAlias(node: Alias): Value {
    const known = this.#anchors.get(node.source)
    if (!known) throw new YamlError(`found undefined alias '${node.source}'`)
    if (known === 'open') throw new YamlError(`the alias '${node.source}' stands within what it names`)
    this.#size += known.size
    this.#repeated += known.size
    if (this.#repeated > MOST_REPEATED) throw new YamlError('aliases repeat too much')
    return known.value
  }

  #readMap(node: YAMLMap, depth: number): ValueMap {
    const own: [string, Value][] = []
    const merged: [string, Value][] = []
    for (const pair of node.items as Pair[]) {
      if (isMerge(pair.key)) merged.push(...this.#readMerged(pair.value, depth))
      else own.push([keyOf(this.read(pair.key, depth + 1)), this.read(pair.value, depth + 1)])
    }
    // What comes later wins, and what stands here wins over what is merged in.
    return Object.fromEntries([...merged, ...own])
  }

  #readMerged(node: unknown, depth: number): [string, Value][] {
    const value = this.read(node, depth + 1)
    const sources = Array.isArray(value) ? [...value].reverse() : [value]
    return sources.flatMap(source => {
      if (source === null || typeof source !== 'object' || Array.isArray(source)) throw new YamlError('expected a mapping for merging')
      return Object.entries(source as ValueMap)
    })
  }
}

function isMerge(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && (key.type === 'PLAIN' || key.type === undefined)
}

function keyOf(value: Value): string {
  if (typeof value === 'string') return value
  if (value !== null && typeof value === 'object' && !('value' in value)) throw new YamlError('found unhashable key')
  return String(value)
}
