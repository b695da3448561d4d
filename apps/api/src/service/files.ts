import { DEFAULT_USER } from '@weft/core'
import { z } from 'zod'
import { deliverFile } from '../files/deliver-file.ts'
import { receiveUpload } from '../files/receive-upload.ts'
import { showUpload, uploadedFile } from '../files/shapes.ts'
import { asAttachment } from '../files/surface.ts'
import { defineRoute } from '../http/define-route.ts'
import { id } from '../http/fields.ts'
import { originOf } from '../http/run-answers.ts'

const upload = defineRoute({
  method: 'POST',
  path: '/files/upload',
  auth: 'app',
  summary: 'Upload a file for later requests: a form with `file` and `user`',
  isMultipart: true,
  formFields: z.object({ user: z.string().nullish() }),
  response: uploadedFile,
  status: 201,
  async handler({ platform, scope, appId, request }) {
    await using form = await receiveUpload({ platform, scope, request })
    const user = await platform.endUsers.findOrCreate(scope, appId, 'service_api', form.fields.user || DEFAULT_USER)
    return showUpload(await form.file.keep({ role: 'end_user', id: user.id }, originOf(request)))
  },
})

const preview = defineRoute({
  method: 'GET',
  path: '/files/:fileId/preview',
  auth: 'app',
  summary: 'A file that was sent to the app in a message',
  params: z.object({ fileId: id() }),
  query: z.object({ user: z.string().nullish(), as_attachment: asAttachment() }),
  responseType: '*/*',
  async handler({ platform, scope, appId, params, query, request, reply }) {
    const file = await platform.files.deliveries.ofMessage(scope, appId, params.fileId.toLowerCase())
    return deliverFile(file, { request, reply, cacheControl: 'public, max-age=3600', asAttachment: query.as_attachment })
  },
})

export const fileRoutes = [upload, preview]
