export { MigrationError, migrate } from './migrate.ts'
export { createPool, DatabaseUnusableError, type PoolOptions } from './pool.ts'
