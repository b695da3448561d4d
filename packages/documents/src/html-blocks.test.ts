import { expect, test } from 'vitest'
import { htmlPage, markdownOf, plainLines } from './html-blocks.ts'

test.each([
  ['<p>a<p>b', 'a\n\nb'],
  ['<div>a <b>b</b>\n c<div>d</div>e</div>', 'a b c\n\nd\n\ne'],
  ['<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>', '- a\n  - b\n- c'],
  ['<ol start=3><li>a</li><li><p>b</p></li></ol>', '3. a\n4. b'],
  ['<pre>\n a\n  b\n</pre>', ' a\n  b'],
  ['<table><tr><td>a<td>b<br>c<tr><td>d</table>', '| a | b c |\n| --- | --- |\n| d |  |'],
  ['<table><tr><td>a<table><tr><td>b</td></tr></table></td></tr></table>', '| a<br>b |\n| --- |'],
  ['<script>x</script><style>y</style><!-- z -->&amp;&#x41;', '&A'],
  ['<h2>a</h2>b', '## a\n\nb'],
  ['<table><tr><td>a', '| a |\n| --- |'],
  ['', ''],
])('%s becomes %o', (html, markdown) => {
  expect(markdownOf(htmlPage(html).blocks)).toBe(markdown)
})

test('lines without marks leave out bullets and single letters', () => {
  expect(plainLines(htmlPage('<p>• one</p><p>x</p><h1>y</h1><li>z</li>').blocks)).toEqual(['one', 'y', 'z'])
})
