import { DomainError } from '@weft/core'
import { MODEL_TYPES, type ModelType } from '@weft/ports'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { credentialId, credentialValues, modelArguments, modelType } from './arguments.ts'
import { PROVIDER_PATHS, providerIdOf, providerParams } from './provider-path.ts'
import { showDefaultModel, showParameterRule, showProviderWithModels } from './shapes.ts'

const success = { result: 'success' }

const switchRoute = (path: string, isEnabled: boolean) =>
  defineRoute({
    method: 'PATCH',
    path: `/workspaces/current/model-providers${path}/models/${isEnabled ? 'enable' : 'disable'}`,
    auth: 'account',
    summary: `Switch a model ${isEnabled ? 'on' : 'off'}`,
    params: providerParams,
    body: z.object(modelArguments),
    async handler({ platform, scope, params, body }) {
      const owner = { provider: providerIdOf(params), model: { model: body.model, type: body.model_type } }
      await platform.models.switches.setEnabled(scope, owner, isEnabled)
      return success
    },
  })

export const modelRoutes = [
  ...PROVIDER_PATHS.flatMap(providerPath => [
    switchRoute(providerPath, true),
    switchRoute(providerPath, false),
    defineRoute({
      method: 'POST',
      path: `/workspaces/current/model-providers${providerPath}/models`,
      auth: 'account',
      permission: 'admin',
      summary: "Choose a model's credentials, and the list it takes turns with",
      params: providerParams,
      body: z.object({
        ...modelArguments,
        load_balancing: z.record(z.string(), z.unknown()).nullish(),
        config_from: z.string().nullish(),
        credential_id: credentialId().nullish(),
      }),
      async handler({ platform, scope, params, body }) {
        const owner = { provider: providerIdOf(params), model: { model: body.model, type: body.model_type } }
        if (body.config_from === 'custom-model') {
          if (!body.credential_id) throw new DomainError('invalid_param', 'credential_id is required when configuring a custom-model')
          await platform.models.credentials.use(scope, owner, body.credential_id, { mustBeListed: true })
        }
        if (body.load_balancing && 'configs' in body.load_balancing) {
          const { configs, enabled } = body.load_balancing
          await platform.models.switches.setBalancing(scope, owner, body.config_from ?? undefined, configs, enabled === true)
        }
        return success
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `/workspaces/current/model-providers${providerPath}/models`,
      auth: 'account',
      permission: 'admin',
      summary: 'Take a model off the list; its credentials stay',
      status: 204,
      params: providerParams,
      body: z.object(modelArguments),
      async handler({ platform, scope, params, body, reply }) {
        const owner = { provider: providerIdOf(params), model: { model: body.model, type: body.model_type } }
        await platform.models.switches.removeModel(scope, owner)
        return reply.code(204).send()
      },
    }),
    defineRoute({
      method: 'GET',
      path: `/workspaces/current/model-providers${providerPath}/models/parameter-rules`,
      auth: 'account',
      summary: 'What can be set for calls of a language model',
      params: providerParams,
      query: z.object({ model: z.string() }),
      async handler({ platform, scope, params, query }) {
        const rules = await platform.models.catalogue.parameterRules(scope, providerIdOf(params), query.model)
        return { data: rules.map(showParameterRule) }
      },
    }),
    ...['load-balancing-configs', 'load-balancing-configs/:configId'].map(path =>
      defineRoute({
        method: 'POST',
        path: `/workspaces/current/model-providers${providerPath}/models/${path}/credentials-validate`,
        auth: 'account',
        permission: 'admin',
        summary: 'Try credentials that a model would take turns with',
        params: providerParams.extend({ configId: z.guid().optional() }),
        body: z.object({ ...modelArguments, credentials: credentialValues() }),
        async handler({ platform, scope, params, body }) {
          const owner = { provider: providerIdOf(params), model: { model: body.model, type: body.model_type } }
          const error = await platform.models.credentials.validateTurn(scope, owner, body.credentials, params.configId)
          return error === undefined ? success : { result: 'error', error }
        },
      }),
    ),
  ]),
  defineRoute({
    method: 'GET',
    path: '/workspaces/current/models/model-types/:modelType',
    auth: 'account',
    summary: 'Active models of a type, by vendor',
    params: z.object({ modelType: z.string() }),
    async handler({ platform, scope, params }) {
      if (!isModelType(params.modelType)) throw new DomainError('invalid_param', `invalid origin model type ${params.modelType}`)
      const place = { tenantId: scope.tenantId, consoleApi: platform.settings.addresses.consoleApi }
      const found = await platform.models.catalogue.activeModels(scope, params.modelType)
      return { data: found.map(({ provider, models }) => showProviderWithModels(place, provider, models)) }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/workspaces/current/default-model',
    auth: 'account',
    summary: 'The model that is taken where none is named',
    query: z.object({ model_type: modelType() }),
    async handler({ platform, scope, query }) {
      const place = { tenantId: scope.tenantId, consoleApi: platform.settings.addresses.consoleApi }
      const found = await platform.models.switches.defaultModel(scope, query.model_type)
      return { data: found ? showDefaultModel(place, found.provider, found) : null }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/workspaces/current/default-model',
    auth: 'account',
    permission: 'admin',
    summary: 'Choose the models that are taken where none is named',
    body: z.object({ model_settings: z.array(z.record(z.string(), z.unknown())) }),
    async handler({ platform, scope, body }) {
      for (const { model_type: type, provider, model } of body.model_settings) {
        if (!isModelType(type)) throw new DomainError('invalid_param', 'invalid model type')
        if (typeof provider !== 'string') continue
        if (typeof model !== 'string') throw new DomainError('invalid_param', 'invalid model')
        await platform.models.switches.setDefaultModel(scope, type, provider, model)
      }
      return success
    },
  }),
]

function isModelType(value: unknown): value is ModelType {
  return MODEL_TYPES.includes(value as ModelType)
}
