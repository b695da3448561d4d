import { type FileValue, isFile } from './file.ts'
import { pythonJson, pythonRepr, pythonStr } from './python-text.ts'
import { Float, isValueMap, type Value } from './value.ts'

/** What a variable holds, as the DSL and the APIs name it. `integer` and `float` both show as `number` outside. */
export type SegmentType =
  | 'string'
  | 'integer'
  | 'float'
  | 'number'
  | 'boolean'
  | 'object'
  | 'file'
  | 'none'
  | 'secret'
  | 'array[any]'
  | 'array[string]'
  | 'array[number]'
  | 'array[object]'
  | 'array[boolean]'
  | 'array[file]'

/** The type a value has by itself. A list of one kind gets that kind's array type; empty, mixed and nested lists are `array[any]`. */
export function segmentTypeOf(value: Value): SegmentType {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float'
  if (value instanceof Float) return 'float'
  if (isFile(value)) return 'file'
  if (!Array.isArray(value)) return 'object'
  const kinds = new Set(value.map(item => elementType(segmentTypeOf(item))))
  const [kind] = kinds
  return kinds.size === 1 && kind ? kind : 'array[any]'
}

function elementType(type: SegmentType): SegmentType | undefined {
  if (type === 'integer' || type === 'float') return 'array[number]'
  if (type === 'string' || type === 'boolean' || type === 'object' || type === 'file') return `array[${type}]`
  return undefined
}

/** The type's public name: numbers are one. */
export function publicTypeName(type: SegmentType): string {
  return type === 'integer' || type === 'float' ? 'number' : type
}

/** A value inside prompts, HTTP requests and conditions. */
export function textOf(value: Value): string {
  if (value === null || isFile(value)) return ''
  if (Array.isArray(value)) {
    if (!value.length || value.every(isFile)) return ''
    return value.every(item => typeof item === 'string') ? pythonJson(value) : pythonRepr(value)
  }
  return isValueMap(value) ? pythonJson(value) : pythonStr(value)
}

/** A value inside answers and streamed text. */
export function markdownOf(value: Value): string {
  if (value === null) return ''
  if (isFile(value)) return fileMarkdown(value)
  if (Array.isArray(value)) {
    if (value.length && value.every(isFile)) return value.map(file => fileMarkdown(file as FileValue)).join('\n')
    return value.map(item => `- ${Array.isArray(item) || isValueMap(item) ? pythonRepr(item) : pythonStr(item)}`).join('\n')
  }
  return isValueMap(value) ? pythonJson(value, 2) : pythonStr(value)
}

function fileMarkdown(file: FileValue): string {
  const url = file.url ?? file.remote_url ?? ''
  return file.type === 'image' ? `![${file.filename ?? ''}](${url})` : `[${file.filename || url}](${url})`
}

/** A value in node records: inputs of tools and the like. */
export function logOf(value: Value): string {
  if (value === null || isFile(value)) return ''
  if (Array.isArray(value)) return value.length && value.every(isFile) ? '' : pythonRepr(value)
  return isValueMap(value) ? pythonJson(value, 2) : pythonStr(value)
}
