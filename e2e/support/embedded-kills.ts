import { setTimeout as sleep } from 'node:timers/promises'
import { checkJournals, DurabilityLoad, installDurabilityApps } from './durability-load.ts'
import { startEffectServer } from './effect-server.ts'
import { EmbeddedVictim, type Recovery } from './embedded-victim.ts'
import { startMockModel } from './mock-model.ts'
import { createRandom } from './random.ts'
import { WeftConsole } from './weft-client.ts'

export interface KillOptions {
  kills: number
  /** At least; more are played while kills are left. */
  runs: number
  seed: number
  concurrency: number
  onProgress?: (line: string) => void
}

export interface KillResult {
  violations: string[]
  figures: Record<string, string | number>
}

/** Plays the load on one process with its embedded database, killed at random moments, sometimes with the database server. */
export async function playEmbedded(options: KillOptions): Promise<KillResult> {
  await using model = await startMockModel({ chunkDelay: 20 })
  await using effects = await startEffectServer({ delay: 15 })
  // A run that is killed for an hour takes an hour.
  await using weft = await EmbeddedVictim.start({ APP_MAX_EXECUTION_TIME: '7200', WORKFLOW_MAX_EXECUTION_TIME: '7200' })
  const weftConsole = new WeftConsole(weft.url)
  await weftConsole.prepare(model.url)
  const apps = await installDurabilityApps(weftConsole, effects)
  const { kills, seed, runs, concurrency } = options
  const random = createRandom(seed ^ 0xdead)
  let isOver = false
  const load = new DurabilityLoad({ base: () => weft.url, apps, effects, seed, runs, concurrency, leaving: 0.01, isNeeded: () => !isOver })
  const playing = load.play()
  const recoveries: Recovery[] = []
  const startedAt = Date.now()
  for (let kill = 1; kill <= kills; kill++) {
    // Mostly too short for much to happen, at times long enough for a Python node.
    await sleep(100 + random() * (kill % 8 === 0 ? 12_000 : 1500))
    await weft.kill({ withDatabase: random() < 0.25 })
    const recovery = await weft.recover()
    recoveries.push(recovery)
    const { accepted, finished, violations } = load.report
    options.onProgress?.(
      `kill ${kill}: ${recovery.orphans} runs left; ready after ${recovery.ready.toFixed(0)} ms, recovered after ${recovery.recovered.toFixed(0)} ms; accepted ${accepted}, finished ${finished}, violations ${violations.length}`,
    )
  }
  isOver = true
  load.expectEnds()
  const report = await playing
  await using pool = await weft.openPool()
  await untilNothingRuns(pool)
  const journals = await checkJournals(pool)
  const times = recoveries.map(recovery => recovery.recovered).sort((left, right) => left - right)
  const readies = recoveries.map(recovery => recovery.ready).sort((left, right) => left - right)
  return {
    violations: [...report.violations, ...journals.violations],
    figures: {
      seed,
      kills,
      seconds: Math.round((Date.now() - startedAt) / 1000),
      'runs accepted': report.accepted,
      'runs finished': report.finished,
      'requests without an answer': report.unanswered,
      'runs in the journal': journals.runs,
      'node executions': journals.executions,
      'streams rejoined': report.rejoins,
      'HTTP effects': report.effects,
      'of them repeated, with the same key': report.repeatedEffects,
      'runs left by a kill, mean': (recoveries.reduce((sum, { orphans }) => sum + orphans, 0) / (recoveries.length || 1)).toFixed(1),
      'ready after start, median ms': quantile(readies, 0.5),
      'all runs taken up after start, median ms': quantile(times, 0.5),
      'all runs taken up after start, p95 ms': quantile(times, 0.95),
      'all runs taken up after start, worst ms': quantile(times, 1),
    },
  }
}

export function quantile(sorted: number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

/** Runs that no client waits for end too. */
export async function untilNothingRuns(
  pool: { query(text: string): Promise<{ rows: { count: number }[] }> },
  patience = 60_000,
): Promise<void> {
  const deadline = Date.now() + patience
  while (Date.now() < deadline) {
    const { rows } = await pool.query(`select count(*)::int as count from workflow_runs where status = 'running'`)
    if (rows[0]?.count === 0) return
    await sleep(200)
  }
}
