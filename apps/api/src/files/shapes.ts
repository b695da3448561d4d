import type { UploadFile } from '@weft/core'
import { z } from 'zod'

export const uploadedFile = z.object({
  id: z.string(),
  name: z.string(),
  size: z.int(),
  extension: z.string(),
  mime_type: z.string(),
  created_by: z.string(),
  created_at: z.int(),
  preview_url: z.null(),
  source_url: z.string(),
})

export function showUpload(file: UploadFile): z.input<typeof uploadedFile> {
  return {
    id: file.id,
    name: file.name,
    size: file.size,
    extension: file.extension,
    mime_type: file.mimeType,
    created_by: file.createdBy,
    created_at: Math.floor(file.createdAt.getTime() / 1000),
    preview_url: null,
    source_url: file.sourceUrl,
  }
}
