import { codeRunnerSuite } from '@weft/testkit/suites'
import { expect, test } from 'vitest'
import { createEmbeddedCodeRunner } from './embedded-code-runner.ts'

codeRunnerSuite('the embedded runner', async () => createEmbeddedCodeRunner({ timeoutMilliseconds: 2000 }))

test('answers a small function in under a millisecond once warm', async () => {
  await using runner = createEmbeddedCodeRunner()
  const languages = { python3: 'def main(a):\n    return {"b": a}', javascript: 'function main({ a }) { return { b: a } }' } as const
  for (const language of ['python3', 'javascript'] as const) {
    const times: number[] = []
    for (let a = 0; a < 200; a++) {
      const started = performance.now()
      await runner.run({ language, code: languages[language], inputs: { a }, tenantId: 'tenant' })
      times.push(performance.now() - started)
    }
    expect(times.sort((left, right) => left - right)[100]).toBeLessThan(1)
  }
})

test('a run after the end of the runner is refused', async () => {
  const runner = createEmbeddedCodeRunner()
  await runner[Symbol.asyncDispose]()
  await expect(runner.run({ language: 'javascript', code: '', inputs: {}, tenantId: 'tenant' })).rejects.toMatchObject({
    code: 'unavailable',
  })
})
