import { isFile, type ValueMap } from '@weft/contracts'
import { type FileService, FileServiceError, ModelError, type ToolOutput, type ToolParameter } from '@weft/ports'
import type { TenantScope } from '../../database/tenant-scope.ts'
import type { InstalledTool, InstalledToolProvider } from '../installed-provider.ts'
import { declareTool, drawIcon, failed, formParameter, llmParameter, refused, textIn, words } from './declare.ts'
import type { SpeechModel, SpeechModels } from './speech-models.ts'

export interface AudioParts {
  speech: SpeechModels
  files: FileService
  /** Bytes of a recording. */
  maxAudioSize: number
}

/** Speech from text and text from speech, by the workspace's models. */
export function createAudioProvider(parts: AudioParts): InstalledToolProvider {
  return {
    id: 'audio',
    author: 'hjlarry',
    label: words('Audio'),
    description: words('A tool for tts and asr.', '一个用于文本转语音和语音转文本的工具。'),
    tags: ['utilities'],
    plugin: null,
    icon: drawIcon('#7A5AF8', '<path d="M6 10v4M9.5 7.5v9M13 9.5v5M16.5 6.5v11"/>'),
    credentialsSchema: [],
    oauth: null,
    tools: [textToSpeech(parts), speechToText(parts)],
  }
}

function textToSpeech({ speech }: AudioParts): InstalledTool {
  return {
    declaration: declareTool('audio', {
      name: 'tts',
      author: 'hjlarry',
      label: words('Text To Speech'),
      help: words('Convert text to audio file.', '将文本转换为音频文件。'),
      parameters: [
        llmParameter('text', 'string', words('Text', '文本'), words('The text to be converted.', '要转换的文本。'), {
          required: true,
          llm_description: 'The text to be converted.',
        }),
      ],
    }),
    async runtimeParameters(scope) {
      const models = await speech.list(scope, 'tts')
      return [modelParameter('TTS', models), ...models.map(voiceParameter)]
    },
    async *invoke({ parameters, scope, signal }): AsyncIterable<ToolOutput> {
      const { provider, model } = await chosenModel(speech, scope, parameters, 'tts')
      const voice = textIn(parameters, `voice#${provider}#${model}`)
      const text = textIn(parameters, 'text')
      if (!text) throw refused('The text to speak is empty.')
      const bytes = await speech.speak(scope, { provider, model, voice, text, signal }).catch(modelFailure)
      yield { type: 'text', text: 'Audio generated successfully' }
      yield { type: 'blob', bytes, mimeType: 'audio/x-wav', filename: null }
    },
  }
}

function speechToText({ speech, files, maxAudioSize }: AudioParts): InstalledTool {
  return {
    declaration: declareTool('audio', {
      name: 'asr',
      author: 'hjlarry',
      label: words('Speech To Text'),
      help: words('Convert audio file to text.', '将音频文件转换为文本。'),
      parameters: [
        llmParameter(
          'audio_file',
          'file',
          words('Audio File', '音频文件'),
          words('The audio file to be converted.', '要转换的音频文件。'),
          {
            required: true,
            llm_description: 'The audio file to be converted.',
          },
        ),
      ],
    }),
    async runtimeParameters(scope) {
      return [modelParameter('ASR', await speech.list(scope, 'speech2text'))]
    },
    async *invoke({ parameters, scope, signal }): AsyncIterable<ToolOutput> {
      const file = parameters.audio_file
      if (!isFile(file) || file.type !== 'audio') {
        yield { type: 'text', text: 'not a valid audio file' }
        return
      }
      const { provider, model } = await chosenModel(speech, scope, parameters, 'speech2text')
      const bytes = await files.readAll(file, maxAudioSize, { tenantId: scope.tenantId, signal }).catch(error => {
        throw error instanceof FileServiceError ? failed(error.message, error) : error
      })
      const audio = { bytes, filename: file.filename ?? 'audio.mp3', mimeType: file.mime_type ?? 'audio/mpeg' }
      yield { type: 'text', text: await speech.transcribe(scope, { provider, model, audio, signal }).catch(modelFailure) }
    },
  }
}

function modelParameter(kind: 'TTS' | 'ASR', models: SpeechModel[]): ToolParameter {
  return formParameter(
    'model',
    'select',
    words('Model', 'Model'),
    words(
      `All available ${kind} models. You can config model in the Model Provider of Settings.`,
      `所有可用的 ${kind} 模型。你可以在设置中的模型供应商里配置。`,
    ),
    {
      required: true,
      placeholder: words('Select a model', '选择模型'),
      options: models.map(({ provider, model }) => ({ value: `${provider}#${model}`, label: words(`${model}(${provider})`), icon: null })),
    },
  )
}

function voiceParameter({ provider, model, voices }: SpeechModel): ToolParameter {
  return formParameter(
    `voice#${provider}#${model}`,
    'select',
    words(`Voice of ${model}(${provider})`),
    words(`Select a voice for ${model} model`),
    { placeholder: words('Select a voice'), options: voices.map(({ id, name }) => ({ value: id, label: words(name), icon: null })) },
  )
}

/** The model that the form names, else the workspace's usual one. @throws ToolError */
async function chosenModel(speech: SpeechModels, scope: TenantScope, parameters: ValueMap, type: 'tts' | 'speech2text') {
  const [provider, model] = (textIn(parameters, 'model') ?? '').split('#')
  if (provider && model) return { provider, model }
  const usual = await speech.usual(scope, type)
  if (usual) return usual
  const kind = type === 'tts' ? 'text-to-speech' : 'speech-to-text'
  throw refused(`There is no ${kind} model: choose one in the tool's settings, or set the workspace's default.`)
}

function modelFailure(error: unknown): never {
  throw error instanceof ModelError ? failed(error.message, error) : error
}
