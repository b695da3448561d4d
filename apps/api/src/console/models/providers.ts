import { DomainError } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { modelType } from './arguments.ts'
import { PROVIDER_PATHS, providerIdOf, providerParams } from './provider-path.ts'
import { showModelWithProvider, showProvider } from './shapes.ts'

export const providerRoutes = [
  defineRoute({
    method: 'GET',
    path: '/workspaces/current/model-providers',
    auth: 'account',
    summary: 'Vendors of models, with what the workspace has set up for them',
    query: z.object({ model_type: modelType().nullish() }),
    async handler({ platform, scope, query }) {
      const place = { tenantId: scope.tenantId, consoleApi: platform.settings.addresses.consoleApi }
      const providers = await platform.models.catalogue.providers(scope, query.model_type ?? undefined)
      return { data: providers.map(provider => showProvider(place, provider)) }
    },
  }),
  ...PROVIDER_PATHS.flatMap(providerPath => [
    defineRoute({
      method: 'GET',
      path: `/workspaces/current/model-providers${providerPath}/models`,
      auth: 'account',
      summary: "A vendor's models in the workspace",
      params: providerParams,
      async handler({ platform, scope, params }) {
        const place = { tenantId: scope.tenantId, consoleApi: platform.settings.addresses.consoleApi }
        const { declaration } = platform.models.registry.get(providerIdOf(params))
        const models = await platform.models.catalogue.models(scope, declaration.provider)
        return { data: models.map(model => showModelWithProvider(place, declaration, model)) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: `/workspaces/current/model-providers${providerPath}/preferred-provider-type`,
      auth: 'account',
      permission: 'admin',
      summary: 'Prefer own credentials or those of the installation; calls use own ones, as there are no others',
      params: providerParams,
      body: z.object({ preferred_provider_type: z.enum(['system', 'custom']) }),
      async handler({ platform, scope, params, body }) {
        await platform.models.switches.prefer(scope, providerIdOf(params), body.preferred_provider_type)
        return { result: 'success' }
      },
    }),
    defineRoute({
      method: 'GET',
      path: `/workspaces/current/model-providers${providerPath}/checkout-url`,
      auth: 'account',
      permission: 'admin',
      summary: 'Where quota is bought: nowhere, as the installation sells none',
      params: providerParams,
      handler({ params }) {
        throw new DomainError('invalid_param', `provider name ${providerIdOf(params)} is invalid`)
      },
    }),
    defineRoute({
      method: 'GET',
      path: `/workspaces/:tenantId/model-providers${providerPath}/:kind/:language`,
      auth: 'visitor',
      summary: "A vendor's icon",
      params: providerParams.extend({ tenantId: z.string(), kind: z.enum(['icon_small', 'icon_large']), language: z.string() }),
      handler({ platform, params, reply }) {
        const id = providerIdOf(params)
        const icon = platform.models.registry.find(id)?.icon(params.kind, params.language)
        if (!icon)
          throw new DomainError('invalid_param', `icon not found for provider ${id}, icon_type ${params.kind}, lang ${params.language}`)
        return reply.type(icon.mimeType).header('cache-control', 'public, max-age=3600').send(Buffer.from(icon.bytes))
      },
    }),
  ]),
]
