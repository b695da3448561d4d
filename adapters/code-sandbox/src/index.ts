export * from './sandbox-code-runner.ts'
