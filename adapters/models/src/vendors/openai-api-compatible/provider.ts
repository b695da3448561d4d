import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelCall, ModelProvider } from '@weft/ports'
import { numberOf, voicesOf } from '../../custom-model.ts'
import { dialectCalls, dialectRules } from '../../openai-dialect/dialect-vendor.ts'
import { type Endpoint, endpointOf } from '../../openai-dialect/endpoint.ts'
import { createVendor, type VendorEnvironment } from '../../vendor.ts'
import { declaration } from './declaration.ts'
import { describeModel } from './describe.ts'

/** Any server that speaks OpenAI's HTTP API: vLLM, Ollama, LM Studio, gateways, OpenAI itself. */
export function createProvider(environment: VendorEnvironment): ModelProvider {
  const icon = readFileSync(join(import.meta.dirname, 'icon.svg'))
  const provider = createVendor(
    environment,
    {
      id: declaration.provider,
      label: declaration.label.en_US,
      description: '',
      colour: '#555555',
      types: declaration.supported_model_types,
      modelForm: declaration.model_credential_schema?.credential_form_schemas,
      rules: dialectRules,
      describe: describeModel,
    },
    dialectCalls(environment, reach, declaration.supported_model_types),
  )
  return { ...provider, declaration, icon: kind => (kind === 'icon_small' ? { bytes: icon, mimeType: 'image/svg+xml' } : undefined) }
}

function reach(call: ModelCall): Endpoint {
  const { credentials } = call
  const tokensName = credentials.token_param_name
  return endpointOf(call, String(credentials.endpoint_url ?? ''), credentials.api_key, {
    model: String(credentials.endpoint_model_name || call.model),
    asksForUsage: credentials.stream_include_usage !== 'disabled',
    sendsUser: credentials.user_identity_support !== 'no_support',
    canStreamTools: credentials.stream_function_calling !== 'not_supported',
    tokensName: tokensName === 'max_tokens' || tokensName === 'max_completion_tokens' ? tokensName : undefined,
    saysWhyItEnds: false,
    batch: numberOf(credentials.max_chunks, 1),
    voices: voicesOf(credentials),
    language: credentials.language ? String(credentials.language) : undefined,
    pingsByStream: credentials.stream_mode_auth === 'use',
  })
}
