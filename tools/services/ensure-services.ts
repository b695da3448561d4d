import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HttpBlock, type NginxService, startNginx } from './nginx.ts'
import { type PostgresService, startPostgres } from './postgres.ts'
import {
  type RedisClusterService,
  type RedisSentinelService,
  type RedisService,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from './redis.ts'
import { type SquidService, startSquid } from './squid.ts'

export interface WantedServices {
  postgres?: boolean
  redis?: boolean
  redisCluster?: boolean
  redisSentinel?: boolean
  /** `true` answers every request with 200. */
  nginx?: boolean | { httpBlock: HttpBlock }
  /** With the rules that Dify ships. */
  squid?: boolean
}

type Started<Wanted extends WantedServices, Name extends keyof WantedServices, Service> = Wanted[Name] extends true | object
  ? Service
  : undefined

export interface EnsuredServices<Wanted extends WantedServices = WantedServices> extends AsyncDisposable {
  postgres: Started<Wanted, 'postgres', PostgresService>
  redis: Started<Wanted, 'redis', RedisService>
  redisCluster: Started<Wanted, 'redisCluster', RedisClusterService>
  redisSentinel: Started<Wanted, 'redisSentinel', RedisSentinelService>
  nginx: Started<Wanted, 'nginx', NginxService>
  squid: Started<Wanted, 'squid', SquidService>
}

/**
 * Starts real services for tests and benchmarks, each as a child of this process on a free loopback port with a folder of its
 * own; installs missing ones where apt-get is at hand. Disposing stops exactly what was started.
 * @throws BinaryMissingError where a service is neither installed nor installable
 */
export async function ensureServices<const Wanted extends WantedServices>(wanted: Wanted): Promise<EnsuredServices<Wanted>> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-services-'))
  await chmod(folder, 0o755)
  const started: { stop(): Promise<void> }[] = []
  const dispose = async () => {
    for (const service of started.toReversed()) await service.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const keep = <Service extends { stop(): Promise<void> }>(service: Service): Service => {
    started.push(service)
    return service
  }
  try {
    const nginx = wanted.nginx ?? false
    const services = {
      postgres: wanted.postgres ? keep(await startPostgres(folder)) : undefined,
      redis: wanted.redis ? keep(await startRedis(folder)) : undefined,
      redisCluster: wanted.redisCluster ? keep(await startRedisCluster(folder)) : undefined,
      redisSentinel: wanted.redisSentinel ? keep(await startRedisSentinel(folder)) : undefined,
      nginx: nginx ? keep(await startNginx(folder, nginx === true ? undefined : nginx.httpBlock)) : undefined,
      squid: wanted.squid ? keep(await startSquid(folder)) : undefined,
      [Symbol.asyncDispose]: dispose,
    }
    return services as unknown as EnsuredServices<Wanted>
  } catch (error) {
    await dispose()
    throw error
  }
}
