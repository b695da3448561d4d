export * from './file.ts'
export * from './python-text.ts'
export * from './segment.ts'
export * from './value.ts'
