export type RedisErrorCode = 'redis-unavailable' | 'redis-refused'

/**
 * `redis-unavailable`: no answer in time, the command may or may not have been carried out. `redis-refused`: the server answered
 * with an error, such as a wrong password or a read-only replica.
 */
export class RedisError extends Error {
  readonly code: RedisErrorCode
  constructor(code: RedisErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RedisError'
    this.code = code
  }
}
