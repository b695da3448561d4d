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
}

/** Weft as operators run it: PostgreSQL, Redis, two api and two worker processes behind nginx. */
export async function startCluster(options: { apis?: number; workers?: number } = {}): Promise<Cluster> {
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
  }
  const start = async (roles: string[], port?: number) =>
    resources.use(await startWeft({ roles, environment, dataFolder: storage, ...(port ? { port } : {}) }))
  const [first = 0, ...more] = apiPorts
  const apis = [await start(['api'], first)]
  for (const port of more) apis.push(await start(['api'], port))
  const workers: WeftProcess[] = []
  for (let index = 0; index < (options.workers ?? 2); index++) workers.push(await start(index === 0 ? ['worker', 'beat'] : ['worker']))
  const owned = resources.move()
  return { url: nginx.url, services, apis, workers, environment, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function nginxBlock(port: number, apiPorts: number[]): string {
  return `
    upstream weft { ${apiPorts.map(apiPort => `server 127.0.0.1:${apiPort};`).join(' ')} keepalive 64; }
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
