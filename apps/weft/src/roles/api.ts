import { createApiServer } from '@weft/api'
import type { Role } from './role.ts'

export const api: Role = {
  name: 'api',
  summary: 'the HTTP APIs; executes runs and streams them',
  async start(platform) {
    const { port, address } = platform.settings.server
    const server = await createApiServer(platform)
    await server.listen({ port, host: address, listenTextResolver: listening => `ready at ${listening}` })
    return { stop: () => server.close() }
  },
}
