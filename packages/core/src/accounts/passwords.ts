import { hash, verify } from '@node-rs/argon2'
import { DomainError } from '../errors.ts'

const RULE = /^(?=.*[a-zA-Z])(?=.*\d).{8,}$/

/** Of no password: compared against where there is no account, so that an answer takes as long as with one. */
let decoy: Promise<string> | undefined

/** @throws DomainError `invalid_param` where the password is too weak */
export function checkPasswordRule(password: string): void {
  if (RULE.test(password)) return
  throw new DomainError('invalid_param', 'Password must contain letters and numbers, and the length must be greater than 8.')
}

/** Argon2id, in PHC form. */
export function hashPassword(password: string): Promise<string> {
  return hash(password)
}

export async function isPasswordOf(passwordHash: string | null | undefined, password: string): Promise<boolean> {
  if (passwordHash) return verify(passwordHash, password)
  decoy ??= hash('no password at all')
  await verify(await decoy, password)
  return false
}
