import type { Permission } from '@weft/core'
import type { Platform } from '@weft/platform'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Identities } from './identities.ts'

export type AuthKind = keyof Identities

/** What a handler is given: the platform, who is calling, and the parsed request. */
export type RouteContext<Auth extends AuthKind, Params, Query, Body> = Identities[Auth] & {
  platform: Platform
  params: Params
  query: Query
  body: Body
  request: FastifyRequest
  reply: FastifyReply
}

export interface RouteOptions<Auth extends AuthKind, Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the surface's prefix; `:name` for parameters. */
  path: string
  /** Who may call; see `Identities`. */
  auth: Auth
  /** Which members may, where not all. Refusal is 403. */
  permission?: Permission
  /** One line for the API's documentation. */
  summary: string
  /** Path parts. One that does not fit is no such page. */
  params?: Params
  query?: Query
  /** Of JSON. Without it the body is not read, unless `multipart`. */
  body?: Body
  /** The request brings files; the handler reads them by `request.file()` or `request.parts()`. */
  isMultipart?: boolean
  /** What such a form holds beside `file`, for the documentation. */
  formFields?: z.ZodType
  /** The answer's shape, for the documentation. */
  response?: z.ZodType
  /** The shape of the data of events, where the answer is or can be a stream. */
  events?: z.ZodType
  /** The media type of an answer that is no JSON. */
  responseType?: string
  /** Of success. Default 200. */
  status?: number
  /** Bytes; default 16 MiB. */
  bodyLimit?: number
  /** What it gives is sent as JSON, unless the handler has answered by itself (`reply.send`, `streamEvents`). */
  handler(context: RouteContext<Auth, z.output<Params>, z.output<Query>, z.output<Body>>): unknown
}

/** A route as the registry holds it. */
// biome-ignore lint/suspicious/noExplicitAny: routes of all shapes stand in one list
export type Route = RouteOptions<any, any, any, any>

/** Declares a route: validation, authentication and documentation in one place. */
export function defineRoute<
  Auth extends AuthKind,
  Params extends z.ZodType = z.ZodType<Record<string, string>>,
  Query extends z.ZodType = z.ZodType<Record<string, string | undefined>>,
  Body extends z.ZodType = z.ZodType<undefined>,
>(route: RouteOptions<Auth, Params, Query, Body>): Route {
  return route
}
