import { expect, test } from 'vitest'
import { StreamedText } from './streamed-text.ts'

const SELECTOR = ['llm', 'text']

/** What goes to the journal when a restarted node says the pieces, after the journal holds `said`. */
function sayAgain(said: string, isEnded: boolean, pieces: string[]): string[] {
  const log: string[] = []
  const streamed = new Map(said || isEnded ? [['llm.text', { selector: SELECTOR, text: said, isEnded }]] : [])
  const text = new StreamedText({ streamed }, (type, _selector, piece) => log.push(`${type} ${piece}`.trim()))
  for (const piece of pieces) text.add(SELECTOR, piece)
  text.end(SELECTOR)
  return log
}

test.each<[string, string, boolean, string[], string[]]>([
  ['a first telling goes out as it is', '', false, ['a', 'b'], ['text-delta a', 'text-delta b', 'text-ended']],
  ['what was said already is left out', 'Hello wor', false, ['Hello ', 'world', '!'], ['text-delta ld', 'text-delta !', 'text-ended']],
  ['what differs calls back all', 'Hello wor', false, ['Hello ', 'you'], ['text-replaced Hello you', 'text-ended']],
  ['a shorter telling calls back the rest', 'Hello wor', false, ['Hello '], ['text-replaced Hello', 'text-ended']],
  ['an ended text said again is silent', 'Hello', true, ['Hel', 'lo'], []],
  ['an ended text that goes on is said anew', 'Hello', true, ['Hello', '!'], ['text-replaced Hello!', 'text-ended']],
  ['an ended text that differs is said anew', 'Hello', true, ['Bye', ' now'], ['text-replaced Bye', 'text-delta  now', 'text-ended']],
])('%s', (_name, said, isEnded, pieces, expected) => {
  expect(sayAgain(said, isEnded, pieces)).toEqual(expected)
})
