import { codeRunnerSuite } from '@weft/testkit/suites'
import { describe } from 'vitest'
import { canSandbox, startSandboxProcess } from './sandbox-process.ts'

describe.skipIf(!(await canSandbox()))('through the HTTP API', () => {
  codeRunnerSuite('the sandbox role', async () => {
    const sandbox = await startSandboxProcess()
    return {
      run: request => sandbox.runner.run(request),
      async [Symbol.asyncDispose]() {
        await sandbox.runner[Symbol.asyncDispose]()
        await sandbox[Symbol.asyncDispose]()
      },
    }
  })
})
