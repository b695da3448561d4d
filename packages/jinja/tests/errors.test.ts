import type { ValueMap } from '@weft/contracts'
import { describe, expect, test } from 'vitest'
import { JinjaError, type Limits, parseTemplate, renderTemplate, TemplateLimitError, TemplateSyntaxError } from '../src/index.ts'

function failure(template: string, variables: ValueMap = {}, limits?: Partial<Limits>): JinjaError {
  try {
    renderTemplate(template, variables, limits)
  } catch (error) {
    if (error instanceof JinjaError) return error
    throw error
  }
  throw new Error(`${template} was rendered`)
}

describe('what fails, fails in the words of Python', () => {
  test.each([
    ['{{ 1 + "a" }}', "TypeError: unsupported operand type(s) for +: 'int' and 'str'"],
    ['{{ "a" + 1 }}', 'TypeError: can only concatenate str (not "int") to str'],
    ['{{ 1 / 0 }}', 'ZeroDivisionError: division by zero'],
    ['{{ missing.name }}', "UndefinedError: 'missing' is undefined"],
    ['{{ d.a.b }}', "UndefinedError: 'dict object' has no attribute 'a'"],
    ['{{ [1, "a"]|sort }}', "TypeError: '<' not supported between instances of 'str' and 'int'"],
    ['{{ "a"|replace }}', "TypeError: do_replace() missing 2 required positional arguments: 'old' and 'new'"],
    ['{% for a, b in [[1]] %}{% endfor %}', 'ValueError: not enough values to unpack (expected 2, got 1)'],
    ['{% include "x" %}', 'TypeError: no loader for this environment specified'],
    ['{{ [].pop() }}', 'IndexError: pop from empty list'],
    ['{{ d.pop("x") }}', "KeyError: 'x'"],
  ])('%s', (template, text) => {
    const { pythonClass, message, code } = failure(template, { d: {} })
    expect(`${pythonClass}: ${message}`).toBe(text)
    expect(code).toBe('template-runtime')
  })
})

describe('syntax errors name the line', () => {
  test.each([
    ['a\n{{ 1 + }}', "unexpected 'end of print statement'", 2],
    [
      '{% if x %}\n',
      "Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.",
      1,
    ],
    ['\n\n{{ x|nothing }}', "No filter named 'nothing'.", 3],
    ['{{ a && b }}', "unexpected char '&' at 5", 1],
    ['{% macro f( %}{% endmacro %}', "expected token 'name', got '%'", 1],
  ])('%s', (template, message, line) => {
    expect(() => parseTemplate(template)).toThrow(TemplateSyntaxError)
    expect(failure(template)).toMatchObject({ message, line, code: 'template-syntax' })
  })

  test('an unknown filter behind a condition fails only when it is reached', () => {
    expect(renderTemplate('{% if x %}{{ x|nothing }}{% endif %}ok', {})).toBe('ok')
    expect(failure('{% if x %}{{ x|nothing }}{% endif %}', { x: 1 }).message).toBe("No filter named 'nothing' found.")
  })
})

describe('nothing of ours or of Python can be reached', () => {
  test.each([
    '{{ "".__class__ }}',
    '{{ x["__class__"] }}',
    '{{ x|attr("__class__") }}',
    '{{ [x]|map(attribute="__class__")|list }}',
    '{{ "{0.__class__}".format(x) }}',
    '{{ cycler.__init__.__globals__ }}',
    '{{ d.__proto__ }}',
    '{{ "{0.constructor}".format(x) }}',
  ])('%s is refused', template => {
    expect(failure(template, { x: 'a', d: {} })).toBeInstanceOf(JinjaError)
  })

  test.each(['constructor', 'toString', 'hasOwnProperty', 'prototype', 'length', 'call'])('%s is undefined everywhere', name => {
    const template = `[{{ ${name} }}{{ "".${name} }}{{ [].${name} }}{{ d.${name} }}{{ d["${name}"] }}{{ 5 .${name} }}{{ range.${name} }}{{ namespace().${name} }}]`
    expect(renderTemplate(template, { d: {} })).toBe('[]')
  })

  test('a key of the variables is only a key', () => {
    expect(renderTemplate('{{ d.constructor }}{{ d.__proto__ }}', { d: JSON.parse('{"constructor": 1, "__proto__": 2}') })).toBe('12')
  })

  test('what a template changes stays its own', () => {
    const variables = { list: [1], map: { a: 1 } }
    expect(renderTemplate('{{ list.append(2) }}{{ map.update({"b": 2}) }}{{ list }}{{ map }}', variables)).toBe(
      "NoneNone[1, 2]{'a': 1, 'b': 2}",
    )
    expect(variables).toEqual({ list: [1], map: { a: 1 } })
  })
})

describe('hostile templates end soon', () => {
  test.each([
    '{% for a in range(10 ** 9) %}{% for b in range(10 ** 9) %}{% endfor %}{% endfor %}',
    '{{ range(10 ** 9)|list }}',
    '{{ "x" * 10 ** 12 }}',
    '{{ 2 ** (10 ** 9) }}',
    '{{ [1] * 10 ** 12 }}',
    '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
    '{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}',
    '{% block a %}{{ self.a() }}{% endblock %}',
    '{% set ns = namespace(s="ab") %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}',
    '{% set ns = namespace(s=[]) %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}',
    '{% set a = [1] %}{% for x in a %}{{ a.append(x) }}{% endfor %}',
    '{{ "%1000000000d" % 5 }}{{ "{:>1000000000}".format(1) }}',
    '{{ "a"|center(10 ** 9) }}',
    `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`,
    `{{ 1${' + 1'.repeat(100_000)} }}`,
    '{% if a %}'.repeat(5000),
  ])('%.60s', template => {
    const start = performance.now()
    expect(failure(template)).toBeInstanceOf(JinjaError)
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test('an endless one says that its time is up', () => {
    const error = failure('{% for x in range(10 ** 12) %}{% endfor %}', {}, { steps: 1000 })
    expect(error).toBeInstanceOf(TemplateLimitError)
    expect(error).toMatchObject({ code: 'template-limit', limit: 'steps', message: 'error: timeout' })
  })

  test('searching takes linear time whatever is searched for', () => {
    expect(renderTemplate('{{ ("b" ~ "a" * 2000000) in "a" * 4000000 }}', {})).toBe('False')
  })
})

test('a parsed template renders any number of times, each for itself', () => {
  const template = parseTemplate('{% set n = n + 1 %}{{ n }}{% macro m() %}{{ n }}{% endmacro %}{{ m() }}')
  expect([template.render({ n: 1 }), template.render({ n: 5 }), template.render({ n: 1 })]).toEqual(['22', '66', '22'])
})
