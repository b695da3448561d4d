import { type FileValue, isFile, markdownOf } from '@weft/contracts'
import { type NodeType, renderTemplate, splitTemplate, templateSelectors } from '@weft/engine'
import { z } from 'zod'
import { parseNodeData } from '../node-data.ts'

export interface AnswerData {
  answer: string
}

const schema = z.object({ answer: z.string() })

/** Says something to the user: a template whose values are shown as Markdown. */
export function createAnswerNode(): NodeType<AnswerData> {
  return {
    type: 'answer',
    parse: data => parseNodeData(schema, data),
    responseTemplate: ({ answer }) => splitTemplate(answer),
    execute({ data, variables }) {
      const files: FileValue[] = []
      for (const selector of templateSelectors(data.answer)) {
        const value = variables.get(selector)
        if (isFile(value)) files.push(value)
        else if (Array.isArray(value) && value.every(isFile)) files.push(...value)
      }
      return { status: 'succeeded', outputs: { answer: renderTemplate(data.answer, variables, markdownOf), files } }
    },
  }
}
