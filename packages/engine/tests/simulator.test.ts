import { describe, expect, test } from 'vitest'
import { simulate } from './simulator.ts'

/**
 * Random graphs under random schedules, with kills: see `simulator.ts` for the world and `simulator-checks.ts` for what
 * must hold. A seed that fails replays by `node packages/engine/tests/simulate.ts --seed N`.
 */
const SEEDS = Number(process.env.WEFT_SIMULATOR_SEEDS ?? 8_000)
const BATCH = 1_000

describe('the simulator', () => {
  const batches = Array.from({ length: Math.ceil(SEEDS / BATCH) }, (_, index) => index * BATCH + 1)
  test.each(batches)('every promise holds from seed %i on', first => {
    const broken: string[] = []
    for (let seed = first; seed < Math.min(first + BATCH, SEEDS + 1); seed++) {
      try {
        simulate(seed)
      } catch (error) {
        broken.push(`seed ${seed}: ${error}`)
      }
    }
    expect(broken).toEqual([])
  })

  test('a seed replays exactly', () => {
    const [first, second] = [simulate(17), simulate(17)]
    expect(second.journal).toEqual(first.journal)
    expect(second.text).toEqual(first.text)
  })
})
