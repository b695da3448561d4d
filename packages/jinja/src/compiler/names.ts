import type { CallArguments, Expression, Name, Statement } from '../template/ast.ts'

/** The expressions directly inside an expression. */
export function childrenOf(node: Expression): Expression[] {
  switch (node.kind) {
    case 'constant':
    case 'name':
    case 'namespace':
      return []
    case 'tuple':
    case 'list':
    case 'concat':
      return node.items
    case 'dict':
      return node.items.flatMap(item => [item.key, item.value])
    case 'unary':
      return [node.operand]
    case 'binary':
      return [node.left, node.right]
    case 'compare':
      return [node.first, ...node.rest.map(item => item.operand)]
    case 'conditional':
      return present([node.test, node.then, node.otherwise])
    case 'attribute':
      return [node.object]
    case 'item':
      return [node.object, node.key]
    case 'slice':
      return present([node.start, node.stop, node.step])
    case 'call':
      return [node.callee, ...argumentsOf(node)]
    case 'filter':
    case 'test':
      return [...present([node.input]), ...argumentsOf(node)]
  }
}

function argumentsOf(node: CallArguments): Expression[] {
  return present([...node.args, ...node.keywords.map(keyword => keyword.value), node.moreArgs, node.moreKeywords])
}

function present(nodes: (Expression | undefined)[]): Expression[] {
  return nodes.filter(node => node !== undefined)
}

/** A statement's own expressions and bodies, in the order in which Jinja2 looks at them. */
function partsOf(node: Statement): (Expression | Statement[])[] {
  switch (node.kind) {
    case 'output':
      return node.parts.filter(part => typeof part !== 'string')
    case 'for':
      return [node.target, node.iterable, node.body, node.otherwise, ...present([node.test])]
    case 'if':
      return [...node.branches.flatMap(branch => [branch.test, branch.body]), node.otherwise]
    case 'macro':
      return [...node.parameters, ...node.defaults, node.body]
    case 'call-block':
      return [node.call, ...node.parameters, ...node.defaults, node.body]
    case 'filter-block':
      return [node.body, node.filter]
    case 'with':
      return [...node.targets, ...node.values, node.body]
    case 'block':
      return [node.body]
    case 'autoescape':
      return [node.isOn, node.body]
    case 'assign':
      return [node.target, node.value]
    case 'assign-block':
      return [node.target, ...present([node.filter]), node.body]
    case 'load':
      return [node.template]
  }
}

/** Every name in the statements, depth first. Blocks are entered only with `isThrough`. */
export function* namesIn(statements: Statement[], isThrough = false): Generator<Name, undefined> {
  for (const statement of statements) {
    if (statement.kind === 'block' && !isThrough) continue
    for (const part of partsOf(statement)) {
      if (Array.isArray(part)) yield* namesIn(part, isThrough)
      else yield* namesInExpression(part)
    }
  }
}

export function* namesInExpression(node: Expression): Generator<Name, undefined> {
  if (node.kind === 'name') yield node
  for (const child of childrenOf(node)) yield* namesInExpression(child)
}

/** Those of the special names that the statements read without having set them. */
export function undeclaredIn(statements: Statement[], names: string[]): Set<string> {
  const open = new Set(names)
  const found = new Set<string>()
  for (const node of namesIn(statements)) {
    if (!open.has(node.name)) continue
    if (node.use === 'load') found.add(node.name)
    else open.delete(node.name)
    if (found.size === open.size) break
  }
  return found
}

/** All blocks, also those inside others, in order. */
export function* blocksIn(statements: Statement[]): Generator<Extract<Statement, { kind: 'block' }>, undefined> {
  for (const statement of statements) {
    if (statement.kind === 'block') yield statement
    for (const part of partsOf(statement)) if (Array.isArray(part)) yield* blocksIn(part)
  }
}
