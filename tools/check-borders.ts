// Imports flow one way (ARCHITECTURE.md). Fails on an import that a package may not make, on a path into another package,
// and on an import cycle.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** What of ours each package may import. An adapter may import `contracts`, `ports`, and what is listed. */
const ALLOWED: Record<string, string[]> = {
  'packages/contracts': [],
  'packages/ports': ['contracts'],
  'packages/engine': ['contracts'],
  'packages/jinja': ['contracts'],
  'packages/graph-editor': ['contracts'],
  'packages/ui': [],
  'packages/nodes': ['engine', 'jinja', 'ports', 'contracts', 'documents'],
  'packages/documents': ['contracts', 'ports'],
  'packages/core': ['engine', 'jinja', 'nodes', 'knowledge', 'ports', 'contracts', 'documents'],
  'packages/platform': ['*'],
  'packages/testkit': ['*'],
  'apps/api': ['core', 'platform', 'contracts', 'ports', 'engine'],
  'apps/worker': ['core', 'platform', 'contracts', 'ports'],
  'apps/weft': ['*'],
  'apps/web': ['contracts', 'graph-editor', 'ui'],
  'apps/sandbox': ['contracts'],
  'apps/ssrf-proxy': ['contracts', 'ports', 'adapter-outbound'],
}
/** Adapters that implement a store which `core` declares, or build on another's dialect. */
const ADAPTERS: Record<string, string[]> = {
  'adapters/postgres': ['core', 'engine'],
  'adapters/queue-redis': ['adapter-redis'],
  'adapters/models': ['core'],
}
/**
 * Who may open connections by Node's own means: the gate itself, and what calls only addresses that operators set. All others are
 * handed an `HttpClient`; Biome keeps them from a bare `fetch`.
 */
const WAYS_OUT = ['adapters/outbound', 'adapters/google-storage', 'apps/ssrf-proxy', 'apps/web', 'packages/testkit']
/** The sandbox's address is the operator's own. */
const FETCHES_FROM_OPERATORS = ['packages/platform/src/runs.ts']
const TESTS_MAY_ALSO = ['testkit', 'platform', 'services']

const root = resolve(import.meta.dirname, '..')
const files = globSync('{packages,adapters,apps,e2e}/**/*.{ts,tsx}', { cwd: root, exclude: path => /node_modules|\.next|dist/.test(path) })
const problems: string[] = []
const edges = new Map<string, string[]>()

for (const file of files) {
  const owner = ownerOf(file)
  const isTest = /\.test\.tsx?$|\/tests\//.test(file) || owner.startsWith('e2e')
  const targets: string[] = []
  const source = readFileSync(join(root, file), 'utf8')
  if (!isTest && !WAYS_OUT.includes(owner)) checkWayOut(file, source)
  for (const specifier of specifiersIn(source)) {
    if (specifier.startsWith('@weft/')) checkPackage(file, owner, specifier, isTest)
    if (!specifier.startsWith('.')) continue
    const target = relative(root, resolve(root, dirname(file), specifier))
    if (ownerOf(target) !== owner) problems.push(`${file}: reaches into another package by path: ${specifier}`)
    else targets.push(target)
  }
  edges.set(file, targets)
}
for (const cycle of findCycles()) problems.push(`import cycle: ${cycle.join(' → ')}`)
for (const problem of problems) console.error(problem)
console.log(problems.length ? `${problems.length} border problems in ${files.length} files` : `borders hold in ${files.length} files`)
process.exit(problems.length ? 1 : 0)

/** The package that a file is of. */
function ownerOf(file: string): string {
  return file.startsWith('e2e/') ? 'e2e' : file.split('/').slice(0, 2).join('/')
}

/** The specifiers of all imports and re-exports. Each stands behind `from`, or behind `import` itself. */
function specifiersIn(source: string): string[] {
  return [...source.matchAll(/^(?:import|export|\}).* from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm)].map(
    match => match[1] ?? match[2] ?? match[3] ?? '',
  )
}

function checkPackage(file: string, owner: string, specifier: string, isTest: boolean) {
  const wanted = specifier.split('/')[1] ?? ''
  const allowed = owner.startsWith('adapters/')
    ? ['contracts', 'ports', ...(ADAPTERS[owner] ?? [])]
    : owner.startsWith('e2e')
      ? ['contracts', 'services', 'adapter-code-sandbox']
      : (ALLOWED[owner] ?? [])
  if (allowed.includes('*') || allowed.includes(wanted) || (isTest && (TESTS_MAY_ALSO.includes(wanted) || owner === `packages/${wanted}`)))
    return
  problems.push(`${file}: ${owner} may not import @weft/${wanted}`)
}

function checkWayOut(file: string, source: string) {
  const imported = [...source.matchAll(/^import (?!type )([^;]*?) from '(undici|(?:node:)?https?|(?:node:)?http2)'/gm)]
  for (const [, names = '', module = ''] of imported) {
    // Serving is no way out.
    if (!/http/.test(module) || /\b(request|get|Agent|ClientRequest|connect)\b|^\w|\* as/.test(names)) {
      problems.push(`${file}: requests go out through the HttpClient port, not by ${module}`)
    }
  }
  if (/(?<!typeof )globalThis\.(fetch|WebSocket|EventSource)\b/.test(source) && !FETCHES_FROM_OPERATORS.includes(file)) {
    problems.push(`${file}: requests go out through the HttpClient port, not by a bare fetch`)
  }
}

function findCycles(): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string) => {
    const at = path.indexOf(file)
    if (at >= 0) return void cycles.push([...path.slice(at), file])
    if (done.has(file)) return
    path.push(file)
    for (const target of edges.get(file) ?? []) visit(target)
    path.pop()
    done.add(file)
  }
  for (const file of edges.keys()) visit(file)
  return cycles
}
