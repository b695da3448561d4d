import { secret } from '../../form.ts'
import { dialectVendor } from '../../openai-dialect/dialect-vendor.ts'

export const createProvider = dialectVendor({
  id: 'langgenius/groq/groq',
  label: 'GroqCloud',
  description: 'Open models on fast hardware.',
  colour: '#f55036',
  help: 'https://console.groq.com/keys',
  types: ['llm', 'speech2text', 'tts'],
  baseUrl: 'https://api.groq.com/openai/v1',
  providerForm: [secret('api_key')],
  catalogue: 'groq',
  models: [
    { model: 'distil-whisper-large-v3-en', type: 'speech2text', deprecated: true },
    {
      model: 'canopylabs/orpheus-v1-english',
      type: 'tts',
      context: 4000,
      price: ['22', '0'],
      voices: ['autumn', 'diana', 'hannah', 'austin', 'daniel', 'troy'],
    },
  ],
  probe: { model: 'openai/gpt-oss-20b' },
  endpoint: () => ({ audioFormat: 'wav' }),
})
