import { isFile, isValueMap, markdownOf, textOf, type Value, type ValueMap } from '@weft/contracts'

/** Node id (or `sys`, `env`, `conversation`), variable name, then keys into it. */
export type Selector = readonly string[]

const TEMPLATE_VARIABLE = /\{\{#([a-zA-Z0-9_]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}/g

/** What nodes may read. `undefined` is absent; `null` is a stored none. */
export interface VariableReader {
  get(selector: Selector): Value | undefined
  /** The template with every `{{#node.name#}}` that resolves in its text form; others keep their bare path. */
  render(template: string): string
  /** Every variable of one node, newest values. */
  of(nodeId: string): ValueMap
}

/**
 * Variables of a run by node and name. A child pool reads through to its parent but keeps its own writes: that is how
 * the rounds of an iteration see everything before them and nothing of each other.
 */
export class VariablePool implements VariableReader {
  readonly #parent: VariablePool | undefined
  readonly #nodes = new Map<string, ValueMap>()

  constructor(parent?: VariablePool) {
    this.#parent = parent
  }

  set(nodeId: string, name: string, value: Value): void {
    const values = this.#nodes.get(nodeId)
    if (values) values[name] = value
    else this.#nodes.set(nodeId, Object.assign(Object.create(null) as ValueMap, { [name]: value }))
  }

  setAll(nodeId: string, values: ValueMap): void {
    for (const [name, value] of Object.entries(values)) this.set(nodeId, name, value)
  }

  get(selector: Selector): Value | undefined {
    const [nodeId, name, ...rest] = selector
    if (nodeId === undefined || name === undefined) return undefined
    let value = this.#lookUp(nodeId, name)
    for (const key of rest) {
      if (isFile(value)) return FILE_ATTRIBUTES.has(key) ? (value[key === 'name' ? 'filename' : key] ?? null) : undefined
      if (!isValueMap(value) || !Object.hasOwn(value, key)) return undefined
      value = value[key]
    }
    return value
  }

  #lookUp(nodeId: string, name: string): Value | undefined {
    const own = this.#nodes.get(nodeId)
    return own && name in own ? own[name] : this.#parent?.get([nodeId, name])
  }

  of(nodeId: string): ValueMap {
    return { ...this.#parent?.of(nodeId), ...this.#nodes.get(nodeId) }
  }

  /** The nodes whose values this pool itself holds, not its parent. */
  get ownNodes(): ReadonlyMap<string, ValueMap> {
    return this.#nodes
  }

  render(template: string): string {
    return renderTemplate(template, this, textOf)
  }

  renderMarkdown(template: string): string {
    return renderTemplate(template, this, markdownOf)
  }
}

const FILE_ATTRIBUTES = new Set(['type', 'size', 'name', 'mime_type', 'transfer_method', 'url', 'extension', 'related_id'])

export function renderTemplate(template: string, pool: Pick<VariableReader, 'get'>, textFor: (value: Value) => string): string {
  return template.replace(TEMPLATE_VARIABLE, (_whole, path: string) => {
    const value = pool.get(path.split('.'))
    return value === undefined ? path : textFor(value)
  })
}

/** The selectors that a template names, in order, repeats included. */
export function templateSelectors(template: string): string[][] {
  return [...template.matchAll(TEMPLATE_VARIABLE)].map(match => (match[1] ?? '').split('.'))
}

/** A template cut into literals and selectors, in order; empty literals are left out. */
export function splitTemplate(template: string): (string | string[])[] {
  const parts: (string | string[])[] = []
  let end = 0
  for (const match of template.matchAll(TEMPLATE_VARIABLE)) {
    if (match.index > end) parts.push(template.slice(end, match.index))
    parts.push((match[1] ?? '').split('.'))
    end = match.index + match[0].length
  }
  if (end < template.length) parts.push(template.slice(end))
  return parts
}
