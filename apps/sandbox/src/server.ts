import { timingSafeEqual } from 'node:crypto'
import multipart from '@fastify/multipart'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Admission } from './admission.ts'
import type { Sandbox } from './sandbox.ts'
import { SandboxError } from './sandbox-error.ts'
import type { SandboxSettings } from './settings.ts'
import type { Language } from './zygote.ts'

const BODY_LIMIT = 64 * 1024 * 1024

/** dify-sandbox's HTTP API. A program that fails is a call that succeeds. */
export async function createSandboxServer(sandbox: Sandbox, settings: SandboxSettings): Promise<FastifyInstance> {
  const server = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true })
  const admission = new Admission(settings)
  await server.register(multipart, { attachFieldsToBody: 'keyValues', limits: { fieldSize: BODY_LIMIT } })
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, async (_request: unknown, body: string) =>
    Object.fromEntries(new URLSearchParams(body)),
  )
  server.addContentTypeParser('*', async () => ({}))
  server.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('404 page not found'))
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof SandboxError) return refuse(reply, 200, -500, error.message)
    const status = (error as { statusCode?: number }).statusCode ?? 500
    if (status < 500) return refuse(reply, isJson(request) ? 400 : 200, -400, (error as Error).message)
    return refuse(reply, 500, -500, 'internal error')
  })
  server.get('/health', async (_request, reply) => reply.type('application/json; charset=utf-8').send('"ok"'))

  const hasKey = {
    onRequest: async (request: FastifyRequest, reply: FastifyReply) =>
      isKey(request.headers['x-api-key'], settings.apiKey) ? undefined : reply.code(401).send(),
  }

  server.post('/v1/sandbox/run', hasKey, async (request, reply) => {
    const given = { ...(request.query as object), ...((request.body ?? {}) as object) } as Record<string, unknown>
    const badStatus = isJson(request) ? 400 : 200
    for (const [name, field] of [
      ['language', 'Language'],
      ['code', 'Code'],
    ] as const) {
      if (given[name] !== undefined && typeof given[name] !== 'string') return refuse(reply, badStatus, -400, `${name} must be a text`)
      if (!given[name]) return refuse(reply, badStatus, -400, missing(field))
    }
    const hasNetwork = given.enable_network === true || ['true', '1', 't', 'T', 'TRUE', 'True'].includes(String(given.enable_network))
    const language = languageOf(given.language)
    const outcome = await admission.run(async () => {
      if (!language) return refuse(reply, 400, -400, 'unsupported language')
      if (hasNetwork && !settings.hasNetwork) return refuse(reply, 200, -400, 'network is disabled, please enable it in the configuration')
      const signal = departureOf(reply)
      if (signal.aborted) return reply
      const preload = settings.hasPreload && typeof given.preload === 'string' ? given.preload : ''
      const { stdout, error } = await sandbox.run({ language, code: String(given.code), preload, hasNetwork, signal })
      return succeed(reply, { error, stdout })
    })
    return outcome ?? refuse(reply, 503, -503, 'Too many requests')
  })

  const pythonOnly = (request: FastifyRequest, reply: FastifyReply) => {
    const { language } = { ...(request.query as object), ...((request.body ?? {}) as object) } as { language?: unknown }
    if (!language) return refuse(reply, isJson(request) ? 400 : 200, -400, missing('Language'))
    return language === 'python3' ? undefined : refuse(reply, 400, -400, 'unsupported language')
  }
  server.get('/v1/sandbox/dependencies', hasKey, async (request, reply) => {
    return pythonOnly(request, reply) ?? succeed(reply, { dependencies: await sandbox.packages.listPython() })
  })
  server.post('/v1/sandbox/dependencies/update', hasKey, async (request, reply) => {
    const refusal = pythonOnly(request, reply)
    if (refusal) return refusal
    await sandbox.updatePackages({ isForced: false })
    return succeed(reply, {})
  })
  server.get('/v1/sandbox/dependencies/refresh', hasKey, async (request, reply) => {
    const refusal = pythonOnly(request, reply)
    if (refusal) return refusal
    await sandbox.updatePackages({ isForced: true })
    return succeed(reply, { dependencies: await sandbox.packages.listPython() })
  })
  return server
}

function languageOf(name: unknown): Language | undefined {
  return name === 'python3' || name === 'nodejs' ? name : undefined
}

function succeed(reply: FastifyReply, data: object): FastifyReply {
  return reply.code(200).send({ code: 0, message: 'success', data })
}

function refuse(reply: FastifyReply, status: number, code: number, message: string): FastifyReply {
  return reply.code(status).send({ code, message, data: null })
}

/** As dify-sandbox's validator says it. */
function missing(field: string): string {
  return `Key: '${field}' Error:Field validation for '${field}' failed on the 'required' tag`
}

function isJson(request: FastifyRequest): boolean {
  return request.headers['content-type'] === 'application/json'
}

function isKey(given: unknown, wanted: string): boolean {
  const [left, right] = [Buffer.from(typeof given === 'string' ? given : ''), Buffer.from(wanted)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Aborts when the caller has gone before the answer. */
function departureOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  if (reply.raw.destroyed) gone.abort()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
