import { parseAllowedTargets } from '@weft/adapter-outbound'
import { parseRedisAddresses } from '@weft/adapter-redis'
import { z } from 'zod'

/** A whole number within bounds. */
const integer = (fallback: number, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
  variable(
    z.coerce.number().int().min(min).max(max),
    fallback,
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`,
  )
const number = (fallback: number, { min = 0 } = {}) => variable(z.coerce.number().min(min), fallback, `a number from ${min}`)
const text = (fallback = '') => z.string().default(fallback)
/** Undefined where it is not set; set but empty counts as set. */
const optionalText = () => z.string().optional()
const choice = <const T extends [string, ...string[]]>(options: T, fallback: T[number]) =>
  variable(z.enum(options), fallback as never, `one of ${options.join(', ')}`)
const boolean = (fallback: boolean) => {
  const words: Record<string, boolean> = {
    true: true,
    '1': true,
    yes: true,
    on: true,
    t: true,
    y: true,
    false: false,
    '0': false,
    no: false,
    off: false,
    f: false,
    n: false,
  }
  const parser = z
    .string()
    .transform(word => words[word.trim().toLowerCase()])
    .pipe(z.boolean())
  return variable(parser, fallback, 'true or false')
}
const list = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform(items =>
      items
        .split(',')
        .map(item => item.trim())
        .filter(Boolean),
    )
const httpUrl = () => variable(z.string().regex(/^https?:\/\/[^\s/]+/), '', 'an http:// or https:// address')

/** A text that the parser takes. It stays a text here, so that it can be shown as it was written. */
function textFor(parse: (text: string) => unknown, must: string) {
  return z
    .string()
    .default('')
    .refine(value => {
      try {
        parse(value)
        return true
      } catch {
        return false
      }
    })
    .meta({ must })
}

const serviceAccount = z.object({ client_email: z.string(), private_key: z.string(), private_key_id: z.string().optional() })

/** A service account's key file, in base64. Undefined where it is not set. */
export function parseServiceAccount(base64: string): z.output<typeof serviceAccount> | undefined {
  return base64 === '' ? undefined : serviceAccount.parse(JSON.parse(Buffer.from(base64, 'base64').toString()))
}

const addresses = () => textFor(parseRedisAddresses, 'a comma list of host:port')

/** An empty value of anything but a text means that it is not set, as Compose files pass on what they do not know. */
function variable<T extends z.ZodType>(parser: T, fallback: z.output<T>, must: string) {
  return z
    .preprocess(
      value => (value === '' ? undefined : value),
      parser.optional().transform(value => (value ?? fallback) as z.output<T>),
    )
    .meta({ must })
}

/** Every variable Weft reads, by group, with Dify's names and defaults. */
export const VARIABLES = {
  server: {
    PORT: integer(3000, { max: 65_535 }),
    DIFY_BIND_ADDRESS: text('0.0.0.0'),
    WEFT_DATA_DIR: text('./data'),
    DEPLOY_ENV: text('PRODUCTION'),
    EDITION: choice(['SELF_HOSTED', 'CLOUD'], 'SELF_HOSTED'),
    DEBUG: boolean(false),
    CHECK_UPDATE_URL: text('https://updates.dify.ai'),
    RESPECT_XFORWARD_HEADERS_ENABLED: boolean(false),
    API_COMPRESSION_ENABLED: boolean(false),
  },
  security: {
    SECRET_KEY: optionalText(),
    INIT_PASSWORD: text(),
    ADMIN_API_KEY_ENABLE: boolean(false),
    ADMIN_API_KEY: text(),
    LOGIN_DISABLED: boolean(false),
    ACCESS_TOKEN_EXPIRE_MINUTES: number(60),
    REFRESH_TOKEN_EXPIRE_DAYS: number(30),
    LOGIN_LOCKOUT_DURATION: integer(86_400),
    ENABLE_EMAIL_CODE_LOGIN: boolean(false),
    ENABLE_EMAIL_PASSWORD_LOGIN: boolean(true),
    ENABLE_SOCIAL_OAUTH_LOGIN: boolean(false),
    ALLOW_REGISTER: boolean(false),
    ALLOW_CREATE_WORKSPACE: boolean(false),
    INVITE_EXPIRY_HOURS: integer(72),
  },
  addresses: {
    CONSOLE_API_URL: text(),
    CONSOLE_WEB_URL: text(),
    SERVICE_API_URL: text(),
    APP_API_URL: text(),
    APP_WEB_URL: text(),
    FILES_URL: optionalText(),
    INTERNAL_FILES_URL: optionalText(),
    CONSOLE_CORS_ALLOW_ORIGINS: optionalText(),
    WEB_API_CORS_ALLOW_ORIGINS: list('*'),
  },
  database: {
    DATABASE_URL: optionalText(),
    DB_HOST: optionalText(),
    DB_PORT: integer(5432, { min: 1, max: 65_535 }),
    DB_USERNAME: text('postgres'),
    DB_PASSWORD: text(),
    DB_DATABASE: text('dify'),
    SQLALCHEMY_POOL_SIZE: integer(30, { min: 2 }),
    MIGRATION_ENABLED: boolean(true),
  },
  redis: {
    REDIS_HOST: optionalText(),
    REDIS_PORT: integer(6379, { min: 1, max: 65_535 }),
    REDIS_USERNAME: text(),
    REDIS_PASSWORD: text(),
    REDIS_DB: integer(0),
    REDIS_USE_SSL: boolean(false),
    REDIS_SSL_CERT_REQS: choice(['CERT_NONE', 'CERT_OPTIONAL', 'CERT_REQUIRED'], 'CERT_NONE'),
    REDIS_SSL_CA_CERTS: optionalText(),
    REDIS_SSL_CERTFILE: optionalText(),
    REDIS_SSL_KEYFILE: optionalText(),
    REDIS_USE_SENTINEL: boolean(false),
    REDIS_SENTINELS: addresses(),
    REDIS_SENTINEL_SERVICE_NAME: text(),
    REDIS_SENTINEL_USERNAME: text(),
    REDIS_SENTINEL_PASSWORD: text(),
    REDIS_USE_CLUSTERS: boolean(false),
    REDIS_CLUSTERS: addresses(),
    REDIS_CLUSTERS_PASSWORD: text(),
    REDIS_SERIALIZATION_PROTOCOL: variable(z.enum(['2', '3']), '3', 'one of 2, 3'),
    QUEUE_DRIVER: choice(['', 'postgres', 'redis'], ''),
  },
  storage: {
    STORAGE_TYPE: choice(['opendal', 'local', 's3', 'azure-blob', 'google-storage', 'aliyun-oss'], 'opendal'),
    OPENDAL_SCHEME: choice(['fs'], 'fs'),
    OPENDAL_FS_ROOT: text('storage'),
    STORAGE_LOCAL_PATH: text('storage'),
    S3_ENDPOINT: httpUrl(),
    S3_REGION: text(),
    S3_BUCKET_NAME: text(),
    S3_ACCESS_KEY: text(),
    S3_SECRET_KEY: text(),
    S3_ADDRESS_STYLE: choice(['auto', 'virtual', 'path'], 'auto'),
    S3_USE_AWS_MANAGED_IAM: boolean(false),
    AZURE_BLOB_ACCOUNT_NAME: text(),
    AZURE_BLOB_ACCOUNT_KEY: text(),
    AZURE_BLOB_CONTAINER_NAME: text(),
    AZURE_BLOB_ACCOUNT_URL: httpUrl(),
    GOOGLE_STORAGE_BUCKET_NAME: text(),
    GOOGLE_STORAGE_SERVICE_ACCOUNT_JSON_BASE64: textFor(parseServiceAccount, 'the JSON of a service account’s key in base64'),
    STORAGE_EMULATOR_HOST: httpUrl(),
    ALIYUN_OSS_BUCKET_NAME: text(),
    ALIYUN_OSS_ACCESS_KEY: text(),
    ALIYUN_OSS_SECRET_KEY: text(),
    ALIYUN_OSS_ENDPOINT: text(),
    ALIYUN_OSS_REGION: text(),
    ALIYUN_OSS_AUTH_VERSION: choice(['v1', 'v4'], 'v4'),
    ALIYUN_OSS_PATH: text(),
    FILES_ACCESS_TIMEOUT: integer(300, { min: 1 }),
    UPLOAD_FILE_SIZE_LIMIT: integer(15),
    UPLOAD_FILE_BATCH_LIMIT: integer(5),
    UPLOAD_IMAGE_FILE_SIZE_LIMIT: integer(10),
    UPLOAD_VIDEO_FILE_SIZE_LIMIT: integer(100),
    UPLOAD_AUDIO_FILE_SIZE_LIMIT: integer(50),
    WORKFLOW_FILE_UPLOAD_LIMIT: integer(10),
  },
  execution: {
    APP_MAX_ACTIVE_REQUESTS: integer(0),
    APP_MAX_EXECUTION_TIME: integer(1200, { min: 1 }),
    WORKFLOW_MAX_EXECUTION_STEPS: integer(500, { min: 1 }),
    WORKFLOW_MAX_EXECUTION_TIME: integer(1200, { min: 1 }),
    WORKFLOW_CALL_MAX_DEPTH: integer(5, { min: 1 }),
    MAX_VARIABLE_SIZE: integer(200 * 1024, { min: 1 }),
    DSL_EXPORT_ENCRYPT_DATASET_ID: boolean(true),
    WORKFLOW_VARIABLE_TRUNCATION_MAX_SIZE: integer(1_024_000),
    WORKFLOW_VARIABLE_TRUNCATION_STRING_LENGTH: integer(100_000),
    WORKFLOW_VARIABLE_TRUNCATION_ARRAY_LENGTH: integer(1000),
    MODERATION_BUFFER_SIZE: integer(300),
    MULTIMODAL_SEND_FORMAT: choice(['base64', 'url'], 'base64'),
    TEMPLATE_TRANSFORM_MAX_LENGTH: integer(80_000, { min: 1 }),
    PLUGIN_BASED_TOKEN_COUNTING_ENABLED: boolean(false),
  },
  code: {
    CODE_EXECUTION_ENDPOINT: optionalText(),
    CODE_EXECUTION_API_KEY: text('dify-sandbox'),
    CODE_EXECUTION_CONNECT_TIMEOUT: number(10),
    CODE_EXECUTION_READ_TIMEOUT: number(60),
    CODE_EXECUTION_WRITE_TIMEOUT: number(10),
    CODE_MAX_NUMBER: variable(
      z
        .string()
        .regex(/^-?\d+$/)
        .transform(BigInt),
      9223372036854775807n,
      'a whole number',
    ),
    CODE_MIN_NUMBER: variable(
      z
        .string()
        .regex(/^-?\d+$/)
        .transform(BigInt),
      -9223372036854775807n,
      'a whole number',
    ),
    CODE_MAX_STRING_LENGTH: integer(80_000),
    CODE_MAX_DEPTH: integer(5),
    CODE_MAX_PRECISION: integer(20),
    CODE_MAX_STRING_ARRAY_LENGTH: integer(30),
    CODE_MAX_OBJECT_ARRAY_LENGTH: integer(30),
    CODE_MAX_NUMBER_ARRAY_LENGTH: integer(1000),
  },
  outbound: {
    HTTP_REQUEST_MAX_CONNECT_TIMEOUT: number(10),
    HTTP_REQUEST_MAX_READ_TIMEOUT: number(60),
    HTTP_REQUEST_MAX_WRITE_TIMEOUT: number(20),
    HTTP_REQUEST_NODE_MAX_BINARY_SIZE: integer(10 * 1024 * 1024),
    HTTP_REQUEST_NODE_MAX_TEXT_SIZE: integer(1024 * 1024),
    HTTP_REQUEST_NODE_SSL_VERIFY: boolean(true),
    SSRF_PROXY_ALL_URL: text(),
    SSRF_PROXY_HTTP_URL: text(),
    SSRF_PROXY_HTTPS_URL: text(),
    SSRF_ALLOWED_TARGETS: textFor(parseAllowedTargets, 'a comma list of hosts, host:port and address ranges such as 10.0.0.0/8'),
    SSRF_DEFAULT_MAX_RETRIES: integer(3),
    API_TOOL_DEFAULT_CONNECT_TIMEOUT: integer(10),
    API_TOOL_DEFAULT_READ_TIMEOUT: integer(60),
    TOOL_ICON_CACHE_MAX_AGE: integer(3600),
    SSRF_DEFAULT_TIME_OUT: number(5),
    SSRF_DEFAULT_CONNECT_TIME_OUT: number(5),
    SSRF_DEFAULT_READ_TIME_OUT: number(5),
    SSRF_DEFAULT_WRITE_TIME_OUT: number(5),
    SSRF_POOL_MAX_CONNECTIONS: integer(100, { min: 1 }),
    SSRF_POOL_MAX_KEEPALIVE_CONNECTIONS: integer(20),
    SSRF_POOL_KEEPALIVE_EXPIRY: number(5),
  },
  features: {
    MAIL_TYPE: text(),
    MARKETPLACE_ENABLED: boolean(true),
    MARKETPLACE_API_URL: httpUrl(),
    PLUGIN_MAX_PACKAGE_SIZE: integer(15 * 1024 * 1024),
    MODEL_LB_ENABLED: boolean(false),
    CAN_REPLACE_LOGO: boolean(false),
    DATASET_OPERATOR_ENABLED: boolean(false),
    EDUCATION_ENABLED: boolean(false),
    ENABLE_CHANGE_EMAIL: boolean(true),
  },
  logging: {
    LOG_LEVEL: variable(
      z
        .string()
        .toUpperCase()
        .pipe(z.enum(['DEBUG', 'INFO', 'WARNING', 'WARN', 'ERROR', 'CRITICAL', 'FATAL'])),
      'INFO',
      'one of DEBUG, INFO, WARNING, ERROR, CRITICAL',
    ),
    ENABLE_REQUEST_LOGGING: boolean(false),
  },
} as const satisfies Record<string, Record<string, z.ZodType>>

const SECRET = /PASSWORD|SECRET|API_KEY|ACCESS_KEY|ACCOUNT_KEY|SERVICE_ACCOUNT|DATABASE_URL/
const SWITCHES = new Set(['ENABLE_EMAIL_PASSWORD_LOGIN', 'ADMIN_API_KEY_ENABLE'])

type Groups = typeof VARIABLES
type Flatten<Union> = (Union extends unknown ? (union: Union) => void : never) extends (all: infer All) => void ? All : never
/** All variables, parsed. */
export type Environment = {
  [Name in keyof Flatten<Groups[keyof Groups]>]: Flatten<Groups[keyof Groups]>[Name] extends z.ZodType
    ? z.output<Flatten<Groups[keyof Groups]>[Name]>
    : never
}

export class SettingsError extends Error {
  readonly code = 'bad-settings'
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`Bad settings:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
    this.name = 'SettingsError'
    this.problems = problems
  }
}

/** @throws SettingsError which names every bad variable and says what it must be */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const problems: string[] = []
  const result: Record<string, unknown> = {}
  for (const [name, schema] of allVariables()) {
    const parsed = schema.safeParse(variables[name])
    if (parsed.success) result[name] = parsed.data
    else problems.push(`${name} must be ${schema.meta()?.must ?? 'a text'}, not ${describe(name, variables[name])}`)
  }
  if (problems.length) throw new SettingsError(problems)
  return result as Environment
}

/** What is in force, by group, with secrets masked: for people to read. */
export function describeEnvironment(environment: Environment): string {
  const groups = Object.entries(VARIABLES).map(([group, variables]) => {
    const lines = Object.keys(variables).map(name => `${name}=${describe(name, environment[name as keyof Environment])}`)
    return `# ${group}\n${lines.join('\n')}`
  })
  return groups.join('\n\n')
}

function describe(name: string, value: unknown): string {
  if (value === undefined || value === '') return ''
  if (SECRET.test(name) && !SWITCHES.has(name) && !/EXPIRE|LOCKOUT/.test(name)) return '********'
  return Array.isArray(value) ? value.join(',') : String(value)
}

function allVariables(): [string, z.ZodType][] {
  return Object.values(VARIABLES).flatMap(group => Object.entries(group))
}
