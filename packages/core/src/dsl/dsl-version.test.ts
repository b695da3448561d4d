import { expect, test } from 'vitest'
import { InvalidVersionError, isVersionUpTo, statusOfVersion } from './dsl-version.ts'

test.each([
  ['0.1.0', 'completed-with-warnings'],
  ['0.3.1', 'completed-with-warnings'],
  ['0.4', 'completed'],
  ['0.4.0', 'completed'],
  ['v0.4.0', 'completed'],
  ['0.4.0rc1', 'completed'],
  ['0.4.0.dev3', 'completed'],
  ['0.4.0.post1', 'pending'],
  ['0.4.0+local', 'pending'],
  ['0.4.1', 'pending'],
  ['0.10.0', 'pending'],
  ['1.0', 'pending'],
  ['1!0.1', 'pending'],
])('a file of version %s is %s', (version, status) => {
  expect(statusOfVersion(version)).toBe(status)
})

test('what is no version is refused by name', () => {
  expect(() => statusOfVersion('newest')).toThrow(new InvalidVersionError('newest'))
  expect(new InvalidVersionError('newest').message).toBe("Invalid version: 'newest'")
})

test('parts compare as numbers', () => {
  expect(isVersionUpTo('0.1.5', '0.1.5')).toBe(true)
  expect(isVersionUpTo('0.1.10', '0.1.5')).toBe(false)
})
