import { expect, test } from 'vitest'
import { describeEnvironment, SettingsError } from './environment.ts'
import { loadSettings } from './settings.ts'

test('without any variable, everything is embedded, with defaults', () => {
  const settings = loadSettings({})
  expect(settings.server.port).toBe(3000)
  expect(settings.database.isEmbedded).toBe(true)
  expect(settings.queue.driver).toBe('postgres')
  expect(settings.redis).toBeUndefined()
  expect(settings.security.accessTokenSeconds).toBe(3600)
  expect(settings.code.limits.maxNumber).toBe(9223372036854775807n)
})

test('bad values are named, all at once, with what they must be', () => {
  const load = () =>
    loadSettings({
      PORT: '99999',
      LOGIN_DISABLED: 'perhaps',
      QUEUE_DRIVER: 'kafka',
      SSRF_ALLOWED_TARGETS: 'a b',
      APP_MAX_EXECUTION_TIME: '1.5',
    })
  expect(load).toThrow(SettingsError)
  expect(load).toThrow('PORT must be a whole number from 0 to 65535, not 99999')
  expect(load).toThrow('LOGIN_DISABLED must be true or false, not perhaps')
  expect(load).toThrow('QUEUE_DRIVER must be one of')
  expect(load).toThrow('SSRF_ALLOWED_TARGETS must be a comma list')
  expect(load).toThrow('APP_MAX_EXECUTION_TIME must be a whole number from 1')
})

test('a bad secret is not told', () => {
  expect(() => loadSettings({ REDIS_PASSWORD: 'hunter2', REDIS_PORT: 'x' })).not.toThrow(/hunter2/)
})

test('a database of one’s own needs a SECRET_KEY', () => {
  expect(() => loadSettings({ DB_HOST: 'db' })).toThrow(/SECRET_KEY must be set/)
  const settings = loadSettings({ DB_HOST: 'db', SECRET_KEY: 'long', REDIS_HOST: 'cache' })
  expect(settings.database).toMatchObject({ isEmbedded: false, connection: { host: 'db', user: 'postgres', database: 'dify', port: 5432 } })
  expect(settings.redis).toMatchObject({ server: { kind: 'standalone', host: 'cache', port: 6379 } })
  expect(settings.queue.driver).toBe('redis')
})

test('what is set but empty counts as set where it is a text, and as not set elsewhere', () => {
  const settings = loadSettings({ FILES_URL: '', CONSOLE_API_URL: 'https://console.example', PORT: '', LOG_LEVEL: '' })
  expect(settings.addresses.files).toBe('')
  expect(settings.server.port).toBe(3000)
  expect(loadSettings({ CONSOLE_API_URL: 'https://console.example' }).addresses.files).toBe('https://console.example')
})

test('the queue cannot be on a Redis that is not there', () => {
  expect(() => loadSettings({ QUEUE_DRIVER: 'redis' })).toThrow(/QUEUE_DRIVER must be postgres/)
})

test('the printed settings mask every secret', () => {
  const text = describeEnvironment(
    loadSettings({
      SECRET_KEY: 'alpha',
      DB_PASSWORD: 'bravo',
      DATABASE_URL: 'postgres://u:charlie@h/d',
      CODE_EXECUTION_API_KEY: 'delta',
      INIT_PASSWORD: 'echo',
      PORT: '81',
    }).environment,
  )
  expect(text).not.toMatch(/alpha|bravo|charlie|delta|echo\b/)
  expect(text).toContain('PORT=81')
  expect(text).toContain('SECRET_KEY=********')
  expect(text).toContain('ADMIN_API_KEY_ENABLE=false')
  expect(text).toContain('ENABLE_EMAIL_PASSWORD_LOGIN=true')
})
