export * from './embedded-code-runner.ts'
