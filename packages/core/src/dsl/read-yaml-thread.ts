import { parentPort, workerData } from 'node:worker_threads'
import { stringifyJson } from '@weft/contracts'
import { readYaml, YamlError } from './read-yaml.ts'
import type { YamlAnswer } from './read-yaml-apart.ts'

/** Reads one document and says what is in it, or what is wrong with it. */
function answer(): YamlAnswer {
  try {
    return { json: stringifyJson(readYaml(workerData)) }
  } catch (error) {
    if (error instanceof YamlError) return { error: error.message }
    throw error
  }
}

parentPort?.postMessage(answer())
