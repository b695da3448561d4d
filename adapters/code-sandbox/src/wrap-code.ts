import { randomUUID } from 'node:crypto'
import { stringifyJson, type ValueMap } from '@weft/contracts'
import type { CodeRequest } from '@weft/ports'

/** A whole program around a user's `main`, and what its output means. */
export interface WrappedCode {
  /** The sandbox's name of the language. */
  language: 'python3' | 'nodejs'
  program: string
  /** The result's JSON text and what else was printed; undefined where the program printed no result. */
  read(stdout: string): { result: string; stdout: string } | undefined
}

/**
 * The user's code comes first, so that its lines keep their numbers. The result stands between two marks that are made anew for
 * each run: nothing that code prints, its own or a text's it was given, is taken for it.
 */
export function wrapCode(language: CodeRequest['language'], code: string, inputs: ValueMap): WrappedCode {
  const mark = `<<${randomUUID()}>>`
  const encoded = Buffer.from(stringifyJson(inputs), 'utf8').toString('base64')
  return {
    language: language === 'python3' ? 'python3' : 'nodejs',
    program: language === 'python3' ? pythonProgram(code, encoded, mark) : javascriptProgram(code, encoded, mark),
    read: stdout => between(stdout, mark),
  }
}

function pythonProgram(code: string, inputs: string, mark: string): string {
  return `${code}

import json
from base64 import b64decode
inputs_obj = json.loads(b64decode('${inputs}').decode('utf-8'))
try:
    output_obj = main(**inputs_obj)
except SystemExit as stop:
    raise RuntimeError(f'main() ended the program by exit({stop.code!r})') from None
print('${mark}' + json.dumps(output_obj, allow_nan=False) + '${mark}')
`
}

function javascriptProgram(code: string, inputs: string, mark: string): string {
  return `${code}

;{
  const print = result => console.log('${mark}' + JSON.stringify(result) + '${mark}')
  const result = main(JSON.parse(Buffer.from('${inputs}', 'base64').toString('utf-8')))
  if (result instanceof Promise) result.then(print)
  else print(result)
}
`
}

function between(text: string, mark: string): { result: string; stdout: string } | undefined {
  const start = text.indexOf(mark)
  const end = text.lastIndexOf(mark)
  if (start < 0 || end === start) return undefined
  const after = text.slice(end + mark.length)
  return { result: text.slice(start + mark.length, end), stdout: text.slice(0, start) + after.replace(/^\n/, '') }
}
