import type { Value, ValueMap } from '@weft/contracts'
import { type Condition, ConditionError, evaluateConditions, type LogicalOperator, type NodeType, parseConditions } from '@weft/engine'
import { z } from 'zod'
import { parseNodeData, valueSchema } from '../node-data.ts'

export interface IfElseData {
  cases: IfElseCase[]
}

export interface IfElseCase {
  case_id: string
  logical_operator: LogicalOperator
  conditions: Condition[]
  /** Nodes from before there were cases hold one group of conditions, which is recorded without them. */
  isOldShape: boolean
}

const operator = z.enum(['and', 'or'])
const schema = z.object({
  cases: z.array(z.object({ case_id: z.string(), logical_operator: operator, conditions: valueSchema })).nullish(),
  conditions: valueSchema.nullish(),
  logical_operator: operator.nullish(),
})

/** Takes the branch of the first case that holds, else `false`. */
export function createIfElseNode(): NodeType<IfElseData> {
  return {
    type: 'if-else',
    isBranch: true,
    parse,
    execute({ data, variables }) {
      const results: Value[] = []
      let inputs: ValueMap = { conditions: [] }
      let selected: string | undefined
      try {
        for (const { case_id, logical_operator, conditions, isOldShape } of data.cases) {
          const outcome = evaluateConditions(variables, conditions, logical_operator)
          results.push({
            group: isOldShape ? 'default' : { case_id, logical_operator, conditions },
            results: outcome.groupResults,
            final_result: outcome.result,
          })
          inputs = { conditions: outcome.inputs }
          if (!outcome.result) continue
          selected = case_id
          break
        }
      } catch (error) {
        if (!(error instanceof ConditionError)) throw error
        const record = { inputs: { conditions: [] }, processData: { condition_results: results } }
        return { status: 'failed', error: error.message, errorType: '', ...record }
      }
      return {
        status: 'succeeded',
        inputs,
        processData: { condition_results: results },
        outputs: { result: selected !== undefined, selected_case_id: selected ?? 'false' },
        handle: selected || 'false',
      }
    },
  }
}

function parse(data: ValueMap): IfElseData {
  const parsed = parseNodeData(schema, data)
  if (!parsed.cases?.length) {
    const conditions = parseConditions(parsed.conditions ?? [], 'conditions')
    return { cases: [{ case_id: 'true', logical_operator: parsed.logical_operator ?? 'and', conditions, isOldShape: true }] }
  }
  return {
    cases: parsed.cases.map((item, index) => ({
      case_id: item.case_id,
      logical_operator: item.logical_operator,
      conditions: parseConditions(item.conditions, `cases.${index}.conditions`),
      isOldShape: false,
    })),
  }
}
