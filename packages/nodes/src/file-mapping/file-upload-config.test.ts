import { expect, test } from 'vitest'
import { fileUploadConfigOf } from './file-upload-config.ts'

test('there is none where uploads are off', () => {
  expect(fileUploadConfigOf({})).toBeUndefined()
  expect(fileUploadConfigOf({ file_upload: {} })).toBeUndefined()
  expect(fileUploadConfigOf({ file_upload: { enabled: false, number_limits: 2, image: { enabled: false } } })).toBeUndefined()
})

test('images go by the methods and the number of all files', () => {
  const file_upload = {
    enabled: true,
    number_limits: 2,
    allowed_file_types: ['image', 'document'],
    allowed_file_extensions: ['.txt'],
    allowed_file_upload_methods: ['local_file'],
  }
  expect(fileUploadConfigOf({ file_upload })).toEqual({
    allowedTypes: ['image', 'document'],
    allowedExtensions: ['.txt'],
    allowedMethods: ['local_file'],
    numberLimit: 2,
    image: { numberLimit: 2, methods: ['local_file'] },
  })
})

test('without a number only images are limited', () => {
  expect(fileUploadConfigOf({ file_upload: { enabled: true } })).toMatchObject({ numberLimit: 0, image: { numberLimit: 3 } })
})

test('the older form switches on images alone', () => {
  const file_upload = { image: { enabled: true, transfer_methods: ['remote_url'] } }
  expect(fileUploadConfigOf({ file_upload })).toEqual({
    allowedTypes: ['image'],
    allowedExtensions: [],
    allowedMethods: ['remote_url'],
    numberLimit: 3,
    image: { numberLimit: 3, methods: ['remote_url'] },
  })
})
