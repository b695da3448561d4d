import type { CredentialManagement, CredentialOwner } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { credentialId, credentialName, credentialValues, modelArguments } from './arguments.ts'
import { PROVIDER_PATHS, providerIdOf, providerParams } from './provider-path.ts'
import { showCredentialName } from './shapes.ts'

const success = { result: 'success' }
const none = z.object({})
const ofModel = z.object(modelArguments)

/** Credentials of a vendor. */
export const providerCredentialRoutes = PROVIDER_PATHS.flatMap(providerPath => [
  defineRoute({
    method: 'GET',
    path: `/workspaces/current/model-providers${providerPath}/credentials`,
    auth: 'account',
    summary: "A vendor's credentials, secrets masked",
    params: providerParams,
    query: z.object({ credential_id: credentialId().nullish() }),
    async handler({ platform, scope, params, query }) {
      const { credentials } = await platform.models.credentials.show(
        scope,
        { provider: providerIdOf(params) },
        query.credential_id ?? undefined,
      )
      return { credentials }
    },
  }),
  ...writingRoutes(`${providerPath}/credentials`, none, provider => ({ provider })),
])

/** Credentials of single models. */
export const modelCredentialRoutes = PROVIDER_PATHS.flatMap(providerPath => [
  defineRoute({
    method: 'GET',
    path: `/workspaces/current/model-providers${providerPath}/models/credentials`,
    auth: 'account',
    summary: "A model's credentials, secrets masked",
    params: providerParams,
    query: ofModel.extend({ config_from: z.string().nullish(), credential_id: credentialId().nullish() }),
    async handler({ platform, scope, params, query }) {
      const provider = providerIdOf(params)
      const owner = { provider, model: { model: query.model, type: query.model_type } }
      const isPredefined = query.config_from === 'predefined-model'
      const { credentials, switches } = platform.models
      const shown = await credentials.show(scope, owner, query.credential_id ?? undefined)
      const { available } = isPredefined ? await credentials.show(scope, { provider }) : shown
      const balancing = await switches.balancing(scope, owner, query.config_from ?? undefined)
      return {
        credentials: shown.credentials,
        current_credential_id: shown.current?.id ?? null,
        current_credential_name: shown.current?.name ?? null,
        load_balancing: {
          enabled: balancing.isEnabled,
          configs: balancing.configs.map(config => ({
            id: config.id,
            name: config.name,
            credentials: config.credentials,
            credential_id: config.credentialId,
            enabled: config.isEnabled,
            in_cooldown: config.secondsLeft > 0,
            ttl: config.secondsLeft,
          })),
        },
        available_credentials: available.map(showCredentialName),
      }
    },
  }),
  ...writingRoutes(
    `${providerPath}/models/credentials`,
    ofModel,
    (provider, { model, model_type }) => ({ provider, model: { model, type: model_type } }),
    {
      mustDiffer: true,
    },
  ),
])

type Target = z.ZodObject<{ [name: string]: z.ZodType }>

/** Adding, changing, removing, choosing and trying credentials: the same for vendors and for models. */
function writingRoutes<Of extends Target>(
  path: string,
  target: Of,
  ownerOf: (provider: string, target: z.output<Of>) => CredentialOwner,
  useOptions?: Parameters<CredentialManagement['use']>[3],
) {
  const prefix = `/workspaces/current/model-providers${path}`
  const withTarget = <Shape extends z.ZodRawShape>(shape: Shape) => z.intersection(target, z.object(shape))
  const settled = { auth: 'account', permission: 'admin', params: providerParams } as const
  return [
    defineRoute({
      ...settled,
      method: 'POST',
      path: prefix,
      summary: 'Add credentials, once the vendor accepts them',
      status: 201,
      body: withTarget({ credentials: credentialValues(), name: credentialName() }),
      async handler({ platform, scope, params, body }) {
        const input = { name: body.name ?? undefined, credentials: body.credentials }
        await platform.models.credentials.create(scope, ownerOf(providerIdOf(params), body), input)
        return success
      },
    }),
    defineRoute({
      ...settled,
      method: 'PUT',
      path: prefix,
      summary: 'Change credentials; [__HIDDEN__] keeps a secret',
      body: withTarget({ credential_id: credentialId(), credentials: credentialValues(), name: credentialName() }),
      async handler({ platform, scope, params, body }) {
        const input = { name: body.name ?? undefined, credentials: body.credentials }
        await platform.models.credentials.update(scope, ownerOf(providerIdOf(params), body), body.credential_id, input)
        return success
      },
    }),
    defineRoute({
      ...settled,
      method: 'DELETE',
      path: prefix,
      summary: 'Remove credentials',
      status: 204,
      body: withTarget({ credential_id: credentialId() }),
      async handler({ platform, scope, params, body, reply }) {
        await platform.models.credentials.remove(scope, ownerOf(providerIdOf(params), body), body.credential_id)
        return reply.code(204).send()
      },
    }),
    defineRoute({
      ...settled,
      method: 'POST',
      path: `${prefix}/switch`,
      summary: 'Put other credentials to use',
      body: withTarget({ credential_id: credentialId() }),
      async handler({ platform, scope, params, body }) {
        await platform.models.credentials.use(scope, ownerOf(providerIdOf(params), body), body.credential_id, useOptions)
        return success
      },
    }),
    defineRoute({
      auth: 'account',
      params: providerParams,
      method: 'POST',
      path: `${prefix}/validate`,
      summary: 'Try credentials without storing them',
      body: withTarget({ credentials: credentialValues() }),
      async handler({ platform, scope, params, body }) {
        const error = await platform.models.credentials.validate(scope, ownerOf(providerIdOf(params), body), body.credentials)
        return error === undefined ? success : { result: 'error', error }
      },
    }),
  ]
}
