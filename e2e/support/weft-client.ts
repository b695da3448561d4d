import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const PROVIDER = 'langgenius/openai_api_compatible/openai_api_compatible'
const ACCOUNT = { email: 'e2e@example.com', name: 'e2e', password: 'Passw0rd1' }

export interface InstalledApp {
  id: string
  key: string
}

/** What a test does with the console: set up, sign in, add the mock model, install apps. */
export class WeftConsole {
  readonly #base: string
  #token = ''

  constructor(base: string) {
    this.#base = base
  }

  /** @throws Error with what the platform answered, where it refuses */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect in it
  async call(method: string, path: string, body?: unknown): Promise<any> {
    const response = await fetch(`${this.#base}/console/api${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}) },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 400)}`)
    return text ? JSON.parse(text) : undefined
  }

  /** Sets a new platform up, signs in, and adds the model `mock-chat`. */
  async prepare(modelUrl: string): Promise<void> {
    const { step } = await this.call('GET', '/setup')
    if (step === 'not_started') await this.call('POST', '/setup', ACCOUNT)
    this.#token = (await this.call('POST', '/login', { ...ACCOUNT, remember_me: true })).data.access_token
    const credentials = {
      endpoint_url: modelUrl,
      api_key: 'sk-mock',
      context_size: '8192',
      mode: 'chat',
      max_tokens_to_sample: '4096',
      stream_mode_auth: 'not_use',
      function_calling_type: 'no_call',
      vision_support: 'no_support',
    }
    const model = { model: 'mock-chat', model_type: 'llm', credentials, name: 'mock' }
    await this.call('POST', `/workspaces/current/model-providers/${PROVIDER}/models/credentials`, model)
    const settings = [{ model_type: 'llm', provider: PROVIDER, model: 'mock-chat' }]
    await this.call('POST', '/workspaces/current/default-model', { model_settings: settings })
  }

  /** Imports a DSL file of `e2e/fixtures`, publishes it and makes a key. `%%NAME%%` in the file is filled in. */
  async install(file: string, values: Record<string, string> = {}): Promise<InstalledApp> {
    const source = await readFile(join(import.meta.dirname, '../fixtures', file), 'utf8')
    const yaml = source.replace(/%%(\w+)%%/g, (_, name) => values[name] ?? '')
    const imported = await this.call('POST', '/apps/imports', { mode: 'yaml-content', yaml_content: yaml })
    if (!imported.app_id) throw new Error(`import of ${file} failed: ${JSON.stringify(imported)}`)
    const id: string = imported.app_id
    await this.call('POST', `/apps/${id}/workflows/publish`, { marked_name: '', marked_comment: '' })
    await this.call('POST', `/apps/${id}/api-enable`, { enable_api: true })
    return { id, key: (await this.call('POST', `/apps/${id}/api-keys`)).token }
  }
}
