import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ModelError, type ModelProvider } from '@weft/ports'
import { streamWithRetries, withRetries } from '../retries.ts'
import type { VendorEnvironment } from '../vendor.ts'
import { declaration } from './declaration.ts'
import { describeModel } from './describe.ts'
import { languageModelEvents } from './language-model.ts'
import { embed, rerank, speak, transcribe } from './other-models.ts'
import { validateModel } from './validate.ts'

/** Any server that speaks OpenAI's HTTP API: vLLM, Ollama, LM Studio, gateways, OpenAI itself. */
export function createProvider(environment: VendorEnvironment): ModelProvider {
  const { fetch, sleep } = environment
  const icon = readFileSync(join(import.meta.dirname, 'icon.svg'))
  return {
    declaration,
    models: [],
    icon: kind => (kind === 'icon_small' ? { bytes: icon, mimeType: 'image/svg+xml' } : undefined),
    describe: (type, model, credentials) =>
      declaration.supported_model_types.includes(type) ? describeModel(type, model, credentials) : undefined,
    validateProvider: async () => {
      throw new ModelError('credentials-invalid', 'This provider has no credentials of its own: add a model with its credentials.')
    },
    validateModel: call => validateModel(fetch, call),
    stream: (call, request) => streamWithRetries(() => languageModelEvents(environment, call, request), { sleep, signal: call.signal }),
    embed: (call, texts) => withRetries(() => embed(fetch, call, texts), { sleep, signal: call.signal }),
    rerank: (call, query, documents, limit) =>
      withRetries(() => rerank(fetch, call, query, documents, limit), { sleep, signal: call.signal }),
    speak: (call, text, voice) => streamWithRetries(() => speak(fetch, call, text, voice), { sleep, signal: call.signal }),
    transcribe: (call, audio) => withRetries(() => transcribe(fetch, call, audio), { sleep, signal: call.signal }),
  }
}
