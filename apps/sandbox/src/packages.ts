import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { findAll, type Python } from './interpreters.ts'
import type { Log } from './log.ts'
import type { SandboxSettings } from './settings.ts'

const execute = promisify(execFile)

/** Always there, as in dify-sandbox. */
const ALWAYS = ['jinja2', 'httpx', 'requests']
const ALWAYS_INSTALLED = ['jinja2', 'httpx[socks]', 'requests[socks]']

export interface Dependency {
  name: string
  version: string
}

/** Third-party packages of the two languages: installed outside the sandbox, by the user that programs run as, and seen read-only. */
export interface Packages {
  /** Where those in use are. Undefined where there are none. */
  readonly folders: { python: string | undefined; node: string | undefined }
  /** Takes what an earlier start installed. */
  load(python: Python): Promise<void>
  /** Gives whether the folders have changed. A failure is logged, and leaves what was there. */
  install(python: Python, options: { isForced: boolean }): Promise<boolean>
  listPython(): Promise<Dependency[]>
}

export function createPackages(settings: SandboxSettings['packages'], { user, log }: { user: number | undefined; log: Log }): Packages {
  const folders: Packages['folders'] = { python: undefined, node: undefined }
  let installing: Promise<unknown> = Promise.resolve()
  const read = (name: string) => readFile(join(settings.folder, name), 'utf8').catch(() => '')

  /** What is wanted of each language, as the start of a folder's name. */
  async function wanted(python: Python) {
    const [requirements, manifest, lock] = await Promise.all([
      read('python-requirements.txt'),
      read('package.json'),
      read('package-lock.json'),
    ])
    return {
      requirements,
      manifest,
      lock,
      python: `python-${digest([python.version, ...ALWAYS_INSTALLED, requirements])}`,
      node: manifest ? `node-${digest([process.version, manifest, lock])}` : undefined,
    }
  }

  async function existing(name: string | undefined): Promise<string | undefined> {
    if (!name) return undefined
    const entries = await readdir(settings.dataFolder).catch(() => [])
    const found = entries.filter(entry => entry.startsWith(name) && !entry.endsWith('.new')).sort()
    return found.length ? join(settings.dataFolder, found.at(-1) ?? '') : undefined
  }

  async function fresh(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
    const folder = join(settings.dataFolder, `${name}-${Date.now()}`)
    const draft = `${folder}.new`
    await mkdir(settings.dataFolder, { recursive: true, mode: 0o755 })
    await mkdir(draft, { mode: 0o755 })
    if (user !== undefined) await chown(draft, user, user)
    try {
      await fill(draft)
      const { rename } = await import('node:fs/promises')
      await rename(draft, folder)
      return folder
    } catch (error) {
      await rm(draft, { recursive: true, force: true })
      throw error
    }
  }

  /** Runs an installer as the sandbox's user, with what it needs to know of the network and nothing else. */
  async function run(command: string, parameters: string[], folder: string): Promise<void> {
    const known = Object.entries(process.env).filter(([name]) =>
      /^(PIP_|NPM_CONFIG_|SSL_CERT|NODE_EXTRA_CA|https?_proxy$|no_proxy$)/i.test(name),
    )
    await execute(command, parameters, {
      cwd: folder,
      env: {
        ...Object.fromEntries(known),
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        HOME: folder,
        npm_config_cache: join(folder, '.npm'),
      },
      timeout: 600_000,
      maxBuffer: 64 * 1024 * 1024,
      ...(user === undefined ? {} : { uid: user, gid: user }),
    })
  }

  async function installPython(python: Python, requirements: string, name: string): Promise<string> {
    return fresh(name, async folder => {
      const list = join(folder, `requirements-${randomUUID()}.txt`)
      await writeFile(list, `${requirements}\n`, { mode: 0o644 })
      const index = settings.pythonIndexUrl ? ['--index-url', settings.pythonIndexUrl] : []
      const options = ['--quiet', '--no-input', '--no-cache-dir', '--disable-pip-version-check', '--target', folder, ...index]
      await run(python.executable, ['-m', 'pip', 'install', ...options, ...ALWAYS_INSTALLED, '--requirement', list], folder)
      await rm(list)
    })
  }

  async function installNode(manifest: string, lock: string, name: string): Promise<string> {
    const npm = (await findAll('npm'))[0] ?? join(dirname(process.execPath), 'npm')
    return fresh(name, async folder => {
      await writeFile(join(folder, 'package.json'), manifest)
      if (lock) await writeFile(join(folder, 'package-lock.json'), lock)
      if (user !== undefined)
        await Promise.all(['package.json', ...(lock ? ['package-lock.json'] : [])].map(file => chown(join(folder, file), user, user)))
      await run(npm, [lock ? 'ci' : 'install', '--omit=dev', '--no-audit', '--no-fund', '--ignore-scripts'], folder)
      await rm(join(folder, '.npm'), { recursive: true, force: true })
    })
  }

  /** Puts a language's folder in place. Gives whether it has changed. */
  async function bring(
    language: 'python' | 'node',
    name: string | undefined,
    isForced: boolean,
    install: (name: string) => Promise<string>,
  ) {
    const former = folders[language]
    const found = isForced ? undefined : await existing(name)
    try {
      const base = found ?? (name ? await install(name) : undefined)
      folders[language] = language === 'node' && base ? join(base, 'node_modules') : base
    } catch (error) {
      const text = error instanceof Error ? ((error as Error & { stderr?: string }).stderr || error.message).slice(-2000) : String(error)
      const remedy = language === 'python' && /No module named pip/.test(text) ? ' On Debian: apt-get install python3-pip.' : ''
      log.error({ language, text }, `the packages could not be installed; runs go on without what is new.${remedy}`)
    }
    return folders[language] !== former
  }

  return {
    folders,
    async load(python) {
      const names = await wanted(python)
      folders.python = await existing(names.python)
      const node = await existing(names.node)
      folders.node = node && join(node, 'node_modules')
    },
    install(python, { isForced }) {
      const work = installing.then(async () => {
        const want = await wanted(python)
        if (settings.isOffline) return false
        const hasNewPython = await bring('python', want.python, isForced, name => installPython(python, want.requirements, name))
        const hasNewNode = await bring('node', want.node, isForced, name => installNode(want.manifest, want.lock, name))
        if (hasNewPython || hasNewNode) log.info({ ...folders }, 'packages installed')
        return hasNewPython || hasNewNode
      })
      installing = work.catch(() => {})
      return work
    },
    async listPython() {
      const requirements = await read('python-requirements.txt')
      const lines = requirements
        .split('\n')
        .map(line => line.trim())
        .filter(line => line && !line.startsWith('#'))
      return [...ALWAYS, ...lines].map(line => {
        const [name = '', version = ''] = line.split(/==|>=|<=|~=/)
        return { name, version }
      })
    },
  }
}

function digest(parts: string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)
}
