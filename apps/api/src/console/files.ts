import { DOCUMENT_EXTENSIONS, DomainError, hasPermission } from '@weft/core'
import { z } from 'zod'

import { receiveUpload } from '../files/receive-upload.ts'
import { showUpload, uploadedFile } from '../files/shapes.ts'
import { defineRoute } from '../http/define-route.ts'
import { id } from '../http/fields.ts'
import { originOf } from '../http/run-answers.ts'

const MEGABYTE = 1024 * 1024

const limits = defineRoute({
  method: 'GET',
  path: '/files/upload',
  auth: 'account',
  summary: 'How large uploads may be, in megabytes, and how many',
  response: z.object({
    file_size_limit: z.number(),
    batch_count_limit: z.int(),
    image_file_size_limit: z.number(),
    video_file_size_limit: z.number(),
    audio_file_size_limit: z.number(),
    workflow_file_upload_limit: z.int(),
  }),
  handler: ({ platform: { settings } }) => ({
    file_size_limit: settings.files.sizeLimits.document / MEGABYTE,
    batch_count_limit: settings.files.batchLimit,
    image_file_size_limit: settings.files.sizeLimits.image / MEGABYTE,
    video_file_size_limit: settings.files.sizeLimits.video / MEGABYTE,
    audio_file_size_limit: settings.files.sizeLimits.audio / MEGABYTE,
    workflow_file_upload_limit: settings.files.workflowBatchLimit,
  }),
})

const upload = defineRoute({
  method: 'POST',
  path: '/files/upload',
  auth: 'account',
  summary: 'Upload a file: a form with `file`, and `source=datasets` for knowledge',
  isMultipart: true,
  response: uploadedFile,
  status: 201,
  async handler({ platform, scope, account, role, request }) {
    await using form = await receiveUpload({ platform, scope, request })
    if (form.fields.source === 'datasets') {
      if (!hasPermission(role, 'dataset_editor')) throw new DomainError('forbidden')
      form.file.requireDocument()
    }
    return showUpload(await form.file.keep({ role: 'account', id: account.id }, originOf(request)))
  },
})

const supportedTypes = defineRoute({
  method: 'GET',
  path: '/files/support-type',
  auth: 'account',
  summary: 'The kinds of files that knowledge can be made of',
  response: z.object({ allowed_extensions: z.array(z.string()) }),
  handler: () => ({ allowed_extensions: [...DOCUMENT_EXTENSIONS, ...DOCUMENT_EXTENSIONS.map(extension => extension.toUpperCase())] }),
})

const preview = defineRoute({
  method: 'GET',
  path: '/files/:fileId/preview',
  auth: 'account',
  summary: 'The first 3000 characters of a document',
  params: z.object({ fileId: id() }),
  response: z.object({ content: z.string() }),
  handler: async ({ platform, scope, params }) => ({ content: await platform.files.previewText(scope, params.fileId) }),
})

export const fileConsoleRoutes = [limits, upload, supportedTypes, preview]
