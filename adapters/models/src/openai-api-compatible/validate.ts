import { type ModelCall, ModelError } from '@weft/ports'
import { endpointModelOf, post, readJson } from './endpoint.ts'
import { embed, rerank, speak, transcribe } from './other-models.ts'

type Fetch = typeof globalThis.fetch

/** Calls the model once, as little as its type allows. @throws ModelError `credentials-invalid` with the vendor's words */
export async function validateModel(fetch: Fetch, call: ModelCall): Promise<void> {
  try {
    await tryOnce(fetch, call)
  } catch (error) {
    if (!(error instanceof ModelError) || error.code === 'aborted') throw error
    throw new ModelError('credentials-invalid', `Credentials validation failed: ${error.message}`, { cause: error, status: error.status })
  }
}

async function tryOnce(fetch: Fetch, call: ModelCall): Promise<void> {
  if (call.type === 'llm') return ping(fetch, call)
  if (call.type === 'text-embedding') return void (await embed(fetch, call, ['ping']))
  if (call.type === 'rerank') return void (await rerank(fetch, call, 'What is a loom?', ['A frame for weaving cloth.', 'A kind of bird.']))
  if (call.type === 'speech2text')
    return void (await transcribe(fetch, call, { bytes: halfASecondOfSilence(), filename: 'silence.wav', mimeType: 'audio/wav' }))
  for await (const _chunk of speak(fetch, call, 'Hi', undefined)) return
}

async function ping(fetch: Fetch, call: ModelCall): Promise<void> {
  const { credentials } = call
  const isCompletion = credentials.mode === 'completion'
  const isStreamed = credentials.stream_mode_auth === 'use'
  const tokens =
    credentials.token_param_name === 'max_completion_tokens' ? { max_completion_tokens: 16 } : { max_tokens: isStreamed ? 10 : 5 }
  const prompt = isCompletion ? { prompt: 'ping' } : { messages: [{ role: 'user', content: 'ping' }] }
  const body = { model: endpointModelOf(call), ...tokens, ...prompt, ...(isStreamed ? { stream: true } : {}) }
  const response = await post(fetch, call, isCompletion ? 'completions' : 'chat/completions', body)
  if (isStreamed) return response.body?.cancel()
  const answer = await readJson(response)
  if (!Array.isArray(answer.choices))
    throw new ModelError('bad-request', `The answer holds no choices: ${JSON.stringify(answer).slice(0, 500)}`)
}

function halfASecondOfSilence(): Uint8Array {
  const rate = 8000
  const sound = Buffer.alloc(44 + rate)
  sound.write('RIFF', 0)
  sound.writeUInt32LE(36 + rate, 4)
  sound.write('WAVEfmt ', 8)
  sound.writeUInt32LE(16, 16)
  sound.writeUInt16LE(1, 20)
  sound.writeUInt16LE(1, 22)
  sound.writeUInt32LE(rate, 24)
  sound.writeUInt32LE(rate * 2, 28)
  sound.writeUInt16LE(2, 32)
  sound.writeUInt16LE(16, 34)
  sound.write('data', 36)
  sound.writeUInt32LE(rate, 40)
  return sound
}
