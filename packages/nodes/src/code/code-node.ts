import { isValueMap, type Value, type ValueMap } from '@weft/contracts'
import type { NodeContext, NodeFailure, NodeResult, NodeType } from '@weft/engine'
import { CodeRunError, type CodeRunner } from '@weft/ports'
import { z } from 'zod'
import { parseNodeData, selectorSchema, withDefault } from '../node-data.ts'
import {
  type CodeLimits,
  CodeOutputError,
  checkOutputs,
  DEFAULT_CODE_LIMITS,
  type OutputSchema,
  pythonTypeName,
  withScientificNumbers,
} from './code-outputs.ts'

const OUTPUT_TYPES = ['string', 'number', 'object', 'boolean', 'array[string]', 'array[number]', 'array[object]', 'array[boolean]'] as const

const outputsSchema: z.ZodType<OutputSchema> = z.lazy(() =>
  z.record(z.string(), z.object({ type: z.enum(OUTPUT_TYPES), children: withDefault(z.nullable(outputsSchema), null) })),
)

const codeDataSchema = z.object({
  variables: z.array(z.object({ variable: z.string(), value_selector: selectorSchema })),
  code_language: z.enum(['python3', 'javascript']),
  code: z.string(),
  outputs: outputsSchema,
})

type CodeData = z.output<typeof codeDataSchema>

export interface CodeNodeOptions {
  codeRunner: CodeRunner
  limits?: Partial<CodeLimits>
}

/** Runs a user's `main` on chosen variables and hands on what it declares to give. */
export function createCodeNode({ codeRunner, limits }: CodeNodeOptions): NodeType<CodeData> {
  const allLimits = { ...DEFAULT_CODE_LIMITS, ...limits }
  return {
    type: 'code',
    parse: data => parseNodeData(codeDataSchema, data),
    execute: context => execute(context, codeRunner, allLimits),
  }
}

async function execute(
  { data, variables, run, signal }: NodeContext<CodeData>,
  codeRunner: CodeRunner,
  limits: CodeLimits,
): Promise<NodeResult> {
  const inputs: ValueMap = {}
  for (const { variable, value_selector } of data.variables) inputs[variable] = variables.get(value_selector) ?? null
  try {
    const { result } = await codeRunner.run({ language: data.code_language, code: data.code, inputs, tenantId: run.tenantId, signal })
    const outputs = checkOutputs(withScientificNumbers(objectOf(result)), data.outputs, limits)
    return { status: 'succeeded', inputs, outputs }
  } catch (error) {
    return failureOf(error, inputs)
  }
}

function objectOf(result: Value): ValueMap {
  if (isValueMap(result)) return result
  throw new CodeOutputError('WorkflowNodeError', `Result must be a dict, got ${pythonTypeName(result)}`)
}

function failureOf(error: unknown, inputs: ValueMap): NodeFailure {
  if (error instanceof CodeRunError) {
    const errorType = error.code === 'invalid-result' ? 'WorkflowNodeError' : 'CodeExecutionError'
    return { status: 'failed', inputs, error: error.message, errorType }
  }
  if (error instanceof CodeOutputError) return { status: 'failed', inputs, error: error.message, errorType: error.errorType }
  throw error
}
