import { isValueMap, pythonJson, pythonStr, type Value } from '@weft/contracts'
import { endOfJson, mendJson } from '../llm/json-in-text.ts'
import { withoutReasoning } from '../llm/reasoning.ts'

export interface ReactAction {
  name: string
  input: Value
}

export interface ReactAnswer {
  /** What the model says before its action, without labels. */
  thought: string
  /** Undefined where the model names none: what it says is its answer then. */
  action: ReactAction | undefined
}

const LABEL = /^[ \t]*(?:\*\*)?(?:thought|action|final answer)(?:\*\*)?[ \t]*:(?:\*\*)?[ \t]*/gim
const FENCE = /```[a-z]*/gi
const IN_WORDS = /^[ \t]*action[ \t]*:[ \t]*(.+)\n\s*action[ _]input[ \t]*:[ \t]*([\s\S]+)$/im

/** Brackets to look behind: a model may write a great many that belong to no action. */
const MAX_TRIES = 100

/** Reads what a model wrote in the form of thought and action, as loosely as models keep to it. */
export function parseReactAnswer(answer: string): ReactAnswer {
  const text = cutObservation(withoutReasoning(answer))
  const inWords = IN_WORDS.exec(text)
  if (inWords) {
    const action = { name: (inWords[1] ?? '').trim(), input: valueOfText(inWords[2] ?? '') }
    return { thought: withoutLabels(text.slice(0, inWords.index)), action }
  }
  let tries = 0
  for (const { index } of text.matchAll(/[{[]/g)) {
    if (tries++ >= MAX_TRIES) break
    const action = actionOf(mendJson(text.slice(index, endOfJson(text, index))))
    if (action) return { thought: withoutLabels(text.slice(0, index)), action }
  }
  return { thought: withoutLabels(text), action: undefined }
}

export function isFinal({ name }: ReactAction): boolean {
  return /^final[ _]?answer$/i.test(name.trim())
}

export function finalText(input: Value): string {
  return typeof input === 'string' ? input : isValueMap(input) || Array.isArray(input) ? pythonJson(input) : pythonStr(input)
}

/** A model that goes on past its action imagines what the tool says. */
function cutObservation(text: string): string {
  const at = text.search(/^[ \t]*observation[ \t]*:/im)
  return at < 0 ? text : text.slice(0, at)
}

function withoutLabels(text: string): string {
  return text.replace(FENCE, '').replace(LABEL, '').trim()
}

/** Of two members the one whose name tells of input is the input, the other the action. Some models give a list of one. */
function actionOf(value: Value | undefined): ReactAction | undefined {
  const object = Array.isArray(value) && value.length === 1 ? value[0] : value
  if (!isValueMap(object)) return undefined
  const members = Object.entries(object)
  const input = members.find(([name]) => name.toLowerCase().includes('input'))
  const name = members.find(([key, item]) => !key.toLowerCase().includes('input') && typeof item === 'string')
  const isAction = name !== undefined && (input !== undefined || (members.length === 1 && name[0] === 'action'))
  return isAction ? { name: name[1] as string, input: input?.[1] ?? {} } : undefined
}

function valueOfText(text: string): Value {
  const trimmed = text.replace(FENCE, '').trim()
  if (!/^[{[]/.test(trimmed)) return trimmed.replace(/^"([\s\S]*)"$/, '$1')
  return mendJson(trimmed.slice(0, endOfJson(trimmed, 0))) ?? trimmed
}
