import { execFile } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { SandboxError } from './sandbox-error.ts'

const execute = promisify(execFile)

export interface Python {
  /** Links resolved. */
  executable: string
  /** Folders of its standard library. */
  libraries: string[]
  version: string
}

const SELF_PORTRAIT = `
import json, os, sys, sysconfig
print(json.dumps({'executable': os.path.realpath(sys.executable), 'prefix': sys.base_prefix, 'version': '%d.%d.%d' % sys.version_info[:3],
                  'libraries': sorted({sysconfig.get_path('stdlib'), sysconfig.get_path('platstdlib')})}))`

/** The first Python 3 that works, of the given path or the usual places. @throws SandboxError */
export async function findPython(path: string | undefined): Promise<Python> {
  const places = path ? [path] : ['/usr/local/bin/python3', '/usr/bin/python3', ...(await findAll('python3'))]
  for (const place of places) {
    try {
      const { stdout } = await execute(place, ['-I', '-c', SELF_PORTRAIT], { env: {} })
      const portrait = JSON.parse(stdout) as Python & { prefix: string }
      const libraries = portrait.prefix === '/usr' ? portrait.libraries : [join(portrait.prefix, 'lib')]
      if (/^3\.(9|\d\d)/.test(portrait.version)) return { executable: portrait.executable, libraries, version: portrait.version }
    } catch {}
  }
  throw new SandboxError(
    'sandbox-unavailable',
    `The sandbox needs Python 3.9 or newer, which is not at ${places.join(', ')}. On Debian: apt-get install python3; or set PYTHON_PATH`,
  )
}

/** An executable's places on the search path. */
export async function findAll(name: string): Promise<string[]> {
  const places = (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map(folder => join(folder, name))
  const found = await Promise.all(
    places.map(place =>
      access(place, constants.X_OK).then(
        () => [place],
        () => [],
      ),
    ),
  )
  return found.flat()
}

/** Whether a user who owns nothing and is in no group could read the file. */
export async function isPublic(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const { mode } = await stat(at)
    const needed = at === path && !(mode & 0o040000) ? 0o4 : 0o1
    if ((mode & needed) !== needed) return false
    if (at === dirname(at)) return true
  }
}
