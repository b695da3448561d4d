import { DiskObjectStore } from '@weft/adapter-disk'
import { MemoryCache } from '@weft/adapter-memory'
import {
  type Accounts,
  createAccessTokens,
  createAccounts,
  createInstallation,
  createSecrets,
  createSessions,
  createWorkspaces,
  type Installation,
  type Secrets,
  SecretsError,
  type Sessions,
  type Workspaces,
} from '@weft/core'
import type { Cache, ObjectStore } from '@weft/ports'
import { connectDatabase, type DatabaseConnection } from './database.ts'
import { createHealth, type Health } from './health.ts'
import { createLogger, type Logger } from './logger.ts'
import { acceptNextSecretKey, dropNextSecretKey, readNextSecretKey, readOrMakeSecretKey } from './secret-key.ts'
import type { Settings } from './settings.ts'

/** What a test may put in another's place. What it hands in stays its own to release. */
export interface PlatformOverrides {
  logger?: Logger
  database?: Omit<DatabaseConnection, typeof Symbol.asyncDispose>
  cache?: Cache
  objectStore?: ObjectStore
}

/** The composed application. Everything it owns ends with it. */
export interface Platform extends AsyncDisposable {
  readonly settings: Settings
  readonly logger: Logger
  readonly health: Health
  readonly secretKey: string
  readonly database: DatabaseConnection['database']
  readonly cache: Cache
  readonly objectStore: ObjectStore
  readonly secrets: Secrets
  readonly identity: Identity
}

/** Who people are and where they belong. */
export interface Identity {
  readonly installation: Installation
  readonly sessions: Sessions
  readonly accounts: Accounts
  readonly workspaces: Workspaces
}

/** Builds every adapter and every use case, once, by hand. Adapters first, then features, each on what stands above it. */
export async function createPlatform(settings: Settings, overrides: PlatformOverrides = {}): Promise<Platform> {
  await using resources = new AsyncDisposableStack()
  const logger = overrides.logger ?? createLogger(settings.logging)

  const connection = overrides.database ?? resources.use(await connectDatabase(settings, logger))
  const { database } = connection
  const cache = overrides.cache ?? resources.use(new MemoryCache())
  const objectStore = overrides.objectStore ?? resources.use(new DiskObjectStore(`${settings.server.dataFolder}/storage`))

  const { secretKey, secrets } = await openSecrets(settings, database)
  const identity = createIdentity({ settings, database, cache, secretKey })

  const health = createHealth({
    database: async () => void (await database.query({ text: 'select 1' })),
    storage: () => objectStore.check(),
  })
  const owned = resources.move()
  return {
    settings,
    logger,
    health,
    secretKey,
    database,
    cache,
    objectStore,
    secrets,
    identity,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function createIdentity({
  settings,
  database,
  cache,
  secretKey,
}: Pick<Platform, 'settings' | 'database' | 'cache' | 'secretKey'>): Identity {
  const { edition, accessTokenSeconds, refreshTokenSeconds, loginLockoutSeconds, initPassword } = settings.security
  const accessTokens = createAccessTokens({ secretKey, edition, lifetimeSeconds: accessTokenSeconds })
  return {
    installation: createInstallation({ database, initPassword }),
    sessions: createSessions({ database, cache, accessTokens, refreshTokenSeconds, lockoutSeconds: loginLockoutSeconds }),
    accounts: createAccounts({ database }),
    workspaces: createWorkspaces({ database }),
  }
}

/** Takes the operator's key, or the data folder's, and makes sure that it opens what is stored. */
async function openSecrets(settings: Settings, database: Platform['database']): Promise<Pick<Platform, 'secretKey' | 'secrets'>> {
  const folder = settings.server.dataFolder
  const secretKey = settings.security.secretKey ?? (await readOrMakeSecretKey(folder))
  const secrets = createSecrets({ database, secretKey })
  if (await secrets.fits()) {
    if (!settings.security.secretKey) await dropNextSecretKey(folder)
    return { secretKey, secrets }
  }
  // A rotation ended in the database and was cut off before the folder knew.
  const next = settings.security.secretKey ? undefined : await readNextSecretKey(folder)
  const nextSecrets = next && createSecrets({ database, secretKey: next })
  if (!next || !nextSecrets || !(await nextSecrets.fits())) {
    throw new SecretsError(
      'wrong-secret-key',
      'SECRET_KEY is not the one that this database was encrypted with. Set the former one, or see `weft rotate-secret-key`.',
    )
  }
  await acceptNextSecretKey(folder)
  return { secretKey: next, secrets: nextSecrets }
}
