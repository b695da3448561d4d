import { api } from './api.ts'
import { beat } from './beat.ts'
import type { Role } from './role.ts'
import { sandbox } from './sandbox.ts'
import { ssrfProxy } from './ssrf-proxy.ts'
import { worker } from './worker.ts'

/** In the order in which they start; they stop in the opposite one. */
export const ROLES: Role[] = [ssrfProxy, sandbox, worker, beat, api]
