import { parseJson, type ValueMap } from '@weft/contracts'
import { DomainError } from '@weft/core'
import type { FastifyRequest } from 'fastify'
import { httpError, invalidArguments } from './response-error.ts'

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Lists and objects within each other. Far beyond what anybody writes, and safe for whatever walks a value by recursion. */
const DEEPEST = 500

/** A request's body as JSON with Python's numbers. @throws ResponseError or DomainError where it is no object */
export function readJson(request: FastifyRequest): ValueMap {
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    throw httpError(
      415,
      'unsupported_media_type',
      "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
    )
  }
  const value = parseBody(request.body)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalidArguments({})
  return value as ValueMap
}

function parseBody(body: unknown): unknown {
  let value: unknown
  try {
    const text = body instanceof Buffer ? UTF8.decode(body) : ''
    value = parseJson(text)
    // A shorter text cannot be deeper.
    if (text.length < 2 * DEEPEST) return value
  } catch (cause) {
    throw new DomainError('bad_request', undefined, { cause })
  }
  if (isDeeperThan(value, DEEPEST)) throw new DomainError('bad_request', `The JSON is nested deeper than ${DEEPEST} levels.`)
  return value
}

function isDeeperThan(value: unknown, limit: number): boolean {
  let level = [value]
  for (let depth = 0; level.length; depth++) {
    if (depth > limit) return true
    const next: unknown[] = []
    for (const part of level) {
      if (part !== null && typeof part === 'object') for (const inner of Object.values(part)) if (isPart(inner)) next.push(inner)
    }
    level = next
  }
  return false
}

const isPart = (value: unknown): boolean => value !== null && typeof value === 'object'
