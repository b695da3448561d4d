import type { Float } from '@weft/contracts'

interface Node {
  line: number
}

export interface CallArguments {
  args: Expression[]
  keywords: { name: string; value: Expression }[]
  /** `*args` */
  moreArgs: Expression | undefined
  /** `**kwargs` */
  moreKeywords: Expression | undefined
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | 'and' | 'or'
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'

export interface Constant extends Node {
  kind: 'constant'
  value: null | boolean | number | bigint | string | Float
}
export interface Name extends Node {
  kind: 'name'
  name: string
  /** `parameter` is stored to as well, but belongs to a scope that begins with it. */
  use: 'load' | 'store' | 'parameter'
}
export interface NamespaceReference extends Node {
  kind: 'namespace'
  name: string
  attribute: string
}
export interface TupleExpression extends Node {
  kind: 'tuple'
  items: Expression[]
}
export interface ListExpression extends Node {
  kind: 'list'
  items: Expression[]
}
export interface DictExpression extends Node {
  kind: 'dict'
  items: { key: Expression; value: Expression }[]
}
export interface Unary extends Node {
  kind: 'unary'
  operator: '-' | '+' | 'not'
  operand: Expression
}
export interface Binary extends Node {
  kind: 'binary'
  operator: BinaryOperator
  left: Expression
  right: Expression
}
export interface Compare extends Node {
  kind: 'compare'
  first: Expression
  rest: { operator: CompareOperator; operand: Expression }[]
}
export interface Concat extends Node {
  kind: 'concat'
  items: Expression[]
}
export interface Conditional extends Node {
  kind: 'conditional'
  test: Expression
  then: Expression
  otherwise: Expression | undefined
}
export interface Attribute extends Node {
  kind: 'attribute'
  object: Expression
  name: string
}
export interface Item extends Node {
  kind: 'item'
  object: Expression
  key: Expression
}
export interface SliceExpression extends Node {
  kind: 'slice'
  start: Expression | undefined
  stop: Expression | undefined
  step: Expression | undefined
}
export interface Call extends Node, CallArguments {
  kind: 'call'
  callee: Expression
}
export interface Filter extends Node, CallArguments {
  kind: 'filter'
  name: string
  /** Absent in filter blocks and filtered set blocks: their own text. */
  input: Expression | undefined
}
export interface Test extends Node, CallArguments {
  kind: 'test'
  name: string
  input: Expression
}

export type Expression =
  | Constant
  | Name
  | NamespaceReference
  | TupleExpression
  | ListExpression
  | DictExpression
  | Unary
  | Binary
  | Compare
  | Concat
  | Conditional
  | Attribute
  | Item
  | SliceExpression
  | Call
  | Filter
  | Test

/** Text of the template, or an expression to print. */
export type OutputPart = string | Expression

export interface Output extends Node {
  kind: 'output'
  parts: OutputPart[]
}
export interface For extends Node {
  kind: 'for'
  target: Expression
  iterable: Expression
  body: Statement[]
  otherwise: Statement[]
  test: Expression | undefined
  isRecursive: boolean
}
export interface If extends Node {
  kind: 'if'
  branches: { test: Expression; body: Statement[] }[]
  otherwise: Statement[]
}
export interface Signature {
  parameters: Name[]
  /** Of the last parameters. */
  defaults: Expression[]
}
export interface Macro extends Node, Signature {
  kind: 'macro'
  name: string
  body: Statement[]
}
export interface CallBlock extends Node, Signature {
  kind: 'call-block'
  call: Call
  body: Statement[]
}
export interface FilterBlock extends Node {
  kind: 'filter-block'
  filter: Filter
  body: Statement[]
}
export interface With extends Node {
  kind: 'with'
  targets: Expression[]
  values: Expression[]
  body: Statement[]
}
export interface Block extends Node {
  kind: 'block'
  name: string
  body: Statement[]
  isScoped: boolean
  isRequired: boolean
}
export interface Autoescape extends Node {
  kind: 'autoescape'
  isOn: Expression
  body: Statement[]
}
export interface Assign extends Node {
  kind: 'assign'
  target: Expression
  value: Expression
}
export interface AssignBlock extends Node {
  kind: 'assign-block'
  target: Expression
  filter: Filter | undefined
  body: Statement[]
}
/** `include`, `import`, `from … import` and `extends`: all need a loader, and there is none. */
export interface Load extends Node {
  kind: 'load'
  tag: 'include' | 'import' | 'from' | 'extends'
  template: Expression
  /** Names that an import would store to. */
  names: string[]
}

export type Statement = Output | For | If | Macro | CallBlock | FilterBlock | With | Block | Autoescape | Assign | AssignBlock | Load
