import type { Log } from './log.ts'
import { Sandbox } from './sandbox.ts'
import { createSandboxServer } from './server.ts'
import type { SandboxSettings } from './settings.ts'

export interface RunningSandbox {
  /** Where it listens. */
  url: string
  sandbox: Sandbox
  /** Resolves when the packages that were missing at the start are installed, or could not be. */
  packagesReady: Promise<void>
  stop(): Promise<void>
}

/** Locks programs in, then serves. @throws SandboxError */
export async function startSandbox(settings: SandboxSettings, log: Log): Promise<RunningSandbox> {
  for (const name of settings.ignored) log.warn({ name }, 'this variable of dify-sandbox has no meaning here')
  if (settings.hasNetwork && !settings.proxyUrl) {
    log.warn({}, 'programs have no way out: set SSRF_PROXY_HTTP_URL (or HTTP_PROXY) to the proxy they may use')
  }
  const sandbox = await Sandbox.start(settings, log)
  const server = await createSandboxServer(sandbox, settings)
  const url = await server.listen({ port: settings.port, host: settings.address })
  log.info({ url, workers: settings.maxWorkers }, 'sandbox ready')
  const packagesReady = sandbox.updatePackages({ isForced: false }).catch(error => log.error({ err: error }, 'packages'))
  const timer = setInterval(() => {
    sandbox.updatePackages({ isForced: false }).catch(error => log.error({ err: error }, 'packages'))
  }, settings.packages.checkInterval)
  timer.unref()
  return {
    url,
    sandbox,
    packagesReady,
    async stop() {
      clearInterval(timer)
      await server.close()
      await sandbox[Symbol.asyncDispose]()
    },
  }
}
