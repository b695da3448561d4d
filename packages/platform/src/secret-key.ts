import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const NAME = 'secret-key'

/** The key kept in the data folder, made where there is none. */
export async function readOrMakeSecretKey(dataFolder: string): Promise<string> {
  await mkdir(dataFolder, { recursive: true })
  const path = join(dataFolder, NAME)
  const kept = await read(path)
  if (kept) return kept
  const made = randomBytes(42).toString('base64url')
  await write(path, made, 'wx').catch(error => {
    // Another process was faster.
    if (error.code !== 'EEXIST') throw error
  })
  return (await read(path)) ?? made
}

/** A key that a rotation has laid down, whose end is not known. */
export function readNextSecretKey(dataFolder: string): Promise<string | undefined> {
  return read(join(dataFolder, `${NAME}.next`))
}

/** Lays down the next key before the database turns to it, so that a crash in between loses neither. */
export async function layDownNextSecretKey(dataFolder: string, key: string): Promise<void> {
  await write(join(dataFolder, `${NAME}.next`), key, 'w')
}

/** Makes the next key the key. */
export async function acceptNextSecretKey(dataFolder: string): Promise<void> {
  await rename(join(dataFolder, `${NAME}.next`), join(dataFolder, NAME))
}

export async function dropNextSecretKey(dataFolder: string): Promise<void> {
  await rm(join(dataFolder, `${NAME}.next`), { force: true })
}

async function read(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.trim() || undefined
}

async function write(path: string, text: string, flag: 'w' | 'wx') {
  const file = await open(path, flag, 0o600)
  try {
    await file.writeFile(`${text}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}
