/** Stands in an update for a secret that stays as it is. */
export const HIDDEN_VALUE = '[__HIDDEN__]'

/** A secret as people may see it: six characters, twelve stars, two characters; short ones give nothing away. */
export function maskSecret(secret: string): string {
  if (!secret) return secret
  return secret.length <= 8 ? '*'.repeat(20) : `${secret.slice(0, 6)}${'*'.repeat(12)}${secret.slice(-2)}`
}

/** The form for tools: two characters at each end, as many stars as are hidden. */
export function maskToolSecret(secret: string): string {
  return secret.length > 6 ? secret.slice(0, 2) + '*'.repeat(secret.length - 4) + secret.slice(-2) : '*'.repeat(secret.length)
}
