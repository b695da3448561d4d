import { expect, test } from 'vitest'
import { articleText, readArticle } from './article.ts'

const page = (body: string, head = '<title>Tides</title>') => `<!doctype html><html><head>${head}</head><body>${body}</body></html>`
const SENTENCE = 'The moon pulls the sea, and twice a day the water rises and falls on most coasts of the world.'

test('keeps the article and leaves out what stands around it', () => {
  const { title, blocks } = readArticle(
    page(`<nav><a href="/">Home</a></nav><article><h1>Tides</h1><p>${SENTENCE}</p><p>${SENTENCE}</p></article><script>alert(1)</script>`),
  )
  expect(title).toBe('Tides')
  expect(blocks).toEqual([SENTENCE, SENTENCE])
})

test('parts blocks, joins what stands in a line, and marks the items of lists', () => {
  const { blocks } = readArticle(
    page(`<article><p>${SENTENCE} <b>Bold</b>&nbsp;words</p><ul><li>one</li><li>two</li></ul><p>${SENTENCE}</p></article>`),
  )
  expect(blocks).toEqual([`${SENTENCE} Bold words`, '* one, * two,', SENTENCE])
})

test('says it in the form that graphs know', () => {
  expect(articleText({ title: 'T', author: 'A', blocks: ["it's", 'b'] })).toBe(
    `\nTITLE: T\nAUTHOR: A\nTEXT:\n\n[{'text': "it's"}, {'text': 'b'}]\n`,
  )
  expect(articleText({ title: 'T', author: '', blocks: [] })).toBe('')
})

test('takes a fragment, and a page without words', () => {
  expect(readArticle('just words').blocks).toEqual(['just words'])
  expect(readArticle(page('')).blocks).toEqual([])
  expect(readArticle('').blocks).toEqual([])
})
