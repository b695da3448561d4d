// What Node runs in the sandbox, before the program: it is handed to `node -e`, which looks for no file.
{
  const { readSync, writeSync, closeSync } = require('node:fs')
  const { compileFunction } = require('node:vm')
  const { createRequire } = require('node:module')
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
  const given = [module.exports, load, module, '/program.js', '/']
  if (preload) compileFunction(preload, names, { filename: '/preload.js' }).apply(module.exports, given)
  compileFunction(code, names, { filename: '/program.js' }).apply(module.exports, given)
}
