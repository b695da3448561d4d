import { deeper, spend } from '../budget.ts'
import { TemplateRuntimeError, typeError, valueError } from '../errors.ts'
import { updateDict } from '../methods/dict-methods.ts'
import { isText, isTrue, rawText, toIndex, typeName } from '../values/core.ts'
import { Dict } from '../values/dict.ts'
import { ADDRESS, Callable, type Keywords, Markup, method, PyObject, type PyValue, Range, Tuple } from '../values/objects.ts'
import { pyRepr } from '../values/printing.ts'
import { checked, joinTexts } from '../values/text.ts'
import { LOREM_IPSUM } from './lorem-ipsum.ts'

/** `namespace(…)`: attributes that `{% set ns.name = … %}` may set from any scope. */
export class Namespace extends PyObject {
  override readonly typeName = 'Namespace'
  override readonly moduleName = 'jinja2.utils'
  readonly #attributes: Dict
  constructor(attributes: Dict) {
    super()
    this.#attributes = attributes
  }
  set(name: string, value: PyValue): void {
    this.#attributes.set(name, value)
  }
  override attribute(name: string): PyValue | undefined {
    return this.#attributes.get(name)
  }
  override repr(): string {
    return `<Namespace ${deeper(() => pyRepr(this.#attributes))}>`
  }
}

class Cycler extends PyObject {
  override readonly typeName = 'Cycler'
  override readonly moduleName = 'jinja2.utils'
  readonly #items: PyValue[]
  #position = 0
  constructor(items: PyValue[]) {
    super()
    if (!items.length) throw new TemplateRuntimeError('RuntimeError', 'at least one item has to be provided')
    this.#items = items
  }
  get #current(): PyValue {
    return this.#items[this.#position] as PyValue
  }
  override attribute(name: string): PyValue | undefined {
    if (name === 'current') return this.#current
    if (name === 'items') return new Tuple(this.#items)
    if (name === 'pos') return this.#position
    if (name === 'next') return method('Cycler.next', () => this.#next())
    return name === 'reset' ? method('Cycler.reset', () => this.#reset()) : undefined
  }
  #next(): PyValue {
    const current = this.#current
    this.#position = (this.#position + 1) % this.#items.length
    return current
  }
  #reset(): null {
    this.#position = 0
    return null
  }
  override repr(): string {
    return `<jinja2.utils.Cycler object at ${ADDRESS}>`
  }
}

class Joiner extends PyObject {
  override readonly typeName = 'Joiner'
  override readonly moduleName = 'jinja2.utils'
  readonly #separator: PyValue
  #isUsed = false
  constructor(separator: PyValue) {
    super()
    this.#separator = separator
  }
  override attribute(name: string): PyValue | undefined {
    if (name === 'sep') return this.#separator
    return name === 'used' ? this.#isUsed : undefined
  }
  override isCallable(): boolean {
    return true
  }
  override call(): PyValue {
    if (this.#isUsed) return this.#separator
    this.#isUsed = true
    return ''
  }
  override repr(): string {
    return `<jinja2.utils.Joiner object at ${ADDRESS}>`
  }
}

function range(args: PyValue[], keywords: Keywords): PyValue {
  if (keywords.size) throw typeError('range() takes no keyword arguments')
  if (!args.length) throw typeError('range expected at least 1 argument, got 0')
  if (args.length > 3) throw typeError(`range expected at most 3 arguments, got ${args.length}`)
  const [first = 0, second = 0, third = 1] = args.map(toIndex)
  if (third === 0) throw valueError('range() arg 3 must not be zero')
  return args.length === 1 ? new Range(0, first, 1) : new Range(first, second, third)
}

function dict(args: PyValue[], keywords: Keywords): Dict {
  const made = new Dict()
  updateDict(made, args, keywords, 'dict')
  return made
}

function joiner(args: PyValue[], keywords: Keywords): PyValue {
  for (const name of keywords.keys()) {
    if (name !== 'sep') throw typeError(`Joiner.__init__() got an unexpected keyword argument '${name}'`)
  }
  if (args.length > 1) throw typeError(`Joiner.__init__() takes from 1 to 2 positional arguments but ${args.length + 1} were given`)
  const [separator = keywords.get('sep')] = args
  return new Joiner(separator === undefined ? ', ' : separator)
}

function cycler(args: PyValue[], keywords: Keywords): PyValue {
  const [name] = keywords.keys()
  if (name !== undefined) throw typeError(`Cycler.__init__() got an unexpected keyword argument '${name}'`)
  return new Cycler(args)
}

/** `lipsum(n=5, html=True, min=20, max=100)`: paragraphs of random Latin. */
function lipsum(args: PyValue[], keywords: Keywords): PyValue {
  const names = ['n', 'html', 'min', 'max']
  if (args.length > 4) throw typeError(`generate_lorem_ipsum() takes from 0 to 4 positional arguments but ${args.length} were given`)
  const values: PyValue[] = [5, true, 20, 100]
  args.forEach((value, index) => {
    values[index] = value
  })
  for (const [name, value] of keywords) {
    if (!names.includes(name)) throw typeError(`generate_lorem_ipsum() got an unexpected keyword argument '${name}'`)
    values[names.indexOf(name)] = value
  }
  const [count, , least, most] = values.map(value =>
    typeof value === 'number' ? toIndex(value) : typeof value === 'boolean' ? Number(value) : bad(value),
  )
  const paragraphs: string[] = []
  for (let index = 0; index < (count ?? 0); index++) paragraphs.push(paragraph(randomBetween(least ?? 0, most ?? 0)))
  if (!isTrue(values[1] ?? true)) return joinTexts(paragraphs, '\n\n')
  return new Markup(
    joinTexts(
      paragraphs.map(text => `<p>${text}</p>`),
      '\n',
    ),
  )
}

function bad(value: PyValue): never {
  if (isText(value)) checked(rawText(value))
  throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
}

/** From `least` up to but not `end`. @throws ValueError where that is empty */
function randomBetween(least: number, end: number): number {
  if (end <= least) throw valueError(`empty range for randrange() (${least}, ${end}, ${end - least})`)
  return least + Math.floor(Math.random() * (end - least))
}

function paragraph(wordCount: number): string {
  const words: string[] = []
  let isSentenceStart = true
  let lastComma = 0
  let lastStop = 0
  let last = ''
  for (let index = 0; index < wordCount; index++) {
    spend(1)
    let word = last
    while (word === last) word = LOREM_IPSUM[randomBetween(0, LOREM_IPSUM.length)] ?? ''
    last = word
    if (isSentenceStart) word = word.charAt(0).toUpperCase() + word.slice(1)
    isSentenceStart = false
    if (index - randomBetween(3, 8) > lastComma) {
      lastComma = index
      lastStop += 2
      word += ','
    }
    if (index - randomBetween(10, 20) > lastStop) {
      lastComma = lastStop = index
      word += '.'
      isSentenceStart = true
    }
    words.push(word)
  }
  const text = joinTexts(words, ' ')
  if (text.endsWith(',')) return `${text.slice(0, -1)}.`
  return text.endsWith('.') ? text : `${text}.`
}

function classNamed(name: string, run: (args: PyValue[], keywords: Keywords) => PyValue): Callable {
  return new Callable('type', `<class '${name}'>`, run)
}

/** All the functions there are. */
export const GLOBALS: ReadonlyMap<string, PyValue> = new Map<string, PyValue>([
  ['range', classNamed('range', range)],
  ['dict', classNamed('dict', dict)],
  ['lipsum', new Callable('function', `<function generate_lorem_ipsum at ${ADDRESS}>`, lipsum)],
  ['cycler', classNamed('jinja2.utils.Cycler', cycler)],
  ['joiner', classNamed('jinja2.utils.Joiner', joiner)],
  ['namespace', classNamed('jinja2.utils.Namespace', (args, keywords) => new Namespace(dict(args, keywords)))],
])
