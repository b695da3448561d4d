import { expect, test } from 'vitest'
import { detectFileType, extensionOfMimeType } from './file-type.ts'

test.each([
  ['.png', '', 'image'],
  ['JPG', '', 'image'],
  ['.mp4', '', 'video'],
  ['.m4a', 'video/mp4', 'audio'],
  ['.md', '', 'document'],
  ['.pptx', '', 'custom'],
  ['.bin', 'application/octet-stream', 'custom'],
  ['.xyz', 'text/x-thing', 'document'],
  ['', 'application/pdf', 'document'],
  ['', 'audio/ogg', 'audio'],
  ['', '', 'custom'],
])('%o with %o is %s', (extension, mimeType, type) => {
  expect(detectFileType(extension, mimeType)).toBe(type)
})

test.each([
  ['image/jpeg', '.jpg'],
  ['text/plain', '.txt'],
  ['text/markdown', '.md'],
  ['application/pdf', '.pdf'],
  ['audio/mpeg', '.mp3'],
  ['x/unknown', undefined],
  ['', undefined],
])('%o has the extension %o', (mimeType, extension) => {
  expect(extensionOfMimeType(mimeType)).toBe(extension)
})
