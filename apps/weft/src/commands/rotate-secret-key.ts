import { parseArgs } from 'node:util'
import { loadSettings, rotateSecretKeyOf } from '@weft/platform'

/** Wraps the tenants' keys under a new key. Every Weft process must be stopped, and started again with the new key. */
export async function rotateSecretKey(parameters: string[]): Promise<number> {
  const { values } = parseArgs({ args: parameters, options: { new: { type: 'string' } } })
  const rotation = await rotateSecretKeyOf(loadSettings(), values.new ?? process.env.NEW_SECRET_KEY)
  console.log(`${rotation.count} tenant keys are wrapped under the new key.`)
  console.log(rotation.isKept ? 'The data folder holds it now.' : 'Start Weft with SECRET_KEY set to it.')
  console.log('Logins and signed links made with the former key have ended.')
  return 0
}
