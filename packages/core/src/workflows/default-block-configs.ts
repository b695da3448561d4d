import { Float, type ValueMap } from '@weft/contracts'

export interface BlockLimits {
  /** Seconds. */
  connectSeconds: number
  readSeconds: number
  writeSeconds: number
  verifiesTls: boolean
  maxRetries: number
}

/** What the editor puts into a new node, by type. Types that are not here begin empty. */
export function defaultBlockConfigs({
  connectSeconds,
  readSeconds,
  writeSeconds,
  verifiesTls,
  maxRetries,
}: BlockLimits): Record<string, ValueMap> {
  return {
    llm: {
      type: 'llm',
      config: {
        prompt_templates: {
          chat_model: { prompts: [{ role: 'system', text: 'You are a helpful AI assistant.', edition_type: 'basic' }] },
          completion_model: {
            conversation_histories_role: HISTORY_ROLES,
            prompt: {
              text: 'Here are the chat histories between human and assistant, inside <histories></histories> XML tags.\n\n<histories>\n{{#histories#}}\n</histories>\n\n\nHuman: {{#sys.query#}}\n\nAssistant:',
              edition_type: 'basic',
            },
            stop: ['Human:'],
          },
        },
      },
    },
    code: codeConfig('python3'),
    'template-transform': {
      type: 'template-transform',
      config: { variables: [{ variable: 'arg1', value_selector: [] }], template: '{{ arg1 }}' },
    },
    'question-classifier': { type: 'question-classifier', config: { instructions: '' } },
    'http-request': {
      type: 'http-request',
      config: {
        method: 'get',
        authorization: { type: 'no-auth' },
        body: { type: 'none' },
        timeout: {
          connect: connectSeconds,
          read: readSeconds,
          write: writeSeconds,
          max_connect_timeout: connectSeconds,
          max_read_timeout: readSeconds,
          max_write_timeout: writeSeconds,
        },
        ssl_verify: verifiesTls,
      },
      retry_config: { max_retries: maxRetries, retry_interval: new Float(2), retry_enabled: true },
    },
    'parameter-extractor': {
      model: { prompt_templates: { completion_model: { conversation_histories_role: HISTORY_ROLES, stop: ['Human:'] } } },
    },
    iteration: { type: 'iteration', config: { is_parallel: false, parallel_nums: 10, error_handle_mode: 'terminated' } },
  }
}

const HISTORY_ROLES: ValueMap = { user_prefix: 'Human', assistant_prefix: 'Assistant' }

export function codeConfig(language: 'python3' | 'javascript'): ValueMap {
  const code =
    language === 'python3'
      ? '\ndef main(arg1: str, arg2: str):\n    return {\n        "result": arg1 + arg2,\n    }\n'
      : '\nfunction main({arg1, arg2}) {\n    return {\n        result: arg1 + arg2\n    }\n}\n'
  return {
    type: 'code',
    config: {
      variables: [
        { variable: 'arg1', value_selector: [] },
        { variable: 'arg2', value_selector: [] },
      ],
      code_language: language,
      code,
      outputs: { result: { type: 'string', children: null } },
    },
  }
}
