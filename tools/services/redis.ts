import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinary, installBinary, versionOf } from './binaries.ts'
import { Child, expectAnswer, freePort } from './child.ts'

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

/** A Redis of its own that keeps nothing on disk. */
export async function startRedis(folder: string): Promise<RedisService> {
  const binary = (await findBinary('redis-server')) ?? (await installBinary('redis-server', 'redis-server'))
  const port = await freePort()
  const data = join(folder, 'redis')
  await mkdir(data)
  const child = new Child({
    command: binary,
    arguments: [
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--dir',
      data,
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory-policy',
      'noeviction',
    ],
    stopSignal: 'SIGTERM',
    probe: () => expectAnswer(port, 'PING\r\n', answer => answer.toString().startsWith('+PONG')),
  })
  await child.start()
  return {
    host: '127.0.0.1',
    port,
    url: `redis://127.0.0.1:${port}`,
    version: await versionOf(binary),
    pid: () => child.pid,
    start: () => child.start(),
    stop: signal => child.stop(signal),
  }
}
