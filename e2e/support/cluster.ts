import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EnsuredServices, ensureServices } from '@weft/services'
import { freePort, startWeft, type WeftProcess } from './weft-process.ts'

export interface Cluster extends AsyncDisposable {
  /** nginx in front of the api processes. */
  readonly url: string
  readonly services: EnsuredServices<{ postgres: true; redis: true; nginx: { httpBlock: (port: number) => string } }>
  readonly apis: WeftProcess[]
  readonly workers: WeftProcess[]
  /** What a further process needs to join. */
  readonly environment: Record<string, string>
  /** Starts a process that was killed again, with its roles and at its port. */
  restart(process: WeftProcess): Promise<WeftProcess>
}

/** Weft as operators run it: PostgreSQL, Redis, two api and two worker processes behind nginx. */
export async function startCluster(
  options: { apis?: number; workers?: number; environment?: Record<string, string> } = {},
): Promise<Cluster> {
  await using resources = new AsyncDisposableStack()
  // All processes share one storage folder, as they would share a volume.
  const storage = resources.adopt(await mkdtemp(join(tmpdir(), 'weft-cluster-')), path => rm(path, { recursive: true, force: true }))
  const apiPorts = await Promise.all(Array.from({ length: options.apis ?? 2 }, freePort))
  const services = resources.use(
    await ensureServices({ postgres: true, redis: true, nginx: { httpBlock: port => nginxBlock(port, apiPorts) } }),
  )
  const { postgres, redis, nginx } = services
  const environment = {
    DATABASE_URL: postgres.url,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    SECRET_KEY: randomUUID(),
    ...options.environment,
  }
  const starts = new Map<WeftProcess, { roles: string[]; port?: number }>()
  const start = async (how: { roles: string[]; port?: number }) => {
    const process = resources.use(await startWeft({ ...how, environment, dataFolder: storage }))
    starts.set(process, how)
    return process
  }
  const apis: WeftProcess[] = []
  for (const port of apiPorts) apis.push(await start({ roles: ['api'], port }))
  const workers: WeftProcess[] = []
  for (let index = 0; index < (options.workers ?? 2); index++)
    workers.push(await start({ roles: index === 0 ? ['worker', 'beat'] : ['worker'] }))
  const restart = async (dead: WeftProcess) => {
    const how = starts.get(dead)
    if (!how) throw new Error('no process of this cluster')
    const { port } = how
    const process = await startWeft({ roles: how.roles, environment, dataFolder: storage, ...(port ? { port } : {}) })
    owned.use(process)
    starts.set(process, how)
    for (const list of [apis, workers]) if (list.includes(dead)) list[list.indexOf(dead)] = process
    return process
  }
  const owned = resources.move()
  return { url: nginx.url, services, apis, workers, environment, restart, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** A process that was down a moment ago is asked again at once: nginx starts before the processes do. */
function nginxBlock(port: number, apiPorts: number[]): string {
  return `
    upstream weft { ${apiPorts.map(apiPort => `server 127.0.0.1:${apiPort} max_fails=0;`).join(' ')} keepalive 64; }
    server {
      listen 127.0.0.1:${port};
      client_max_body_size 200m;
      location / {
        proxy_pass http://weft;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_buffering off;
        proxy_read_timeout 3600s;
      }
    }`
}
