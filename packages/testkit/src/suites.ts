export * from './cache-suite.ts'
export * from './event-bus-suite.ts'
export * from './job-queue-suite.ts'
export * from './object-store-suite.ts'
