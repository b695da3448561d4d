import PostalMime, { type Address } from 'postal-mime'
import type { DocumentSource, ReadContent } from '../document.ts'
import { brokenDocument, encryptedDocument } from '../document-error.ts'
import { mailContent } from '../mail-text.ts'

/** A mail as files have it (RFC 822): the HTML body, or else the plain one. Attachments are named, not read. @throws DocumentError */
export async function readEml({ bytes, hasImages }: DocumentSource): Promise<ReadContent> {
  const mail = await PostalMime.parse(bytes, { attachmentEncoding: 'arraybuffer', maxNestingDepth: 64, rfc822Attachments: true })
  if (!mail.headers.length) throw brokenDocument('it has no mail headers')
  const type = mail.headers.find(header => header.key === 'content-type')?.value ?? ''
  if (/^\s*(?:multipart\/encrypted|application\/(?:x-)?pkcs7-mime(?!.*signed-data))/i.test(type)) throw encryptedDocument()
  const attachments = mail.attachments
    .filter(attachment => !attachment.related)
    .map(attachment => attachment.filename ?? attachment.mimeType)
  const images = mail.attachments.filter(attachment => hasImages && attachment.mimeType.startsWith('image/'))
  return {
    ...mailContent({
      html: mail.html,
      plain: mail.text,
      metadata: {
        ...(mail.subject && { title: mail.subject }),
        ...(mail.from && { from: addressText(mail.from) }),
        ...(mail.to?.length && { to: mail.to.map(addressText).join(', ') }),
        ...(mail.date && { date: mail.date }),
        ...(attachments.length && { attachments }),
      },
    }),
    images: images.map(({ filename, mimeType, content }, index) => ({
      name: filename ?? `image${index + 1}`,
      mimeType,
      bytes: typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content),
    })),
  }
}

function addressText({ name, address }: Address): string {
  if (!address) return name ?? ''
  return name ? `${name} <${address}>` : address
}
