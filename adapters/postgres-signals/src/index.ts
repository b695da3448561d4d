export { PostgresCache, type PostgresCacheOptions } from './postgres-cache.ts'
export { PostgresEventBus, type PostgresEventBusOptions } from './postgres-event-bus.ts'
export { SignalError, type SignalErrorCode } from './signal-error.ts'
