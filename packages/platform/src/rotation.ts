import { randomBytes } from 'node:crypto'
import { createSecrets, rotateSecretKey } from '@weft/core'
import { connectDatabase } from './database.ts'
import { SettingsError } from './environment.ts'
import { createLogger } from './logger.ts'
import { acceptNextSecretKey, dropNextSecretKey, layDownNextSecretKey, readOrMakeSecretKey } from './secret-key.ts'
import type { Settings } from './settings.ts'

/**
 * Turns the database from the present secret key to the next one.
 * @param next the new key; made by itself where the data folder keeps it
 * @returns how many tenant keys there were, and whether the data folder keeps the new key
 * @throws SettingsError, SecretsError
 */
export async function rotateSecretKeyOf(settings: Settings, next: string | undefined): Promise<{ count: number; isKept: boolean }> {
  const folder = settings.server.dataFolder
  const isKept = settings.security.secretKey === undefined
  const to = next ?? (isKept ? randomBytes(42).toString('base64url') : undefined)
  if (!to) throw new SettingsError(['NEW_SECRET_KEY, or --new, must be the new key: a long random text'])
  const from = settings.security.secretKey ?? (await readOrMakeSecretKey(folder))
  await using connection = await connectDatabase(settings, createLogger(settings.logging))
  if (isKept) await layDownNextSecretKey(folder, to)
  try {
    const count = await rotateSecretKey(connection.database, { from, to })
    if (isKept) await acceptNextSecretKey(folder)
    return { count, isKept }
  } catch (error) {
    // The key may be dropped only where it is sure that the database has not turned to it.
    if (
      isKept &&
      (await createSecrets({ database: connection.database, secretKey: from })
        .fits()
        .catch(() => false))
    )
      await dropNextSecretKey(folder)
    throw error
  }
}
