import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { parseAllowedTargets } from '@weft/adapter-outbound'
import { parseRedisAddresses, type RedisOptions, type RedisServer } from '@weft/adapter-redis'
import { type Environment, readEnvironment, SettingsError } from './environment.ts'
import { storageSettings } from './storage.ts'

/** What the rest of the program is told. Sizes are bytes and times are seconds unless the name says otherwise. */
export type Settings = ReturnType<typeof createSettings>

/** Reads the process's environment once, over what `.env` in the working folder says. @throws SettingsError */
export function loadSettings(variables: Record<string, string | undefined> = environmentVariables()): Settings {
  return createSettings(readEnvironment(variables))
}

export function environmentVariables(): Record<string, string | undefined> {
  const file = resolve('.env')
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...process.env } : process.env
}

const MEGABYTE = 1024 * 1024

function createSettings(environment: Environment) {
  const isEmbedded = !environment.DATABASE_URL && !environment.DB_HOST
  if (!isEmbedded && !environment.SECRET_KEY) {
    throw new SettingsError(['SECRET_KEY must be set with a database of your own: a long random text, the same in every process'])
  }
  return {
    environment,
    server: {
      port: environment.PORT,
      address: environment.DIFY_BIND_ADDRESS,
      dataFolder: resolve(environment.WEFT_DATA_DIR),
      deployEnvironment: environment.DEPLOY_ENV,
      trustsForwardedHeaders: environment.RESPECT_XFORWARD_HEADERS_ENABLED,
      consoleOrigins: splitList(environment.CONSOLE_CORS_ALLOW_ORIGINS ?? environment.CONSOLE_WEB_URL),
      webOrigins: environment.WEB_API_CORS_ALLOW_ORIGINS,
    },
    addresses: {
      consoleApi: environment.CONSOLE_API_URL,
      consoleWeb: environment.CONSOLE_WEB_URL,
      serviceApi: environment.SERVICE_API_URL,
      appApi: environment.APP_API_URL,
      appWeb: environment.APP_WEB_URL,
      files: environment.FILES_URL ?? environment.CONSOLE_API_URL,
      internalFiles: environment.INTERNAL_FILES_URL ?? environment.FILES_URL ?? environment.CONSOLE_API_URL,
    },
    database: {
      isEmbedded,
      connection: environment.DATABASE_URL || {
        host: environment.DB_HOST ?? '',
        port: environment.DB_PORT,
        user: environment.DB_USERNAME,
        password: environment.DB_PASSWORD,
        database: environment.DB_DATABASE,
      },
      // The embedded server is made for few connections.
      poolSize: isEmbedded ? Math.min(environment.SQLALCHEMY_POOL_SIZE, 16) : environment.SQLALCHEMY_POOL_SIZE,
      hasMigrations: environment.MIGRATION_ENABLED,
    },
    redis: redisOptions(environment),
    queue: { driver: queueDriver(environment) },
    security: {
      /** Undefined in embedded mode without one: then it is made and kept in the data folder. */
      secretKey: environment.SECRET_KEY || undefined,
      initPassword: environment.INIT_PASSWORD,
      adminApiKey: environment.ADMIN_API_KEY_ENABLE && environment.ADMIN_API_KEY ? environment.ADMIN_API_KEY : undefined,
      accessTokenSeconds: environment.ACCESS_TOKEN_EXPIRE_MINUTES * 60,
      refreshTokenSeconds: environment.REFRESH_TOKEN_EXPIRE_DAYS * 86_400,
      loginLockoutSeconds: environment.LOGIN_LOCKOUT_DURATION,
      edition: environment.EDITION,
    },
    storage: storageSettings(environment, resolve(environment.WEFT_DATA_DIR)),
    files: {
      accessSeconds: environment.FILES_ACCESS_TIMEOUT,
      sizeLimits: {
        document: environment.UPLOAD_FILE_SIZE_LIMIT * MEGABYTE,
        image: environment.UPLOAD_IMAGE_FILE_SIZE_LIMIT * MEGABYTE,
        video: environment.UPLOAD_VIDEO_FILE_SIZE_LIMIT * MEGABYTE,
        audio: environment.UPLOAD_AUDIO_FILE_SIZE_LIMIT * MEGABYTE,
      },
      batchLimit: environment.UPLOAD_FILE_BATCH_LIMIT,
      workflowBatchLimit: environment.WORKFLOW_FILE_UPLOAD_LIMIT,
    },
    execution: {
      maxActiveRequests: environment.APP_MAX_ACTIVE_REQUESTS,
      maxAppSeconds: environment.APP_MAX_EXECUTION_TIME,
      maxSteps: environment.WORKFLOW_MAX_EXECUTION_STEPS,
      maxSeconds: environment.WORKFLOW_MAX_EXECUTION_TIME,
      maxCallDepth: environment.WORKFLOW_CALL_MAX_DEPTH,
      maxVariableSize: environment.MAX_VARIABLE_SIZE,
      encryptsDatasetIds: environment.DSL_EXPORT_ENCRYPT_DATASET_ID,
      truncation: {
        size: environment.WORKFLOW_VARIABLE_TRUNCATION_MAX_SIZE,
        stringLength: environment.WORKFLOW_VARIABLE_TRUNCATION_STRING_LENGTH,
        arrayLength: environment.WORKFLOW_VARIABLE_TRUNCATION_ARRAY_LENGTH,
      },
      moderationBufferSize: environment.MODERATION_BUFFER_SIZE,
      multimodalSendFormat: environment.MULTIMODAL_SEND_FORMAT,
      templateMaxLength: environment.TEMPLATE_TRANSFORM_MAX_LENGTH,
    },
    code: {
      /** Undefined: in worker threads of this process. */
      endpoint: environment.CODE_EXECUTION_ENDPOINT || undefined,
      apiKey: environment.CODE_EXECUTION_API_KEY,
      timeouts: {
        connect: environment.CODE_EXECUTION_CONNECT_TIMEOUT,
        read: environment.CODE_EXECUTION_READ_TIMEOUT,
        write: environment.CODE_EXECUTION_WRITE_TIMEOUT,
      },
      limits: {
        maxNumber: environment.CODE_MAX_NUMBER,
        minNumber: environment.CODE_MIN_NUMBER,
        maxStringLength: environment.CODE_MAX_STRING_LENGTH,
        maxDepth: environment.CODE_MAX_DEPTH,
        maxPrecision: environment.CODE_MAX_PRECISION,
        maxStringArrayLength: environment.CODE_MAX_STRING_ARRAY_LENGTH,
        maxObjectArrayLength: environment.CODE_MAX_OBJECT_ARRAY_LENGTH,
        maxNumberArrayLength: environment.CODE_MAX_NUMBER_ARRAY_LENGTH,
      },
    },
    outbound: {
      node: {
        connectSeconds: environment.HTTP_REQUEST_MAX_CONNECT_TIMEOUT,
        readSeconds: environment.HTTP_REQUEST_MAX_READ_TIMEOUT,
        writeSeconds: environment.HTTP_REQUEST_MAX_WRITE_TIMEOUT,
        maxBinarySize: environment.HTTP_REQUEST_NODE_MAX_BINARY_SIZE,
        maxTextSize: environment.HTTP_REQUEST_NODE_MAX_TEXT_SIZE,
        verifiesTls: environment.HTTP_REQUEST_NODE_SSL_VERIFY,
      },
      proxyUrl: {
        http: environment.SSRF_PROXY_HTTP_URL || environment.SSRF_PROXY_ALL_URL || undefined,
        https: environment.SSRF_PROXY_HTTPS_URL || environment.SSRF_PROXY_ALL_URL || undefined,
      },
      allowedTargets: parseAllowedTargets(environment.SSRF_ALLOWED_TARGETS),
      maxRetries: environment.SSRF_DEFAULT_MAX_RETRIES,
      timeoutSeconds: {
        total: environment.SSRF_DEFAULT_TIME_OUT,
        connect: environment.SSRF_DEFAULT_CONNECT_TIME_OUT,
        read: environment.SSRF_DEFAULT_READ_TIME_OUT,
        write: environment.SSRF_DEFAULT_WRITE_TIME_OUT,
      },
      pool: {
        maxConnections: environment.SSRF_POOL_MAX_CONNECTIONS,
        maxKeepAlive: environment.SSRF_POOL_MAX_KEEPALIVE_CONNECTIONS,
        keepAliveSeconds: environment.SSRF_POOL_KEEPALIVE_EXPIRY,
      },
    },
    tools: {
      connectSeconds: environment.API_TOOL_DEFAULT_CONNECT_TIMEOUT,
      readSeconds: environment.API_TOOL_DEFAULT_READ_TIMEOUT,
      iconCacheSeconds: environment.TOOL_ICON_CACHE_MAX_AGE,
    },
    features: {
      isLoginRequired: !environment.LOGIN_DISABLED,
      hasEmailCodeLogin: environment.ENABLE_EMAIL_CODE_LOGIN,
      hasPasswordLogin: environment.ENABLE_EMAIL_PASSWORD_LOGIN,
      hasSocialLogin: environment.ENABLE_SOCIAL_OAUTH_LOGIN,
      canRegister: environment.ALLOW_REGISTER,
      canCreateWorkspace: environment.ALLOW_CREATE_WORKSPACE,
      mailType: environment.MAIL_TYPE,
      hasMarketplace: environment.MARKETPLACE_ENABLED,
      maxPluginPackageSize: environment.PLUGIN_MAX_PACKAGE_SIZE,
      hasModelLoadBalancing: environment.MODEL_LB_ENABLED,
      canReplaceLogo: environment.CAN_REPLACE_LOGO,
      hasDatasetOperators: environment.DATASET_OPERATOR_ENABLED,
      hasEducation: environment.EDUCATION_ENABLED,
      canChangeEmail: environment.ENABLE_CHANGE_EMAIL,
      inviteHours: environment.INVITE_EXPIRY_HOURS,
    },
    logging: { level: logLevel(environment.LOG_LEVEL), hasRequests: environment.ENABLE_REQUEST_LOGGING },
  }
}

function queueDriver(environment: Environment): 'postgres' | 'redis' {
  const hasRedis = redisServer(environment) !== undefined
  if (environment.QUEUE_DRIVER === 'redis' && !hasRedis)
    throw new SettingsError(['QUEUE_DRIVER must be postgres where REDIS_HOST is not set'])
  return environment.QUEUE_DRIVER || (hasRedis ? 'redis' : 'postgres')
}

/** Undefined where there is no Redis. Sentinels win over a cluster. */
function redisOptions(environment: Environment): RedisOptions | undefined {
  const server = redisServer(environment)
  if (!server) return undefined
  const isCluster = server.kind === 'cluster'
  return {
    server,
    username: environment.REDIS_USERNAME || undefined,
    password: (isCluster && environment.REDIS_CLUSTERS_PASSWORD) || environment.REDIS_PASSWORD || undefined,
    db: isCluster ? undefined : environment.REDIS_DB,
    protocol: environment.REDIS_SERIALIZATION_PROTOCOL === '2' ? 2 : 3,
    ...(environment.REDIS_USE_SSL
      ? {
          tls: {
            isVerified: environment.REDIS_SSL_CERT_REQS !== 'CERT_NONE',
            caFile: environment.REDIS_SSL_CA_CERTS || undefined,
            certificateFile: environment.REDIS_SSL_CERTFILE || undefined,
            keyFile: environment.REDIS_SSL_KEYFILE || undefined,
          },
        }
      : {}),
  }
}

function redisServer(environment: Environment): RedisServer | undefined {
  if (environment.REDIS_USE_SENTINEL) {
    if (!environment.REDIS_SENTINELS) throw new SettingsError(['REDIS_SENTINELS must be a list of host:port with REDIS_USE_SENTINEL'])
    return {
      kind: 'sentinel',
      sentinels: parseRedisAddresses(environment.REDIS_SENTINELS, 26_379),
      serviceName: environment.REDIS_SENTINEL_SERVICE_NAME,
      username: environment.REDIS_SENTINEL_USERNAME || undefined,
      password: environment.REDIS_SENTINEL_PASSWORD || undefined,
    }
  }
  if (environment.REDIS_USE_CLUSTERS) {
    if (!environment.REDIS_CLUSTERS) throw new SettingsError(['REDIS_CLUSTERS must be a list of host:port with REDIS_USE_CLUSTERS'])
    return { kind: 'cluster', nodes: parseRedisAddresses(environment.REDIS_CLUSTERS) }
  }
  return environment.REDIS_HOST ? { kind: 'standalone', host: environment.REDIS_HOST, port: environment.REDIS_PORT } : undefined
}

const LEVELS: Record<string, string> = { WARNING: 'warn', WARN: 'warn', CRITICAL: 'fatal' }

function logLevel(name: string): string {
  return LEVELS[name] ?? name.toLowerCase()
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map(item => item.trim())
    .filter(Boolean)
}
