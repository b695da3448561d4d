import { isValueMap, parseJson, type Value, type ValueMap } from '@weft/contracts'
import {
  codeConfig,
  DomainError,
  type DraftContent,
  defaultBlockConfigs,
  draftHash,
  readConversationVariables,
  readEnvironmentVariables,
} from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { defineRoute } from '../../http/define-route.ts'
import { text } from '../../http/fields.ts'
import { httpError, invalidArguments, ResponseError } from '../../http/response-error.ts'
import { secondsOf } from '../../http/seconds.ts'
import { appParams } from '../apps/apps.ts'
import { GRAPH_MODES } from './modes.ts'
import { showWorkflow, workflowShape } from './shapes.ts'

const readDraft = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/draft',
  auth: 'account',
  permission: 'editor',
  summary: "An app's draft",
  params: appParams,
  response: workflowShape,
  async handler({ platform, scope, params }) {
    const app = await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    const draft = await platform.workflows.store.draft(scope, app.id)
    const isTool = await platform.tools.workflow.isPublished(scope, app.id)
    return showWorkflow(draft, await platform.workflows.editing.authorsOf([draft]), isTool)
  },
})

const saveDraft = defineRoute({
  method: 'POST',
  path: '/apps/:appId/workflows/draft',
  auth: 'account',
  permission: 'editor',
  summary: "Save an app's draft, over the one whose hash is sent along",
  params: appParams,
  response: z.object({ result: z.literal('success'), hash: z.string(), updated_at: z.int() }),
  async handler({ platform, scope, account, params, request }) {
    const app = await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    const { content, hash } = contentOf(readBody(request))
    const draft = await platform.workflows.editing.save(scope, account.id, app, content, hash)
    return { result: 'success', hash: draftHash(draft), updated_at: secondsOf(draft.updatedAt) }
  },
})

/** JSON, or the same as plain text, which is all that a browser can send from a page that closes. */
function readBody(request: FastifyRequest): ValueMap {
  const type = request.headers['content-type'] ?? ''
  const body = request.body instanceof Buffer ? request.body.toString() : ''
  if (type.includes('application/json')) {
    const value = tryParse(body)
    if (value === undefined) throw new DomainError('bad_request')
    if (!isValueMap(value)) throw invalidArguments({})
    for (const field of ['graph', 'features', 'environment_variables']) {
      if (value[field] === undefined) throw invalidArguments({ [field]: 'Missing required parameter in the JSON body' })
    }
    if (!isValueMap(value.graph)) throw invalidArguments({ graph: 'graph must be of dict type' })
    if (!isValueMap(value.features)) throw invalidArguments({ features: 'features must be of dict type' })
    return value
  }
  if (!type.includes('text/plain')) {
    throw httpError(415, 'unsupported_media_type', 'The server does not support the media type transmitted in the request.')
  }
  const value = tryParse(body)
  if (value === undefined) throw new ResponseError(400, { message: 'Invalid JSON data' })
  if (!isValueMap(value) || value.graph === undefined || value.features === undefined) {
    throw new DomainError('invalid_param', 'graph or features not found in data')
  }
  if (!isValueMap(value.graph) || !isValueMap(value.features)) throw new DomainError('invalid_param', 'graph or features is not a dict')
  return value
}

function tryParse(body: string): Value | undefined {
  try {
    return parseJson(body)
  } catch {
    return undefined
  }
}

function contentOf(body: ValueMap): { content: DraftContent; hash: string | undefined } {
  const { graph, features, environment_variables, conversation_variables, hash } = body
  return {
    content: {
      graph: graph as ValueMap,
      features: features as ValueMap,
      environmentVariables: readEnvironmentVariables(environment_variables),
      conversationVariables: readConversationVariables(conversation_variables),
    },
    hash: typeof hash === 'string' ? hash : undefined,
  }
}

function blocksOf({ settings }: Platform) {
  const { node, maxRetries } = settings.outbound
  return defaultBlockConfigs({ ...node, maxRetries })
}

const defaultBlocks = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/default-workflow-block-configs',
  auth: 'account',
  permission: 'editor',
  summary: 'What new nodes begin with',
  params: appParams,
  async handler({ platform, scope, params }) {
    await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    return Object.values(blocksOf(platform))
  },
})

const defaultBlock = defineRoute({
  method: 'GET',
  path: '/apps/:appId/workflows/default-workflow-block-configs/:blockType',
  auth: 'account',
  permission: 'editor',
  summary: 'What a new node of one type begins with',
  params: appParams.extend({ blockType: z.string() }),
  query: z.object({ q: text().nullish() }),
  async handler({ platform, scope, params, query }) {
    await platform.apps.catalogue.find(scope, params.appId, GRAPH_MODES)
    const filters = query.q ? tryParse(query.q) : {}
    if (filters === undefined) throw new DomainError('invalid_param', 'Invalid filters')
    if (params.blockType === 'code' && isValueMap(filters) && filters.code_language === 'javascript') return codeConfig('javascript')
    const blocks = blocksOf(platform)
    return Object.hasOwn(blocks, params.blockType) ? blocks[params.blockType] : {}
  },
})

export const draftRoutes = [readDraft, saveDraft, defaultBlocks, defaultBlock]
