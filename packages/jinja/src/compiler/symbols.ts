import { spend } from '../budget.ts'
import type { Expression, If, Name, Statement } from '../template/ast.ts'
import { childrenOf } from './names.ts'

/** The slots of one function of a template. Names of equal depth share a slot, as they do in Jinja2. */
export class FunctionSlots {
  readonly parent: FunctionSlots | undefined
  readonly #indices = new Map<string, number>()
  constructor(parent?: FunctionSlots) {
    this.parent = parent
  }
  indexOf(identifier: string): number {
    const known = this.#indices.get(identifier)
    if (known !== undefined) return known
    this.#indices.set(identifier, this.#indices.size)
    return this.#indices.size - 1
  }
}

export interface Reference {
  owner: FunctionSlots
  index: number
}

/** What a variable holds when its scope is entered. */
export type Load = { from: 'parameter' } | { from: 'context'; name: string } | { from: 'outer'; reference: Reference } | { from: 'nothing' }

/**
 * The variables of one scope. Jinja2 decides while compiling, by the order of uses, whether a name is the scope's own,
 * an outer one's or the context's; templates depend on it (`{{ x }}{% set x = 1 %}` reads the context's first).
 */
export class Symbols {
  readonly slots: FunctionSlots
  readonly parent: Symbols | undefined
  readonly #level: number
  readonly #references: Map<string, Reference>
  readonly #loads: Map<Reference, Load>
  readonly stores: Set<string>

  constructor(slots: FunctionSlots, parent?: Symbols, copied?: Symbols) {
    this.slots = slots
    this.parent = parent
    this.#level = copied ? copied.#level : parent ? parent.#level + 1 : 0
    this.#references = new Map(copied ? copied.#references : [])
    this.#loads = new Map(copied ? copied.#loads : [])
    this.stores = new Set(copied?.stores)
    if (copied) spend(copied.#references.size / 8)
  }

  get loads(): ReadonlyMap<Reference, Load> {
    return this.#loads
  }

  find(name: string): Reference | undefined {
    return this.#references.get(name) ?? this.parent?.find(name)
  }

  #define(name: string, load: Load): Reference {
    const known = this.#references.get(name)
    const reference = known ?? { owner: this.slots, index: this.slots.indexOf(`${this.#level}:${name}`) }
    this.#references.set(name, reference)
    this.#loads.set(reference, load)
    return reference
  }

  store(name: string): void {
    this.stores.add(name)
    if (this.#references.has(name)) return
    const outer = this.parent?.find(name)
    this.#define(name, outer ? { from: 'outer', reference: outer } : { from: 'nothing' })
  }

  declareParameter(name: string): Reference {
    this.stores.add(name)
    return this.#define(name, { from: 'parameter' })
  }

  load(name: string): void {
    if (!this.find(name)) this.#define(name, { from: 'context', name })
  }

  /** Everything set in this scope or those around it, by name. */
  allStores(): Map<string, Reference> {
    const found = new Map<string, Reference>()
    for (let symbols: Symbols | undefined = this; symbols; symbols = symbols.parent) {
      for (const name of symbols.stores) {
        const reference = found.has(name) ? undefined : this.find(name)
        if (reference) found.set(name, reference)
      }
    }
    return found
  }

  // Reading statements

  statements(nodes: Statement[]): void {
    for (const node of nodes) this.statement(node)
  }

  statement(node: Statement): void {
    switch (node.kind) {
      case 'output':
        for (const part of node.parts) if (typeof part !== 'string') this.expression(part)
        return
      case 'for':
        this.expression(node.iterable)
        return
      case 'if':
        this.#branches(node)
        return
      case 'macro':
        this.store(node.name)
        return
      case 'call-block':
        this.expression(node.call)
        return
      case 'filter-block':
        this.expression(node.filter)
        return
      case 'with':
        for (const value of node.values) this.expression(value)
        return
      case 'assign':
        this.expression(node.value)
        this.expression(node.target)
        return
      case 'assign-block':
        this.expression(node.target)
        return
      case 'load':
        this.expression(node.template)
        for (const name of node.names) this.store(name)
        return
      case 'block':
      case 'autoescape':
    }
  }

  expression(node: Expression): void {
    if (node.kind === 'name') this.#name(node)
    else if (node.kind === 'namespace') this.load(node.name)
    else for (const child of childrenOf(node)) this.expression(child)
  }

  /** A loop's target, whose names belong to the loop's body. */
  parameters(target: Expression): void {
    if (target.kind === 'name') this.declareParameter(target.name)
    else for (const child of childrenOf(target)) this.parameters(child)
  }

  #name(node: Name): void {
    if (node.use === 'parameter') this.declareParameter(node.name)
    else if (node.use === 'store') this.store(node.name)
    else this.load(node.name)
  }

  #branches(node: If): void {
    const [first, ...others] = node.branches
    if (!first) return
    this.expression(first.test)
    const bodies = [first.body, others.map(other => ({ ...node, branches: [other], otherwise: [] })), node.otherwise]
    const branches = bodies
      .filter(body => body.length)
      .map(body => {
        const copy = new Symbols(this.slots, this.parent, this)
        copy.statements(body)
        return copy
      })
    this.#merge(branches, bodies.length)
  }

  /** Takes over what the branches define. What only some of them set keeps its outer value in the others. */
  #merge(branches: Symbols[], branchCount: number): void {
    const counts = new Map<string, number>()
    for (const branch of branches) {
      for (const name of branch.stores) if (!this.stores.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    for (const branch of branches) {
      for (const [name, reference] of branch.#references) {
        const load = branch.#loads.get(reference)
        this.#references.set(name, reference)
        if (load) this.#loads.set(reference, load)
      }
      for (const name of branch.stores) this.stores.add(name)
    }
    this.#dropShadowed()
    for (const [name, count] of counts) {
      const reference = this.find(name)
      if (count === branchCount || !reference) continue
      const outer = this.parent?.find(name)
      this.#loads.set(reference, outer ? { from: 'outer', reference: outer } : { from: 'context', name })
    }
  }

  /** Branches that define a name each made a reference to the same slot: one stays, with the last load. */
  #dropShadowed(): void {
    const kept = new Set(this.#references.values())
    for (const reference of [...this.#loads.keys()]) if (!kept.has(reference)) this.#loads.delete(reference)
  }
}
