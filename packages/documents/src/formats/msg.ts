import { createRequire } from 'node:module'
import type readerModule from '@kenjiuno/msgreader'
import { decodeText } from '../decode-text.ts'
import type { DocumentSource, ReadContent } from '../document.ts'
import { brokenDocument } from '../document-error.ts'
import { mailContent } from '../mail-text.ts'

// CommonJS that marks itself as a module: importers do not agree on what its default is
const MsgReader = (createRequire(import.meta.url)('@kenjiuno/msgreader') as typeof readerModule).default

/** A mail as Outlook files it: the HTML body, or else the plain one. Attachments are named, not read. @throws DocumentError */
export function readMsg({ bytes }: DocumentSource): ReadContent {
  const message = new MsgReader(exactBuffer(bytes)).getFileData()
  if (message.error) throw brokenDocument(message.error)
  const { senderName, senderEmail, senderSmtpAddress, subject, recipients = [], attachments = [] } = message
  const address = senderSmtpAddress ?? (senderEmail?.includes('@') ? senderEmail : undefined)
  const from = address && senderName && senderName !== address ? `${senderName} <${address}>` : (address ?? senderName)
  const to = recipients
    .filter(recipient => (recipient.recipType ?? 'to') === 'to')
    .map(({ name, smtpAddress, email }) => [name, (smtpAddress ?? email) && `<${smtpAddress ?? email}>`].filter(Boolean).join(' '))
  const date = message.messageDeliveryTime ?? message.clientSubmitTime
  const names = attachments.filter(attachment => !attachment.attachmentHidden).map(({ fileName, name }) => fileName ?? name ?? 'attachment')
  return mailContent({
    html: message.bodyHtml ?? (message.html && decodeText(message.html)),
    plain: message.body,
    metadata: {
      ...(subject && { title: subject }),
      ...(from && { from }),
      ...(to.length && { to: to.join(', ') }),
      ...(date && { date }),
      ...(names.length && { attachments: names }),
    },
  })
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
