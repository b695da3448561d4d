export * from './conditions.ts'
export * from './node-type.ts'
export * from './variable-pool.ts'
