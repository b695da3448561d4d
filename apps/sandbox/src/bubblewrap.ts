import { lstat, readlink } from 'node:fs/promises'
import type { Python } from './interpreters.ts'

export interface View {
  python: Python
  /** A Node that the sandbox's user may read. */
  node: string
  /** Where the sockets and files for the inside are. */
  runFolder: string
  pythonPackages: string | undefined
  nodePackages: string | undefined
  pythonLibraryPaths: string[]
  hasTemporaryFolder: boolean
  user: number
  /** Whether each run gets a user namespace of its own; otherwise the first process keeps the right to make namespaces. */
  hasUserNamespaces: boolean
}

const TRIPLETS: Record<string, string> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }
const CERTIFICATES = ['/etc/ssl/certs', '/etc/ssl/openssl.cnf', '/etc/pki/tls', '/etc/pki/ca-trust/extracted', '/usr/share/ca-certificates']
export const PYTHON_PACKAGES = '/python-packages'

/**
 * How bubblewrap is called. The first process sees all of it; runs see only what is under `/roots/<language>`: the interpreter,
 * its library, the system's shared libraries, certificates and time zones, all read-only, and no /proc.
 */
export async function bubblewrapArguments(view: View): Promise<string[]> {
  const shared = await sharedLibraries()
  const pythonRoot = (root: string) => [
    ...shared(root),
    ...[view.python.executable, ...view.python.libraries].flatMap(path => readOnly(path, root)),
    ...view.pythonLibraryPaths.flatMap(path => readOnly(path, root)),
    ...(view.pythonPackages ? ['--ro-bind', view.pythonPackages, root + PYTHON_PACKAGES] : []),
  ]
  const nodeRoot = '/roots/nodejs'
  return [
    ...['--unshare-all', '--unshare-user', '--die-with-parent', '--new-session', '--as-pid-1', '--clearenv', '--hostname', 'sandbox'],
    ...['--uid', String(view.user), '--gid', String(view.user), '--cap-drop', 'ALL'],
    ...(view.hasUserNamespaces ? [] : ['CAP_SYS_ADMIN', 'CAP_SETPCAP', 'CAP_NET_ADMIN', 'CAP_KILL'].flatMap(name => ['--cap-add', name])),
    ...pythonRoot(''),
    ...['--proc', '/proc', '--dev', '/dev', '--ro-bind', view.runFolder, '/run/weft'],
    ...[...pythonRoot('/roots/python3'), ...devices('/roots/python3'), ...hosts(view, '/roots/python3'), '--dir', '/roots/python3/tmp'],
    ...[...shared(nodeRoot), ...devices(nodeRoot), ...hosts(view, nodeRoot), '--ro-bind', view.node, `${nodeRoot}/bin/node`],
    ...(view.nodePackages ? ['--ro-bind', view.nodePackages, `${nodeRoot}/node_modules`] : []),
    ...(view.hasTemporaryFolder ? ['--dir', `${nodeRoot}/tmp`] : []),
    ...['--remount-ro', '/', '--chdir', '/', view.python.executable, '-I', '-B', '-X', 'utf8', '/run/weft/zygote.py'],
  ]
}

/** Arguments that show the system's shared libraries, certificates and time zones under a root. */
async function sharedLibraries(): Promise<(root: string) => string[]> {
  const links: [target: string, path: string][] = []
  const folders: string[] = []
  const triplet = TRIPLETS[process.arch] ?? ''
  for (const path of ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/local/lib']) {
    const found = await lstat(path).catch(() => undefined)
    if (found?.isSymbolicLink()) links.push([await readlink(path), path])
    else if (!found) continue
    else if (await lstat(`${path}/${triplet}`).catch(() => undefined)) folders.push(`${path}/${triplet}`)
    else if (path !== '/usr/local/lib') folders.push(path)
  }
  return root => [
    ...folders.flatMap(path => readOnly(path, root)),
    ...links.flatMap(([target, path]) => ['--symlink', target, root + path]),
    ...[...CERTIFICATES, '/usr/share/zoneinfo', '/etc/ld.so.cache'].flatMap(path => readOnly(path, root)),
  ]
}

function readOnly(path: string, root: string): string[] {
  return ['--ro-bind-try', path, root + path]
}

function devices(root: string): string[] {
  return ['null', 'zero', 'random', 'urandom'].flatMap(name => ['--dev-bind', `/dev/${name}`, `${root}/dev/${name}`])
}

function hosts(view: View, root: string): string[] {
  return ['--ro-bind', `${view.runFolder}/hosts`, `${root}/etc/hosts`]
}
