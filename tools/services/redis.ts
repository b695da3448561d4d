import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findBinary, installBinary, versionOf } from './binaries.ts'
import { Child, expectAnswer, freePort } from './child.ts'

const run = promisify(execFile)

export interface RedisService {
  host: string
  port: number
  url: string
  version: string
  pid: () => number | undefined
  /** Starts again after `stop`, at the same address. Nothing was kept. */
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface RedisClusterService {
  nodes: { host: string; port: number }[]
  stop(): Promise<void>
}

export interface RedisSentinelService {
  sentinels: { host: string; port: number }[]
  serviceName: string
  stop(): Promise<void>
}

/** A Redis of its own that keeps nothing on disk. */
export async function startRedis(folder: string): Promise<RedisService> {
  const { child, port } = await startServer(join(folder, 'redis'), ['--maxmemory-policy', 'noeviction'])
  return {
    host: '127.0.0.1',
    port,
    url: `redis://127.0.0.1:${port}`,
    version: await versionOf(await serverBinary()),
    pid: () => child.pid,
    start: () => child.start(),
    stop: signal => child.stop(signal),
  }
}

/** Three masters without replicas. */
export async function startRedisCluster(folder: string): Promise<RedisClusterService> {
  const servers = [1, 2, 3].map(number => startServer(join(folder, `redis-cluster-${number}`), ['--cluster-enabled', 'yes']))
  const started = await Promise.all(servers)
  const nodes = started.map(({ port }) => ({ host: '127.0.0.1', port }))
  const stop = async () => void (await Promise.all(started.map(({ child }) => child.stop())))
  try {
    await run('redis-cli', ['--cluster', 'create', ...nodes.map(({ host, port }) => `${host}:${port}`), '--cluster-yes'])
    for (const { port } of nodes) await untilOk(port)
    return { nodes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** One master under one sentinel. */
export async function startRedisSentinel(folder: string): Promise<RedisSentinelService> {
  const master = await startServer(join(folder, 'redis-master'))
  const port = await freePort()
  const data = join(folder, 'redis-sentinel')
  const configuration = join(data, 'sentinel.conf')
  await mkdir(data)
  await writeFile(configuration, `port ${port}\nbind 127.0.0.1\ndir ${data}\nsentinel monitor weft 127.0.0.1 ${master.port} 1\n`)
  const sentinel = new Child({
    command: await serverBinary(),
    arguments: [configuration, '--sentinel'],
    stopSignal: 'SIGTERM',
    probe: () => expectPong(port),
  })
  const stop = async () => {
    await sentinel.stop()
    await master.child.stop()
  }
  try {
    await sentinel.start()
    return { sentinels: [{ host: '127.0.0.1', port }], serviceName: 'weft', stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startServer(data: string, options: string[] = []): Promise<{ child: Child; port: number }> {
  // A cluster's nodes talk to each other 10000 ports higher.
  const port = await freePort(55535)
  await mkdir(data)
  const child = new Child({
    command: await serverBinary(),
    arguments: ['--bind', '127.0.0.1', '--port', String(port), '--dir', data, '--save', '', '--appendonly', 'no', ...options],
    stopSignal: 'SIGTERM',
    probe: () => expectPong(port),
  })
  await child.start()
  return { child, port }
}

async function serverBinary(): Promise<string> {
  return (await findBinary('redis-server')) ?? installBinary('redis-server', 'redis-server')
}

function expectPong(port: number): Promise<void> {
  return expectAnswer(port, 'PING\r\n', answer => answer.toString().startsWith('+PONG'))
}

/** A node learns some moments late that the cluster is whole. */
async function untilOk(port: number) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { stdout } = await run('redis-cli', ['-p', String(port), 'cluster', 'info'])
    if (stdout.includes('cluster_state:ok')) return
    await sleep(100)
  }
  throw new Error(`the Redis cluster is not whole on port ${port}`)
}
