import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Cluster, startCluster } from './cluster.ts'
import { checkJournals, DurabilityLoad, installDurabilityApps } from './durability-load.ts'
import { startEffectServer } from './effect-server.ts'
import { type KillOptions, type KillResult, quantile, untilNothingRuns } from './embedded-kills.ts'
import { startMockModel } from './mock-model.ts'
import { createRandom } from './random.ts'
import { WeftConsole } from './weft-client.ts'

const VICTIMS = ['api', 'worker', 'postgres', 'redis', 'everything'] as const
type Victim = (typeof VICTIMS)[number]

/** Plays the load on two api and two worker processes behind nginx while PostgreSQL, Redis and the processes are killed in turn. */
export async function playDistributed(options: KillOptions & { victims?: readonly Victim[] }): Promise<KillResult> {
  await using model = await startMockModel({ chunkDelay: 20 })
  await using effects = await startEffectServer({ delay: 15 })
  await using cluster = await startCluster()
  const weftConsole = new WeftConsole(cluster.url)
  await weftConsole.prepare(model.url)
  const apps = await installDurabilityApps(weftConsole, effects)
  const { kills, seed, runs, concurrency } = options
  const victims = options.victims ?? VICTIMS
  const random = createRandom(seed ^ 0xbeef)
  let isOver = false
  const load = new DurabilityLoad({
    base: () => cluster.url,
    apps,
    effects,
    seed,
    runs,
    concurrency,
    leaving: 0.02,
    isNeeded: () => !isOver,
  })
  const playing = load.play()
  const startedAt = Date.now()
  const counts: Record<string, number> = {}
  const returns: Record<string, number[]> = {}
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(300 + random() * 3000)
    const victim = victims[Math.floor(random() * victims.length)] ?? 'api'
    const began = performance.now()
    await strike(cluster, victim, random)
    const took = performance.now() - began
    counts[victim] = (counts[victim] ?? 0) + 1
    returns[victim] = [...(returns[victim] ?? []), took]
    const { accepted, finished, violations } = load.report
    options.onProgress?.(
      `kill ${kill}: ${victim}, back after ${took.toFixed(0)} ms; accepted ${accepted}, finished ${finished}, violations ${violations.length}`,
    )
  }
  isOver = true
  load.expectEnds()
  const report = await playing
  const pool = new pg.Pool({ connectionString: cluster.services.postgres.url, max: 2 })
  await untilNothingRuns(pool)
  const journals = await checkJournals(pool)
  await pool.end()
  return {
    violations: [...report.violations, ...journals.violations],
    figures: {
      seed,
      kills: Object.entries(counts)
        .map(([victim, count]) => `${count} ${victim}`)
        .join(', '),
      seconds: Math.round((Date.now() - startedAt) / 1000),
      'runs accepted': report.accepted,
      'runs finished': report.finished,
      'requests without an answer': report.unanswered,
      'runs in the journal': journals.runs,
      'node executions': journals.executions,
      'streams rejoined': report.rejoins,
      'HTTP effects': report.effects,
      'of them repeated, with the same key': report.repeatedEffects,
      'back after a kill, median ms': Object.entries(returns)
        .map(
          ([victim, times]) =>
            `${victim} ${quantile(
              times.toSorted((left, right) => left - right),
              0.5,
            )}`,
        )
        .join(', '),
    },
  }
}

/** Kills and starts again. */
async function strike(cluster: Cluster, victim: Victim, random: () => number): Promise<void> {
  const one = <T>(list: T[]) => list[Math.floor(random() * list.length)] as T
  const { postgres, redis } = cluster.services
  if (victim === 'postgres') {
    await postgres.stop('SIGKILL')
    await startAgain(() => postgres.start())
  }
  if (victim === 'redis') {
    await redis.stop('SIGKILL')
    await sleep(random() * 1500)
    await redis.start()
  }
  const dead = victim === 'api' ? [one(cluster.apis)] : victim === 'worker' ? [one(cluster.workers)] : []
  if (victim === 'everything') dead.push(...cluster.apis, ...cluster.workers)
  await Promise.all(dead.map(process => process.kill('SIGKILL')))
  await Promise.all(dead.map(process => cluster.restart(process)))
}

/** What is left of a killed PostgreSQL keeps a new one out for a moment. */
async function startAgain(start: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await start()
    } catch (error) {
      if (tries === 20) throw error
      await sleep(200)
    }
  }
}
