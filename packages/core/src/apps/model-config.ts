import { isTruthy, isValueMap, type Value, type ValueMap } from '@weft/contracts'

/** What a chat, agent or completion app does, in the keys that files and clients know. What is absent has a default when read. */
const READ_DEFAULTS: ValueMap = {
  opening_statement: null,
  suggested_questions: [],
  suggested_questions_after_answer: { enabled: false },
  speech_to_text: { enabled: false },
  text_to_speech: { enabled: false },
  retriever_resource: { enabled: true },
  annotation_reply: { enabled: false },
  more_like_this: { enabled: false },
  sensitive_word_avoidance: { enabled: false, type: '', configs: [] },
  external_data_tools: [],
  model: {},
  user_input_form: [],
  dataset_query_variable: null,
  pre_prompt: null,
  agent_mode: { enabled: false, strategy: null, tools: [], prompt: null },
  prompt_type: 'simple',
  chat_prompt_config: {},
  completion_prompt_config: {},
  dataset_configs: { retrieval_model: 'multiple' },
  file_upload: {
    image: { enabled: false, number_limits: 3, detail: 'high', transfer_methods: ['remote_url', 'local_file'] },
  },
}

/** These stay though they are empty. */
const TEXTS = new Set(['opening_statement', 'dataset_query_variable', 'pre_prompt', 'prompt_type'])

/** What of a sent configuration is stored: known keys that say something. Annotation replies have settings of their own. */
export function storedModelConfig(sent: ValueMap): ValueMap {
  const stored: ValueMap = {}
  for (const key of Object.keys(READ_DEFAULTS)) {
    const value = sent[key]
    if (key === 'annotation_reply' || value === undefined || value === null) continue
    if (TEXTS.has(key) || isTruthy(value)) stored[key] = value
  }
  return stored
}

/** The whole configuration, as files and clients see it. */
export function readModelConfig(stored: ValueMap): ValueMap {
  const config: ValueMap = { ...structuredClone(READ_DEFAULTS), ...stored }
  const datasets: Value | undefined = stored.dataset_configs
  if (isValueMap(datasets) && !('retrieval_model' in datasets)) config.dataset_configs = { retrieval_model: 'single' }
  return config
}

/** Whether a chatbot of this configuration is an agent. */
export function isAgent({ agent_mode: agent }: ValueMap): boolean {
  return isValueMap(agent) && agent.enabled === true && (agent.strategy === 'function_call' || agent.strategy === 'react')
}

/** How a new app begins. `model` is the workspace's usual one, where there is one. */
export function initialModelConfig(mode: 'chat' | 'agent-chat' | 'completion', model: ValueMap | undefined): ValueMap {
  const base: ValueMap = { model: model ?? { provider: 'openai', name: 'gpt-4o', mode: 'chat', completion_params: {} } }
  if (mode !== 'completion') return base
  const query: ValueMap = { paragraph: { label: 'Query', variable: 'query', required: true, default: '' } }
  return { ...base, user_input_form: [query], pre_prompt: '{{query}}' }
}
