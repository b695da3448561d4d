// What Node runs in the sandbox, before the program: it is handed to `node -e`, which looks for no file.
{
  const { readSync, writeSync, closeSync } = require('node:fs')
  const { compileFunction, constants } = require('node:vm')
  const { createRequire, syncBuiltinESMExports } = require('node:module')
  // Telling Node of the proxy loads its whole HTTP client, which takes as long again as the start: so it waits for a first request.
  const goByProxy = proxy => {
    const http = require('node:http')
    const https = require('node:https')
    let isTold = false
    const tell = () => {
      if (isTold) return
      isTold = true
      http.setGlobalProxyFromEnv?.({ http_proxy: proxy, https_proxy: proxy })
    }
    const tellBefore = (owner, name) => {
      const original = owner[name]
      const replaced = {
        [name](...given) {
          tell()
          return Reflect.apply(original, this, given)
        },
      }
      owner[name] = replaced[name]
    }
    for (const owner of [http, https]) for (const name of ['request', 'get']) tellBefore(owner, name)
    tellBefore(globalThis, 'fetch')
    syncBuiltinESMExports()
  }
  if (process.env.PROXY) goByProxy(process.env.PROXY)
  for (const name of Object.keys(process.env)) delete process.env[name]
  const exactly = size => {
    const bytes = Buffer.alloc(size)
    for (let at = 0; at < size; ) {
      const count = readSync(3, bytes, at, size - at, null)
      if (!count) process.exit(0)
      at += count
    }
    return bytes
  }
  // Loaded and written once now, so that the program finds them warm.
  void process.stdout
  void Buffer.from('').toString('base64')
  writeSync(3, 'r')
  const { code, preload } = JSON.parse(exactly(exactly(4).readUInt32LE()))
  closeSync(3)
  const load = createRequire('/')
  const module = { exports: {} }
  // `-e` makes the built-in modules and these names global; a program is a module of its own, whose names are its own.
  for (const name of ['require', 'module', 'exports', '__filename', '__dirname']) delete globalThis[name]
  const names = ['exports', 'require', 'module', '__filename', '__dirname']
  const run = (text, filename) =>
    compileFunction(text, names, { filename, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER }).call(
      module.exports,
      ...[module.exports, load, module, filename, '/'],
    )
  if (preload) run(preload, '/preload.js')
  run(code, '/program.js')
}
