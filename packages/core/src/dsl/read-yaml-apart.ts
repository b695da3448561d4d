import { Worker } from 'node:worker_threads'
import { parseJson, type Value } from '@weft/contracts'
import { LONGEST_DOCUMENT, readYaml, YamlError } from './read-yaml.ts'

/** Characters that are read in less time than a thread takes to start. */
const SHORT = 64 * 1024
const TIMEOUT = 60_000

export type YamlAnswer = { json: string } | { error: string }

let queue: Promise<unknown> = Promise.resolve()

/**
 * Reads YAML without keeping the process from its other work: long documents, which may take seconds, in a thread of their own and
 * one after the other. @throws YamlError
 */
export async function readYamlApart(text: string): Promise<Value> {
  if (text.length <= SHORT || text.length > LONGEST_DOCUMENT || /^\s*[{[]/.test(text)) return readYaml(text)
  const turn = queue.then(() => readInThread(text))
  queue = turn.catch(() => undefined)
  return turn
}

async function readInThread(text: string): Promise<Value> {
  const worker = new Worker(new URL('./read-yaml-thread.ts', import.meta.url), {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  })
  try {
    const answer = await new Promise<YamlAnswer>((resolve, reject) => {
      setTimeout(() => reject(new YamlError('it takes too long to read')), TIMEOUT).unref()
      worker.once('message', resolve)
      worker.once('error', cause => reject(new YamlError('it takes too much memory to read', { cause })))
      worker.once('exit', () => reject(new YamlError('it cannot be read')))
    })
    if ('error' in answer) throw new YamlError(answer.error)
    return parseJson(answer.json)
  } finally {
    await worker.terminate()
  }
}
