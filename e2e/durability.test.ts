import { expect, test } from 'vitest'
import { playDistributed } from './support/distributed-kills.ts'
import { playEmbedded } from './support/embedded-kills.ts'

// The short form; `node bench/durability.ts` is the long one. A seed in the environment plays other moments.
const seed = Number(process.env.WEFT_DURABILITY_SEED ?? 1)

test(`no run is lost, doubled or changed by twelve kills (seed ${seed})`, { timeout: 300_000 }, async () => {
  const { violations, figures } = await playEmbedded({ kills: 12, runs: 20, concurrency: 6, seed })
  expect(violations).toEqual([])
  expect(figures['runs finished']).toBe(figures['runs accepted'])
})

test(`nor where PostgreSQL, Redis and the processes of a cluster are killed in turn (seed ${seed})`, { timeout: 300_000 }, async () => {
  const { violations, figures } = await playDistributed({ kills: 6, runs: 20, concurrency: 6, seed })
  expect(violations).toEqual([])
  expect(figures['runs finished']).toBe(figures['runs accepted'])
})
