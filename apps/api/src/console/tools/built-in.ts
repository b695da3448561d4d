import { credentialTypesOf, DomainError, type ToolCredentialField } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { text } from '../../http/fields.ts'
import { valueMap } from './arguments.ts'
import { showBuiltIn, showTool, words } from './shapes.ts'

const part = () => z.string().min(1).max(255)

/** A plugin's provider is `organization/plugin/provider`, one that Weft ships a single word. */
const PATHS = ['/:organization/:plugin/:name', '/:name'] as const
const params = z.object({ organization: part().optional(), plugin: part().optional(), name: part() })

const idOf = ({ organization, plugin, name }: z.output<typeof params>) =>
  organization && plugin ? `${organization}/${plugin}/${name}` : name

const success = { result: 'success' }

function showField(field: ToolCredentialField) {
  return {
    ...field,
    label: words(field.label),
    help: words(field.help),
    placeholder: words(field.placeholder),
    options: field.options?.map(option => ({ ...option, label: words(option.label) })) ?? null,
  }
}

export const builtInToolRoutes = PATHS.flatMap(providerPath => {
  const path = `/workspaces/current/tool-provider/builtin${providerPath}`
  return [
    defineRoute({
      method: 'GET',
      path: `${path}/tools`,
      auth: 'account',
      summary: "A provider's tools",
      params,
      async handler({ platform, scope, params: names }) {
        const { builtIn } = platform.tools
        const provider = await builtIn.get(scope, idOf(names))
        const tools = await builtIn.declarations(scope, provider)
        return tools.map(tool => showTool(tool, provider.tags, { isListed: false }))
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/info`,
      auth: 'account',
      summary: 'A provider that the workspace has credentials for',
      params,
      async handler({ platform, scope, params: names }) {
        const { builtIn, runtime } = platform.tools
        const provider = await builtIn.get(scope, idOf(names))
        const [first] = await builtIn.credentials(scope, provider.id)
        if (!first) throw new DomainError('invalid_param', `you have not added provider ${idOf(names)}`)
        const icon = await runtime.icon(scope, 'builtin', provider.id)
        const shown = showBuiltIn(provider, { icon, tools: [], credentials: first.credentials })
        return { ...shown, masked_credentials: first.credentials, original_credentials: {} }
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/icon`,
      auth: 'visitor',
      summary: "A provider's icon",
      params,
      async handler({ platform, params: names, reply }) {
        const icon = platform.tools.builtIn.icons.find(idOf(names))
        if (!icon) throw new DomainError('not_found', `builtin provider ${idOf(names)} icon not found`)
        const maxAge = platform.settings.tools.iconCacheSeconds
        return reply.type(icon.mimeType).header('cache-control', `public, max-age=${maxAge}`).send(Buffer.from(icon.bytes))
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/credentials`,
      auth: 'account',
      summary: "A provider's credentials, secrets masked",
      params,
      async handler({ platform, scope, params: names }) {
        return (await platform.tools.builtIn.credentials(scope, idOf(names))).map(showCredentials)
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/credential/info`,
      auth: 'account',
      summary: 'What credentials a provider takes, and those that there are',
      params,
      async handler({ platform, scope, params: names }) {
        const { builtIn } = platform.tools
        const provider = await builtIn.get(scope, idOf(names))
        return {
          supported_credential_types: credentialTypesOf(provider),
          is_oauth_custom_client_enabled: await builtIn.oauthClients.isEnabled(scope, provider.id),
          credentials: (await builtIn.credentials(scope, provider.id)).map(showCredentials),
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/credential/schema/:type`,
      auth: 'account',
      summary: 'The form for credentials of a type',
      params: params.extend({ type: z.string() }),
      async handler({ platform, scope, params: names }) {
        return (await platform.tools.builtIn.schema(scope, idOf(names), names.type)).map(showField)
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/add`,
      auth: 'account',
      summary: 'Add credentials, once the provider accepts them',
      params,
      body: z.object({ credentials: valueMap(), name: text({ max: 30 }).nullish(), type: z.string() }),
      async handler({ platform, scope, account, params: names, body }) {
        const { type, credentials, name } = body
        if (type !== 'api-key' && type !== 'oauth2') throw new DomainError('invalid_param', `Invalid credential type: ${type}`)
        const input = { type, credentials, name: name ?? undefined } as const
        await platform.tools.builtIn.addCredentials(scope, account.id, idOf(names), input)
        return success
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/update`,
      auth: 'account',
      permission: 'admin',
      summary: 'Change credentials; [__HIDDEN__] keeps a secret',
      params,
      body: z.object({ credential_id: z.string(), credentials: valueMap().nullish(), name: text({ max: 30 }).nullish() }),
      async handler({ platform, scope, params: names, body }) {
        const change = { credentials: body.credentials ?? undefined, name: body.name ?? undefined }
        await platform.tools.builtIn.updateCredentials(scope, idOf(names), body.credential_id, change)
        return success
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/delete`,
      auth: 'account',
      permission: 'admin',
      summary: 'Remove credentials',
      params,
      body: z.object({ credential_id: z.string() }),
      async handler({ platform, scope, params: names, body }) {
        await platform.tools.builtIn.removeCredentials(scope, idOf(names), body.credential_id)
        return success
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/default-credential`,
      auth: 'account',
      summary: 'Choose the credentials that are used where none are named',
      params,
      body: z.object({ id: z.string() }),
      async handler({ platform, scope, params: names, body }) {
        await platform.tools.builtIn.setDefaultCredentials(scope, idOf(names), body.id)
        return success
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/oauth/client-schema`,
      auth: 'account',
      summary: "The form for an OAuth client of the workspace's own",
      params,
      async handler({ platform, scope, params: names }) {
        const { builtIn } = platform.tools
        const provider = await builtIn.get(scope, idOf(names))
        return {
          schema: (provider.oauth?.clientSchema ?? []).map(showField),
          is_oauth_custom_client_enabled: await builtIn.oauthClients.isEnabled(scope, provider.id),
          is_system_oauth_params_exists: false,
          client_params: await builtIn.oauthClients.show(scope, provider.id),
          redirect_uri: `${platform.settings.addresses.consoleApi}/console/api/oauth/plugin/${provider.id}/tool/callback`,
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/oauth/custom-client`,
      auth: 'account',
      summary: "The OAuth client of the workspace's own, secrets masked",
      params,
      handler: ({ platform, scope, params: names }) => platform.tools.builtIn.oauthClients.show(scope, idOf(names)),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/oauth/custom-client`,
      auth: 'account',
      permission: 'admin',
      summary: "Save an OAuth client of the workspace's own, or switch it",
      params,
      body: z.object({ client_params: valueMap().nullish(), enable_oauth_custom_client: z.boolean().nullish() }),
      async handler({ platform, scope, params: names, body }) {
        const change = { params: body.client_params ?? undefined, isEnabled: body.enable_oauth_custom_client ?? undefined }
        await platform.tools.builtIn.oauthClients.save(scope, idOf(names), change)
        return success
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${path}/oauth/custom-client`,
      auth: 'account',
      summary: "Remove the OAuth client of the workspace's own",
      params,
      async handler({ platform, scope, params: names }) {
        await platform.tools.builtIn.oauthClients.remove(scope, idOf(names))
        return success
      },
    }),
  ]
})

function showCredentials(credential: {
  id: string
  name: string
  provider: string
  type: string
  isDefault: boolean
  credentials: Record<string, string>
}) {
  const { id, name, provider, type, isDefault, credentials } = credential
  return { id, name, provider, credential_type: type, is_default: isDefault, credentials }
}
