import type { ValueMap } from '@weft/contracts'
import { isValueMap } from '@weft/contracts'
import { DomainError } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { sendJson } from '../http/send-json.ts'
import type { Surface } from '../http/surface.ts'
import { type AppTool, callTool, describeTool } from './app-tool.ts'
import { errorOf, INVALID_PARAMS, INVALID_REQUEST, methodNotFound, RpcError, type RpcMessage, readMessage, resultOf } from './protocol.ts'

/** The revision of the protocol that clients of Dify are used to; others agree to it. */
const PROTOCOL_VERSION = '2024-11-05'
const SERVER_VERSION = '1.9.1'

const call = defineRoute({
  method: 'POST',
  path: '/server/:code/mcp',
  auth: 'visitor',
  summary: 'An app as an MCP server: one message of streamable HTTP, answered at once',
  params: z.object({ code: z.string().max(255) }),
  async handler({ platform, params, request, reply }) {
    let message: RpcMessage | undefined
    try {
      message = readMessage(request.body)
      const tool = await toolOf(platform, params.code, request)
      if (message.id === undefined) {
        if (!message.method.startsWith('notifications/')) throw new RpcError(INVALID_REQUEST, 'Request ID is required', 400)
        return reply.code(202).type('application/json').send('')
      }
      return sendJson(reply, resultOf(message.id, await answer(tool, message)))
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      return sendJson(reply.code(error.status), errorOf(message?.id, error))
    }
  },
})

/** @throws RpcError where the code opens nothing */
async function toolOf(platform: Platform, code: string, request: FastifyRequest): Promise<AppTool> {
  try {
    return { platform, request, ...(await platform.tools.appServers.byCode(code)) }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    throw new RpcError(INVALID_REQUEST, error.message, 404)
  }
}

async function answer(tool: AppTool, { method, params }: RpcMessage): Promise<ValueMap> {
  switch (method) {
    case 'initialize': {
      const client = isValueMap(params.clientInfo) ? params.clientInfo : {}
      await tool.platform.tools.appServers.welcome(tool.scope, tool.server, `${String(client.name)}@${String(client.version)}`)
      return {
        protocolVersion: PROTOCOL_VERSION,
        capabilities: { tools: { listChanged: false } },
        serverInfo: { name: 'Dify', version: SERVER_VERSION },
        instructions: tool.server.description,
      }
    }
    case 'ping':
      return {}
    case 'tools/list':
      return { tools: [await describeTool(tool)] }
    case 'tools/call': {
      const values = params.arguments ?? {}
      if (!isValueMap(values)) throw new RpcError(INVALID_PARAMS, 'Invalid MCP request: arguments must be an object')
      return callTool(tool, values)
    }
    default:
      throw methodNotFound(method)
  }
}

export function createMcpSurface(_platform: Platform): Surface {
  return { name: 'mcp', prefix: '/mcp', routes: [call], authenticators: { visitor: () => ({}) } }
}
