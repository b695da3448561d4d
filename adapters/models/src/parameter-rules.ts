import type { LocalizedText, ParameterRule } from '@weft/ports'
import { text } from './form.ts'

/** What users may set for a call of a language model, in the words that editors show. */

export function rule(name: string, label: LocalizedText, type: ParameterRule['type'], extra: Partial<ParameterRule> = {}): ParameterRule {
  return {
    name,
    use_template: null,
    label,
    type,
    help: null,
    required: false,
    default: null,
    min: null,
    max: null,
    precision: null,
    options: [],
    ...extra,
  }
}

export function temperature(max: number, preset: number): ParameterRule {
  return rule('temperature', text('Temperature', '温度'), 'float', {
    help: text(
      'Controls how much the answers vary: the higher, the more the same question is answered differently.',
      '用于决定结果随机性，取值越高，相同的问题得到不同答案的可能性越高。',
    ),
    use_template: 'temperature',
    default: preset,
    min: 0,
    max,
    precision: 2,
  })
}

export function topP(preset = 1): ParameterRule {
  return rule('top_p', text('Top P'), 'float', {
    help: text(
      'The share of probability that the candidate words come from: the larger, the more the answers vary.',
      '生成过程中核采样方法概率阈值，取值越大，生成的随机性越高。',
    ),
    use_template: 'top_p',
    default: preset,
    min: 0,
    max: 1,
    precision: 2,
  })
}

export function topK(max = 100): ParameterRule {
  const help = text('How many of the likeliest words are candidates.', '每一步候选词的数量，取值越大，生成的随机性越高。')
  return rule('top_k', text('Top K', '取样数量'), 'int', { help, min: 1, max, precision: 0 })
}

export function penalties(): ParameterRule[] {
  return [
    rule('frequency_penalty', text('Frequency Penalty', '频率惩罚'), 'float', {
      help: text(
        'Makes words less likely the more often they have been used.',
        '用于控制模型已使用字词的重复率。提高此项可以降低模型在输出中重复相同字词的重复度。',
      ),
      use_template: 'frequency_penalty',
      default: 0,
      min: -2,
      max: 2,
      precision: 2,
    }),
    rule('presence_penalty', text('Presence Penalty', '存在惩罚'), 'float', {
      help: text('Makes words less likely once they have been used.', '用于控制模型生成时的重复度。提高此项可以降低模型生成的重复度。'),
      use_template: 'presence_penalty',
      default: 0,
      min: -2,
      max: 2,
      precision: 2,
    }),
  ]
}

/** @param name the parameter's own: `max_tokens`, `max_output_tokens`, … */
export function maxTokens(max: number, preset: number, name = 'max_tokens'): ParameterRule {
  return rule(name, text('Max Tokens', '最大标记'), 'int', {
    help: text('The longest answer, in tokens.', '模型回答的 tokens 的最大长度。'),
    use_template: 'max_tokens',
    default: Math.min(max, preset),
    min: 1,
    max,
    precision: 0,
  })
}

export function seed(): ParameterRule {
  return rule('seed', text('Seed', '种子'), 'int', {
    help: text('The same seed gives, as far as the vendor can, the same answer.', '相同的种子会尽可能得到相同的回答。'),
    min: 0,
    precision: 0,
  })
}

export function responseFormats(...options: string[]): ParameterRule[] {
  const help = text('The format that the model must answer in.', '指定模型必须输出的格式。')
  const format = rule('response_format', text('Response Format', '回复格式'), 'string', { help, options })
  return options.includes('json_schema')
    ? [format, rule('json_schema', text('JSON Schema'), 'text', { use_template: 'json_schema' })]
    : [format]
}

export function reasoningEffort(...options: string[]): ParameterRule {
  const help = text('How long the model thinks before it answers.', '模型在回答前思考的程度。')
  return rule('reasoning_effort', text('Reasoning Effort', '推理程度'), 'string', { help, options })
}

/** A switch for thinking, under the vendor's name for it. */
export function thinking(name: string): ParameterRule {
  const help = text('Whether the model thinks before it answers.', '模型是否在回答前思考。')
  return rule(name, text('Thinking mode', '思考模式'), 'boolean', { help })
}

export function thinkingBudget(max: number, name = 'thinking_budget'): ParameterRule {
  const help = text('The most tokens that the model may think.', '思考所用 tokens 的上限。')
  return rule(name, text('Thinking Budget', '思考预算'), 'int', { help, min: 0, max, precision: 0 })
}
