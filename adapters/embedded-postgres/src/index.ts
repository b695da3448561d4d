export { type EmbeddedPostgres, EmbeddedPostgresError, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.ts'
