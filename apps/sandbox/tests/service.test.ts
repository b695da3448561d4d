import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { readSandboxSettings } from '../src/settings.ts'
import { hasSandboxTools, startTestSandbox } from './running.ts'

describe.skipIf(!(await hasSandboxTools()))('the sandbox service', () => {
  test('lets as many run as it has workers, lets others wait, and turns the rest away', async () => {
    await using sandbox = await startTestSandbox({ MAX_WORKERS: '2', MAX_REQUESTS: '5' })
    const answers = await Promise.all(Array.from({ length: 8 }, () => sandbox.run('python3', 'import time\ntime.sleep(0.5)\nprint(1)')))
    const full = answers.filter(answer => answer.status === 503)
    expect(full).toHaveLength(3)
    expect(full[0]).toMatchObject({ code: -503, message: 'Too many requests' })
    expect(answers.filter(answer => answer.stdout === '1\n')).toHaveLength(5)
    expect((await sandbox.run('python3', 'print(2)')).stdout).toBe('2\n')
  })

  test('ends a run whose caller has gone', async () => {
    await using sandbox = await startTestSandbox({ MAX_WORKERS: '1' })
    const gone = new AbortController()
    const call = sandbox.call('/v1/sandbox/run', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ language: 'python3', code: 'while True: pass' }),
      signal: gone.signal,
    })
    setTimeout(() => gone.abort(), 200)
    await expect(call).rejects.toThrow()
    const started = performance.now()
    expect((await sandbox.run('python3', 'print(1)')).stdout).toBe('1\n')
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('goes on after its first process was killed', async () => {
    await using sandbox = await startTestSandbox()
    const running = sandbox.run('python3', 'import time\ntime.sleep(20)')
    await sleep(1500)
    const [bubblewrap] = execFileSync('pgrep', ['-P', String(process.pid), 'bwrap'], { encoding: 'utf8' }).split('\n')
    process.kill(Number(bubblewrap), 'SIGKILL')
    expect((await running).error).toContain('killed')
    expect((await sandbox.run('python3', 'print(1)')).stdout).toBe('1\n')
    expect((await sandbox.run('nodejs', 'console.log(1)')).stdout).toBe('1\n')
  })

  test('bounds output', async () => {
    await using sandbox = await startTestSandbox({ SANDBOX_MAX_OUTPUT: '1' })
    const started = performance.now()
    const { code, stdout, error } = await sandbox.run('python3', 'while True: print("x" * 10000)')
    expect([code, error]).toEqual([0, 'error: output too large\nerror: signal: killed\n'])
    expect(stdout.length).toBeLessThanOrEqual(1024 * 1024)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('gives each run a folder of its own to write to, of limited size, where an operator wants that', async () => {
    await using sandbox = await startTestSandbox({ SANDBOX_TMP_SIZE: '2' })
    const code = `
import os, tempfile
with tempfile.NamedTemporaryFile() as file:
    file.write(b"a"); file.flush()
open("/tmp/kept", "w").write("b")
os.mkdir("/tmp/folder")
print(sorted(os.listdir("/tmp")))
try:
    open("/tmp/big", "wb").write(bytes(10_000_000))
except OSError as error:
    print(error.strerror)
for place in ("/usr/x", "/x", "/dev/x", "/etc/x"):
    try:
        open(place, "w")
        print("wrote", place)
    except OSError:
        pass`
    const { stdout, error } = await sandbox.run('python3', code)
    expect(error).toBe('')
    expect(stdout).toMatch(/^\['folder', 'kept'\]\n(No space left on device|File too large)\n$/)
    expect((await sandbox.run('python3', 'import os\nprint(os.listdir("/tmp"))')).stdout).toBe('[]\n')
    expect(
      (await sandbox.run('nodejs', `require('fs').writeFileSync('/tmp/a', 'x'); console.log(require('fs').readdirSync('/tmp'))`)).stdout,
    ).toBe("[ 'a' ]\n")
  })

  test('runs the preload where it is enabled', async () => {
    await using sandbox = await startTestSandbox({ ENABLE_PRELOAD: 'true' })
    expect((await sandbox.run('python3', 'print(x)', { preload: 'x = 1' })).stdout).toBe('1\n')
    expect((await sandbox.run('nodejs', 'console.log(globalThis.x)', { preload: 'globalThis.x = 1' })).stdout).toBe('1\n')
  })

  test('refuses the network where it is disabled', async () => {
    await using sandbox = await startTestSandbox({ ENABLE_NETWORK: 'false' })
    expect(await sandbox.run('python3', 'print(1)')).toMatchObject({
      status: 200,
      code: -400,
      message: 'network is disabled, please enable it in the configuration',
    })
    expect((await sandbox.run('python3', 'print(1)', { enable_network: false })).stdout).toBe('1\n')
    expect((await sandbox.run('nodejs', 'console.log(1)', { enable_network: false })).stdout).toBe('1\n')
  })

  test('answers about health and what is missing as dify-sandbox does', async () => {
    await using sandbox = await startTestSandbox()
    expect((await sandbox.call('/health', { headers: { 'x-api-key': '' } })).text).toBe('"ok"')
    expect(await sandbox.run('python3', '')).toMatchObject({ status: 400, code: -400, message: expect.stringContaining("'Code'") })
    const asForm = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'language=python3' }
    expect(await sandbox.call('/v1/sandbox/run', asForm)).toMatchObject({ status: 200, code: -400 })
    expect(await sandbox.call('/v1/sandbox/dependencies?language=nodejs')).toMatchObject({ code: -400, message: 'unsupported language' })
    const dependencies = JSON.parse((await sandbox.call('/v1/sandbox/dependencies?language=python3')).text)
    expect(dependencies.data.dependencies).toEqual(['jinja2', 'httpx', 'requests'].map(name => ({ name, version: '' })))
  })

  test('installs the packages that are listed, and what was added on refresh', { timeout: 300_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weft-packages-'))
    const local = join(folder, 'local-package')
    try {
      await mkdir(local)
      await writeFile(join(folder, 'python-requirements.txt'), 'pytz==2024.1\n')
      await writeFile(join(folder, 'package.json'), JSON.stringify({ dependencies: { ms: '2.1.3' } }))
      await using sandbox = await startTestSandbox({ SANDBOX_OFFLINE: 'false', SANDBOX_DEPENDENCIES_DIR: folder })
      await sandbox.running.packagesReady
      expect(await sandbox.run('python3', 'import pytz\nprint(pytz.__version__)')).toMatchObject({ error: '', stdout: '2024.1\n' })
      expect(await sandbox.run('nodejs', `console.log(require('ms')('1m'))`)).toMatchObject({ error: '', stdout: '60000\n' })
      expect((await sandbox.run('nodejs', `require('nothing-here')`)).error).toContain("Cannot find module 'nothing-here'")
      expect((await sandbox.run('python3', 'import pytz\nopen(pytz.__file__, "w")')).error).toMatch(/Read-only file system/)
      await writeFile(join(folder, 'python-requirements.txt'), 'pytz==2024.1\ntoolz==1.0.0\n')
      const listed = JSON.parse((await sandbox.call('/v1/sandbox/dependencies/refresh?language=python3')).text)
      expect(listed.data.dependencies.at(-1)).toEqual({ name: 'toolz', version: '1.0.0' })
      expect(await sandbox.run('python3', 'import toolz\nprint(toolz.__version__)')).toMatchObject({ error: '', stdout: '1.0.0\n' })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('makes do with one user namespace for all runs where only root may make them', async () => {
    if (process.getuid?.() !== 0) return
    await using sandbox = await startTestSandbox({ SANDBOX_USER_NAMESPACES: 'shared' })
    expect((await sandbox.run('python3', 'import os\nprint(os.getuid())\nprint(os.listdir("/"))')).stdout).toMatch(
      /^65537\n\[.*'usr'.*\]\n$/,
    )
    expect((await sandbox.run('python3', 'import os\nos.setuid(0)')).error).toContain('PermissionError')
    expect((await sandbox.run('nodejs', 'console.log(process.getuid())')).stdout).toBe('65537\n')
  })
})

test('names every setting that is wrong', () => {
  const read = () => readSandboxSettings({ MAX_WORKERS: 'many', ENABLE_NETWORK: 'perhaps', SSRF_PROXY_HTTP_URL: 'ftp://x' })
  expect(read).toThrow(/MAX_WORKERS.*ENABLE_NETWORK.*SSRF_PROXY_HTTP_URL|ENABLE_NETWORK/)
  expect(() => readSandboxSettings({ PYTHON_DEPS_UPDATE_INTERVAL: 'often' })).toThrow('PYTHON_DEPS_UPDATE_INTERVAL')
  expect(readSandboxSettings({ PYTHON_DEPS_UPDATE_INTERVAL: '1h30m', WORKER_TIMEOUT: '0' })).toMatchObject({
    runTimeout: 5000,
    packages: { checkInterval: 5_400_000 },
  })
})
