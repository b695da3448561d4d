import type { Platform } from '@weft/platform'
import { z } from 'zod'
import { defineRoute } from '../http/define-route.ts'
import { id } from '../http/fields.ts'
import { ResponseError } from '../http/response-error.ts'
import type { Surface } from '../http/surface.ts'
import { deliverFile } from './deliver-file.ts'

/** `as_attachment=true`; empty, `0` and `false` say no. */
export const asAttachment = () =>
  z
    .string()
    .nullish()
    .transform(word => Boolean(word) && !/^(?:0|false)$/i.test(word ?? ''))

const signature = { timestamp: z.string(), nonce: z.string(), sign: z.string() }
const incomplete = () => new ResponseError(400, { content: 'Invalid request.' })

const filePreview = defineRoute({
  method: 'GET',
  path: '/:fileId/file-preview',
  auth: 'anyone',
  summary: 'An uploaded file, by a signed link',
  params: z.object({ fileId: id() }),
  query: z.object({ ...signature, as_attachment: asAttachment() }),
  async handler({ platform, params, query, request, reply }) {
    if (!query.timestamp || !query.nonce || !query.sign) throw incomplete()
    const file = await platform.files.deliveries.uploadByLink(params.fileId, query)
    return deliverFile(file, { request, reply, cacheControl: cacheFor(platform), asAttachment: query.as_attachment })
  },
})

const imagePreview = defineRoute({
  method: 'GET',
  path: '/:fileId/image-preview',
  auth: 'anyone',
  summary: 'An uploaded image, by a signed link of older days',
  params: z.object({ fileId: id() }),
  query: z.object({ timestamp: z.string().nullish(), nonce: z.string().nullish(), sign: z.string().nullish() }),
  async handler({ platform, params, query: { timestamp, nonce, sign }, request, reply }) {
    if (!timestamp || !nonce || !sign) throw incomplete()
    const file = await platform.files.deliveries.imageByLink(params.fileId, { timestamp, nonce, sign })
    return deliverFile(file, { request, reply, cacheControl: cacheFor(platform), asAttachment: false })
  },
})

const toolFile = defineRoute({
  method: 'GET',
  path: '/tools/:file',
  auth: 'anyone',
  summary: 'A file that a node or tool has made, by a signed link: `{id}.{extension}`',
  params: z.object({ file: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[^/]+$/i) }),
  query: z.object({ ...signature, as_attachment: asAttachment() }),
  async handler({ platform, params, query, request, reply }) {
    const file = await platform.files.deliveries.toolFileByLink(params.file.slice(0, 36), query)
    return deliverFile(file, { request, reply, cacheControl: cacheFor(platform), asAttachment: query.as_attachment })
  },
})

/** A link is its holder's alone, and shown no longer than it opens. */
function cacheFor({ settings }: Platform): string {
  return `private, max-age=${settings.files.accessSeconds}`
}

export function createFilesSurface(_platform: Platform): Surface {
  return { name: 'files', prefix: '/files', routes: [filePreview, imagePreview, toolFile], authenticators: { anyone: () => ({}) } }
}
