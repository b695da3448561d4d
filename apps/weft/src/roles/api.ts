import { createApiServer } from '@weft/api'
import type { PlatformRole } from './role.ts'

export const api: PlatformRole = {
  name: 'api',
  summary: 'the HTTP APIs; executes runs and streams them',
  async start(platform) {
    const { port, address } = platform.settings.server
    await platform.runs.service.open()
    const server = await createApiServer(platform)
    await server.listen({ port, host: address, listenTextResolver: listening => `ready at ${listening}` })
    return {
      async stop() {
        // Runs go to other processes first: their streams end with the last event, and clients come back to it there.
        await platform.runs.service.close()
        await server.close()
      },
    }
  },
}
