import { expect, test } from 'vitest'
import { fuzz } from './fuzzing.ts'

test('mutated files of every format are read or refused, in time and memory', async () => {
  const { outcomes, offences } = await fuzz(120, 7)
  expect(offences).toEqual([])
  expect(outcomes.read).toBeGreaterThan(40)
  expect(outcomes.broken).toBeGreaterThan(10)
})
