import type { ApiToolInput } from '@weft/core'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { text } from '../../http/fields.ts'
import { emojiIcon, labels, leavingSignal, requestEnvironment, valueMap } from './arguments.ts'
import { showApiTool, showOperation, words } from './shapes.ts'

const PATH = '/workspaces/current/tool-provider/api'
const success = { result: 'success' }

const provider = z.object({
  credentials: valueMap(),
  schema_type: z.string(),
  schema: z.string(),
  provider: text(),
  icon: emojiIcon(),
  privacy_policy: text().nullish(),
  labels: labels(),
  custom_disclaimer: text().nullish(),
})

const inputOf = (body: z.output<typeof provider>, environment: string | undefined): ApiToolInput => ({
  provider: body.provider,
  icon: body.icon,
  credentials: body.credentials,
  schemaType: body.schema_type,
  schema: body.schema,
  privacyPolicy: body.privacy_policy ?? null,
  customDisclaimer: body.custom_disclaimer ?? null,
  labels: body.labels ?? [],
  environment,
})

const add = defineRoute({
  method: 'POST',
  path: `${PATH}/add`,
  auth: 'account',
  permission: 'admin',
  summary: "Make tools from an API's description",
  body: provider,
  async handler({ platform, scope, account, body, request }) {
    await platform.tools.api.add(scope, account.id, inputOf(body, requestEnvironment(request.headers)))
    return success
  },
})

const update = defineRoute({
  method: 'POST',
  path: `${PATH}/update`,
  auth: 'account',
  permission: 'admin',
  summary: 'Change tools made from a description; a key that comes back masked stays',
  body: provider.extend({ original_provider: text() }),
  async handler({ platform, scope, body, request }) {
    await platform.tools.api.update(scope, body.original_provider, inputOf(body, requestEnvironment(request.headers)))
    return success
  },
})

const remove = defineRoute({
  method: 'POST',
  path: `${PATH}/delete`,
  auth: 'account',
  permission: 'admin',
  summary: 'Remove a custom provider',
  body: z.object({ provider: text() }),
  async handler({ platform, scope, body }) {
    await platform.tools.api.remove(scope, body.provider)
    return success
  },
})

const get = defineRoute({
  method: 'GET',
  path: `${PATH}/get`,
  auth: 'account',
  summary: 'A custom provider, its key masked',
  query: z.object({ provider: text() }),
  async handler({ platform, scope, query }) {
    const { provider: row, credentials, labels: names } = await platform.tools.api.get(scope, query.provider)
    return {
      schema_type: row.schemaType,
      schema: row.schema,
      tools: row.tools.map(showOperation),
      icon: row.icon,
      description: row.description,
      credentials,
      privacy_policy: row.privacyPolicy,
      custom_disclaimer: row.customDisclaimer,
      labels: names,
    }
  },
})

const tools = defineRoute({
  method: 'GET',
  path: `${PATH}/tools`,
  auth: 'account',
  summary: "A custom provider's tools",
  query: z.object({ provider: text() }),
  async handler({ platform, scope, query }) {
    const { provider: row, labels: names } = await platform.tools.api.get(scope, query.provider)
    return row.tools.map(operation => showApiTool(operation, names, { isListed: false }))
  },
})

const remote = defineRoute({
  method: 'GET',
  path: `${PATH}/remote`,
  auth: 'account',
  summary: "Fetch an API's description",
  query: z.object({ url: text() }),
  handler: async ({ platform, query }) => ({ schema: await platform.tools.api.fetch(query.url) }),
})

const field = (name: string, more: object) => ({
  name,
  required: false,
  scope: null,
  default: null,
  options: null,
  label: null,
  help: null,
  url: null,
  placeholder: null,
  multiple: false,
  ...more,
})

/** How calls of a custom tool may prove who sends them, as the form for it asks. */
const CREDENTIALS_SCHEMA = [
  field('auth_type', {
    type: 'select',
    required: true,
    default: 'none',
    options: [
      { value: 'none', label: words({ en_US: 'None', zh_Hans: '无' }) },
      { value: 'api_key', label: words({ en_US: 'Api Key' }) },
    ],
    placeholder: words({ en_US: 'Select auth type', zh_Hans: '选择认证方式' }),
  }),
  field('api_key_header', {
    type: 'text-input',
    default: 'api_key',
    placeholder: words({ en_US: 'Enter api key header', zh_Hans: '输入 api key header，如：X-API-KEY' }),
    help: words({ en_US: 'HTTP header name for api key', zh_Hans: 'HTTP 头部字段名，用于传递 api key' }),
  }),
  field('api_key_value', {
    type: 'text-input',
    default: '',
    placeholder: words({ en_US: 'Enter api key', zh_Hans: '输入 api key' }),
  }),
]

const schema = defineRoute({
  method: 'POST',
  path: `${PATH}/schema`,
  auth: 'account',
  summary: "Read an API's description",
  body: z.object({ schema: z.string() }),
  async handler({ platform, body, request }) {
    const read = await platform.tools.api.read(body.schema, requestEnvironment(request.headers))
    return {
      schema_type: read.schemaType,
      parameters_schema: read.operations.map(showOperation),
      credentials_schema: CREDENTIALS_SCHEMA,
      warning: read.warnings,
    }
  },
})

const tryOut = defineRoute({
  method: 'POST',
  path: `${PATH}/test/pre`,
  auth: 'account',
  summary: 'Call a tool that need not be stored',
  body: z.object({
    tool_name: text(),
    provider_name: text().nullish(),
    credentials: valueMap(),
    parameters: valueMap(),
    schema_type: z.string(),
    schema: z.string(),
  }),
  handler: ({ platform, scope, body, request, reply }) =>
    platform.tools.api.tryOut(scope, {
      provider: body.provider_name ?? '',
      toolName: body.tool_name,
      credentials: body.credentials,
      parameters: body.parameters,
      schemaType: body.schema_type,
      schema: body.schema,
      environment: requestEnvironment(request.headers),
      signal: leavingSignal(reply.raw),
    }),
})

export const apiToolRoutes = [add, update, remove, get, tools, remote, schema, tryOut]
