import { isTruthy, isValueMap, type Value, type ValueMap } from '@weft/contracts'
import type { AppMode } from '../apps/apps-table.ts'
import { mapOf } from '../dsl/value-parts.ts'
import { DomainError } from '../errors.ts'

/**
 * A graph app's features, checked and with defaults. Other keys stay as they are.
 * @throws DomainError `invalid_param` with the words that clients know
 */
export function readFeatures(mode: AppMode, sent: ValueMap): ValueMap {
  const features: ValueMap = { ...sent, file_upload: readFileUpload(sent.file_upload) }
  if (mode === 'advanced-chat') {
    Object.assign(features, readOpening(sent))
    features.suggested_questions_after_answer = readSwitch(sent, 'suggested_questions_after_answer')
    features.speech_to_text = readSwitch(sent, 'speech_to_text')
  }
  features.text_to_speech = readSpeech(sent)
  if (mode === 'advanced-chat') features.retriever_resource = readSwitch(sent, 'retriever_resource')
  features.sensitive_word_avoidance = readModeration(sent)
  return features
}

function readFileUpload(sent: Value | undefined): ValueMap {
  if (!isGiven(sent)) return {}
  if (!isValueMap(sent)) throw refused('file_upload must be of dict type')
  const { image, ...rest } = sent
  if (!isGiven(mapOf(image).enabled)) return sent
  // The form of files before 0.8: pictures only.
  const { number_limits = 3, transfer_methods = ['remote_url', 'local_file'] } = mapOf(image)
  return {
    allowed_file_types: ['image'],
    allowed_file_extensions: [],
    ...rest,
    enabled: true,
    number_limits,
    allowed_file_upload_methods: transfer_methods,
  }
}

function readOpening(sent: ValueMap): ValueMap {
  const opening = isGiven(sent.opening_statement) ? sent.opening_statement : ''
  if (typeof opening !== 'string') throw refused('opening_statement must be of string type')
  const questions = isGiven(sent.suggested_questions) ? sent.suggested_questions : []
  if (!Array.isArray(questions)) throw refused('suggested_questions must be of list type')
  if (!questions.every(question => typeof question === 'string')) {
    throw refused('Elements in suggested_questions list must be of string type')
  }
  return { opening_statement: opening, suggested_questions: questions }
}

function readSwitch(sent: ValueMap, key: string): ValueMap {
  const value = mapAt(sent, key)
  const enabled = isGiven(value.enabled) ? value.enabled : false
  if (typeof enabled !== 'boolean') throw refused(`enabled in ${key} must be of boolean type`)
  return { ...value, enabled }
}

function readSpeech(sent: ValueMap): ValueMap {
  const speech = readSwitch(sent, 'text_to_speech')
  return speech.enabled ? speech : { ...speech, voice: '', language: '' }
}

function readModeration(sent: ValueMap): ValueMap {
  const key = 'sensitive_word_avoidance'
  const value = mapAt(sent, key)
  if (!isGiven(value.enabled)) return { ...value, enabled: false }
  if (!isGiven(value.type)) throw refused('sensitive_word_avoidance.type is required')
  return value
}

function mapAt(sent: ValueMap, key: string): ValueMap {
  const value = isGiven(sent[key]) ? sent[key] : {}
  if (!isValueMap(value)) throw refused(`${key} must be of dict type`)
  return value
}

const isGiven = (value: Value | undefined): value is Value => value !== undefined && isTruthy(value)

function refused(message: string): DomainError {
  return new DomainError('invalid_param', message)
}
