import { DomainError, type KeyOwner } from '@weft/core'
import type { Platform } from '@weft/platform'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { id } from '../../http/fields.ts'
import { ResponseError } from '../../http/response-error.ts'
import { sendNothing } from '../../http/send-nothing.ts'
import { appParams } from './apps.ts'
import { apiBaseUrl, showKey } from './shapes.ts'

const keyShape = z.object({
  id: z.string(),
  type: z.string(),
  token: z.string(),
  last_used_at: z.int().nullable(),
  created_at: z.int(),
})
const keysShape = z.object({ data: z.array(keyShape) })

const DATASET: KeyOwner = { kind: 'dataset' }

/** @throws DomainError where the app is not the workspace's */
async function ownerOf(platform: Platform, scope: Parameters<Platform['apps']['catalogue']['find']>[0], appId: string): Promise<KeyOwner> {
  await platform.apps.catalogue.find(scope, appId).catch((cause: unknown) => {
    throw cause instanceof DomainError ? new DomainError('not_found', 'App not found.', { cause }) : cause
  })
  return { kind: 'app', appId }
}

/** One key too many is told in a shape of its own, under another name for each kind of key. */
function tooManyAs(field: 'custom' | 'code') {
  return (error: unknown): never => {
    if (!(error instanceof DomainError) || error.code !== 'max_keys_exceeded') throw error
    throw new ResponseError(400, { message: error.message, [field]: error.code })
  }
}

export const apiKeyRoutes = [
  defineRoute({
    method: 'GET',
    path: '/apps/:appId/api-keys',
    auth: 'account',
    summary: "An app's API keys",
    params: appParams,
    response: keysShape,
    handler: async ({ platform, scope, params }) => ({
      data: (await platform.apps.keys.list(scope, await ownerOf(platform, scope, params.appId))).map(showKey),
    }),
  }),
  defineRoute({
    method: 'POST',
    path: '/apps/:appId/api-keys',
    auth: 'account',
    permission: 'editor',
    summary: 'Another API key for an app',
    params: appParams,
    response: keyShape,
    status: 201,
    async handler({ platform, scope, params }) {
      const owner = await ownerOf(platform, scope, params.appId)
      return showKey(await platform.apps.keys.create(scope, owner).catch(tooManyAs('custom')))
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/apps/:appId/api-keys/:keyId',
    auth: 'account',
    permission: 'admin',
    summary: 'Revoke an API key of an app',
    params: z.object({ appId: id(), keyId: id() }),
    status: 204,
    async handler({ platform, scope, params, reply }) {
      await platform.apps.keys.delete(scope, await ownerOf(platform, scope, params.appId), params.keyId)
      return sendNothing(reply)
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/datasets/api-keys',
    auth: 'account',
    summary: "The workspace's API keys for its knowledge",
    response: keysShape,
    handler: async ({ platform, scope }) => ({ data: (await platform.apps.keys.list(scope, DATASET)).map(showKey) }),
  }),
  defineRoute({
    method: 'POST',
    path: '/datasets/api-keys',
    auth: 'account',
    permission: 'admin',
    summary: "Another API key for the workspace's knowledge",
    response: keyShape,
    handler: async ({ platform, scope }) => showKey(await platform.apps.keys.create(scope, DATASET).catch(tooManyAs('code'))),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/datasets/api-keys/:keyId',
    auth: 'account',
    permission: 'admin',
    summary: "Revoke an API key for the workspace's knowledge",
    params: z.object({ keyId: id() }),
    status: 204,
    async handler({ platform, scope, params, reply }) {
      await platform.apps.keys.delete(scope, DATASET, params.keyId)
      return sendNothing(reply)
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/datasets/api-base-info',
    auth: 'account',
    summary: 'Where the service API is',
    response: z.object({ api_base_url: z.string() }),
    handler: ({ platform, request }) => ({ api_base_url: apiBaseUrl(platform, request) }),
  }),
]
