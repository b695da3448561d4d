import { expect, test } from 'vitest'
import { DomainError, ERROR_MESSAGES } from './errors.ts'

test('every code is spelled as the APIs spell codes, and says something', () => {
  for (const [code, message] of Object.entries(ERROR_MESSAGES)) {
    expect(code).toMatch(/^[a-z][a-z0-9_-]*$/)
    expect(message).not.toBe('')
  }
})

test('an error says what its code says unless the thrower is more exact', () => {
  expect(new DomainError('account_banned').message).toBe('Account is banned.')
  expect(new DomainError('invalid_param', 'No such name.', { facts: { params: 'name' } })).toMatchObject({
    message: 'No such name.',
    facts: { params: 'name' },
  })
})
