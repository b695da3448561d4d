import { Float, type ValueMap } from '@weft/contracts'
import { describe, expect, test } from 'vitest'
import { renderTemplate } from '../src/index.ts'

const variables: ValueMap = {
  whole: new Float(100),
  big: 12345678901234567890n,
  nothing: null,
  word: 'añ🌊',
  books: [
    { title: 'Emma', year: 1815, tags: ['love', 'town'] },
    { title: 'ulysses', year: 1922, tags: [] },
    { title: 'Beloved', year: 1987, tags: ['ghost'] },
  ],
}

function cases(table: [template: string, text: string][]): void {
  test.each(table)('%s', (template, text) => {
    expect(renderTemplate(template, variables)).toBe(text)
  })
}

describe('values print as Python prints them', () => {
  cases([
    ['{{ whole }} {{ whole / 8 }} {{ whole + 1 }} {{ [whole] }}', '100.0 12.5 101.0 [100.0]'],
    [
      '{{ big }} {{ big + 1 }} {{ big * 10 }} {{ big // 10 }}',
      '12345678901234567890 12345678901234567891 123456789012345678900 1234567890123456789',
    ],
    ['{{ nothing }} {{ true }} {{ [nothing, "it\'s", (1,)] }}', `None True [None, "it's", (1,)]`],
    ['{{ word }} {{ word|length }} {{ word[2] }} {{ word[::-1] }} {{ [word, "\\n"] }}', "añ🌊 3 🌊 🌊ña ['añ🌊', '\\n']"],
    ['{{ books[0] }}', "{'title': 'Emma', 'year': 1815, 'tags': ['love', 'town']}"],
    [
      '{{ 1e16 }} {{ 0.00001 }} {{ 1/3 }} {{ 2 ** 70 }} {{ -7 // 2 }} {{ -7 % 3 }}',
      '1e+16 1e-05 0.3333333333333333 1180591620717411303424 -4 2',
    ],
    [
      '{{ range(3) }} {{ {1: "a", 1.0: "b", true: "c"} }} {{ books[0].keys() }}',
      "range(0, 3) {1: 'c'} dict_keys(['title', 'year', 'tags'])",
    ],
  ])
})

describe('statements', () => {
  cases([
    [
      '{% for b in books if b.year > 1900 %}{{ loop.index }}/{{ loop.length }} {{ b.title }}{{ "," if not loop.last }}{% endfor %}',
      '1/2 ulysses,2/2 Beloved',
    ],
    ['{% for b in [] %}{% else %}none{% endfor %}', 'none'],
    ['{% for n in [1, [2, [3]]] recursive %}{{ "(" ~ loop(n) ~ ")" if n is iterable else n }}{% endfor %}', '1(2(3))'],
    ['{% set n = 0 %}{% for i in [1, 2] %}{% set n = n + i %}{{ n }}{% endfor %}{{ n }}', '120'],
    ['{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}', '3'],
    [
      '{% macro m(a, b=a) %}[{{ a }}{{ b }}{{ varargs }}{{ kwargs }}]{% endmacro %}{{ m(1) }}{{ m(1, 2, 3, c=4) }}',
      "[11(){}][12(3,){'c': 4}]",
    ],
    [
      '{% macro list(items) %}{% for i in items %}<{{ caller(i) }}>{% endfor %}{% endmacro %}{% call(x) list([1, 2]) %}{{ x }}{% endcall %}',
      '<1><2>',
    ],
    ['{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% set x = 1 %}{{ m() }}', '1'],
    ['{% set t | upper %}a{{ 1 }}{% endset %}{{ t }}{% filter replace("a", "b") %}aXa{% endfilter %}', 'A1bXb'],
    ['{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}[{{ a }}]', '3[]'],
    ['{% for i in [1, 2] %}{% block b scoped %}{{ i }}{% endblock %}{% endfor %}{{ self.b() }}', '12'],
    ['{% autoescape true %}{{ "<" }}{{ "<"|safe }}{% endautoescape %}{{ "<" }}', '&lt;<<'],
    ['a  {%- if true -%}  b  {%- endif %}\n{# no #}{% raw %}{{ x }}{% endraw %}\n', 'ab\n{{ x }}'],
  ])
})

describe('filters and tests', () => {
  cases([
    ['{{ books|map(attribute="title")|sort|join(", ") }}', 'Beloved, Emma, ulysses'],
    ['{{ books|selectattr("year", ">", 1900)|map(attribute="title")|list }}', "['ulysses', 'Beloved']"],
    ['{% for y, g in books|groupby("tags") %}{{ y }}{{ g|length }}{% endfor %}', "[]1['ghost']1['love', 'town']1"],
    ['{{ books|sum(attribute="year") }} {{ books|max(attribute="year") }}', "5724 {'title': 'Beloved', 'year': 1987, 'tags': ['ghost']}"],
    ['{{ 2.5|round }} {{ 2.675|round(2) }} {{ 42|round }} {{ 1234|round(-2) }}', '2.0 2.67 42 1200'],
    ['{{ "4.7"|int }} {{ "x"|int(9) }} {{ "ff"|int(0, 16) }} {{ "1e3"|float }}', '4 9 255 1000.0'],
    ['{{ {"b": 1, "a": "<é>"}|tojson }}', '{"a": "\\u003c\\u00e9\\u003e", "b": 1}'],
    ['{{ "a b c d"|wordwrap(3) }} {{ "long words here"|truncate(9, leeway=0) }}', 'a b\nc d long...'],
    ['{{ nothing|default("d") }} {{ nothing|default("d", true) }} {{ missing|default("d") }}', 'None d d'],
    [
      '{{ 3 is odd }} {{ missing is defined }} {{ "a" is in "cat" }} {{ whole is float }} {{ books is sequence }}',
      'True False True True True',
    ],
    [
      '{{ "<p>a &amp; b</p>"|striptags }} {{ "see http://a.com."|urlize }}',
      'a & b see <a href="http://a.com" rel="noopener">http://a.com</a>.',
    ],
  ])
})

describe('formats', () => {
  cases([
    ['{{ "%05.1f|%-4s|%x|%s" % (3.14159, "ab", 255, none) }}', '003.1|ab  |ff|None'],
    [
      '{{ "{:>6,}|{:+.2f}|{:^5}|{0}".format(1234, 2.5, "x") if false else "{:>6,}|{:+.2f}|{:^5}".format(1234, 2.5, "x") }}',
      ' 1,234|+2.50|  x  ',
    ],
    ['{{ "{a[k]} {b[0]!r}".format(a={"k": 1}, b=["x"]) }}', "1 'x'"],
    ['{{ "%.0f %.2f" % (0.5, 0.125) }} {{ "{:.20f}".format(0.1) }}', '0 0.12 0.10000000000000000555'],
  ])
})
