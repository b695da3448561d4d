import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

/** What code inside a powerless thread gets of each expression; it even holds modules and functions from before. */
async function attempt(expressions: string[]): Promise<string[]> {
  const attempts = expressions.map(expression => `() => ${expression}`).join(',')
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
    const [fs, net, childProcess, http, module_] = ['fs', 'net', 'child_process', 'http', 'module'].map(name => require('node:' + name))
    const earlier = process
    import(${JSON.stringify(new URL('./worker-realm.ts', import.meta.url).href)}).then(async ({ makeRealmPowerless }) => {
      makeRealmPowerless()
      const results = []
      for (const run of [${attempts}]) {
        try { results.push(String(await run())) } catch (error) { results.push('refused') }
      }
      parentPort.postMessage(results)
    })`,
    { eval: true, env: {}, execArgv: [] },
  )
  const [results] = await once(worker, 'message')
  await worker.terminate()
  return results
}

test('makes no code from text', async () => {
  const ways = [
    "(() => {}).constructor('return 1')()",
    "(async () => {}).constructor('return 1')()",
    "(function* () {}).constructor('return 1')()",
  ]
  const results = await attempt([
    ...ways,
    "Object.getPrototypeOf(Array).constructor('return 1')()",
    "globalThis.eval('1')",
    "globalThis.Function('return 1')()",
  ])
  expect(new Set(results)).toEqual(new Set(['refused']))
})

test('imports nothing, and what was imported before does nothing', async () => {
  const ways = [
    "import('node:fs')",
    "require('node:os').hostname()",
    "module_.createRequire('/')('fs')",
    "fs.readFileSync('/etc/hostname')",
    "fs.promises.readFile('/etc/hostname')",
    "new fs.ReadStream('/etc/hostname')",
    "childProcess.execSync('id')",
    'net.connect(1)',
    "http.get('http://127.0.0.1:1')",
    "earlier.getBuiltinModule('fs')",
    "earlier.binding('fs')",
    'earlier.kill(earlier.pid, 0)',
    'earlier.cwd()',
    "earlier.constructor.constructor('return 1')()",
  ]
  expect(await attempt(ways)).toEqual(ways.map(() => 'refused'))
})

test('has no globals that reach out', async () => {
  const names = [
    'process',
    'fetch',
    'WebSocket',
    'EventSource',
    'BroadcastChannel',
    'MessageChannel',
    'Worker',
    'navigator',
    'localStorage',
    'require',
    'Buffer',
    'setTimeout',
  ]
  expect(await attempt(names.map(name => `typeof globalThis.${name}`))).toEqual(names.map(() => 'undefined'))
})
