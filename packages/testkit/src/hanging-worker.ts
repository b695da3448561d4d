import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Starts a script as another process, resolves when it writes `started`, and can kill it as a crash would. */
export async function startHangingWorker(script: URL, ...commandArguments: string[]): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, [script.pathname, ...commandArguments], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [unknown]
  if (!String(output).startsWith('started')) throw new Error(`${script.pathname} ended or wrote ${output}`)
  return {
    async kill() {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}
