import { DomainError } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'
import type { Surface } from '../http/surface.ts'

/** API keys: an app's for the routes of apps, a workspace's for those of its knowledge. */
export function createServiceAuthenticators({ apps }: Platform): Surface['authenticators'] {
  return {
    anyone: () => ({}),
    async app(request) {
      const { scope, app } = await apps.access.byToken(bearerOf(request))
      return { scope, app, appId: app.id }
    },
    dataset: request => apps.access.byDatasetToken(bearerOf(request)),
  }
}

function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization
  const space = header?.indexOf(' ') ?? -1
  if (!header || space < 0) throw new DomainError('unauthorized', "Authorization header must be provided and start with 'Bearer'")
  if (header.slice(0, space).toLowerCase() !== 'bearer') throw new DomainError('unauthorized', "Authorization scheme must be 'Bearer'")
  return header.slice(space + 1).trim()
}
