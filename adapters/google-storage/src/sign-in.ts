import { GoogleAuth, JWT, type JWTOptions } from 'google-auth-library'

const SCOPES = ['https://www.googleapis.com/auth/devstorage.read_write']

/** What Weft needs of a service account's key file. */
export interface ServiceAccount {
  client_email: string
  private_key: string
  private_key_id?: string
}

/** Headers that say who asks. */
export type Authorize = () => Promise<Record<string, string>>

/** As the service account, or, without one, as what the environment gives. Tokens are kept until they run out. */
export function signIn(account: ServiceAccount | undefined, options: Pick<JWTOptions, 'transporterOptions'> = {}): Authorize {
  const client = account
    ? new JWT({ email: account.client_email, key: account.private_key, keyId: account.private_key_id, scopes: SCOPES, ...options })
    : new GoogleAuth({ scopes: SCOPES })
  return async () => Object.fromEntries((await client.getRequestHeaders()).entries())
}
