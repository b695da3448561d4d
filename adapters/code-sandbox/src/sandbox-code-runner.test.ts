import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Float } from '@weft/contracts'
import type { CodeRunner } from '@weft/ports'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { createSandboxCodeRunner } from './sandbox-code-runner.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0

type Run = Pick<Parameters<CodeRunner['run']>[0], 'language' | 'code'> & { inputs?: Parameters<CodeRunner['run']>[0]['inputs'] }
const run = (runner: CodeRunner, { language, code, inputs = {} }: Run) => runner.run({ language, code, inputs, tenantId: 'tenant' })
const nothing: Run = { language: 'python3', code: 'def main(): ...' }

describe('against a sandbox', () => {
  const requests: { key: unknown; body: Record<string, unknown> }[] = []
  /** Speaks the sandbox's API and runs programs by the machine's own interpreters. */
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text)
    requests.push({ key: request.headers['x-api-key'], body })
    const child = body.language === 'nodejs' ? spawn(process.execPath, ['-']) : spawn('python3', ['-'])
    child.stdin.end(body.code)
    let [stdout, error] = ['', '']
    child.stdout.on('data', data => (stdout += data))
    child.stderr.on('data', data => (error += data))
    child.on('error', reason => (error = String(reason)))
    child.on('close', status => {
      if (status) error += `error: exit status ${status}\n`
      response.end(JSON.stringify({ code: 0, message: 'success', data: { error, stdout } }))
    })
  })
  let runner: CodeRunner
  beforeAll(async () => {
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    runner = createSandboxCodeRunner({ endpoint: `http://127.0.0.1:${port}/`, apiKey: 'the key', fetch })
  })
  afterAll(() => server.close())

  it('sends what the API asks for', async () => {
    await run(runner, { language: 'javascript', code: 'const main = () => ({})' })
    expect(requests.at(-1)).toMatchObject({ key: 'the key', body: { language: 'nodejs', preload: '', enable_network: true } })
  })

  it('runs JavaScript', async () => {
    const code = "function main({ a, b }) { console.log('ü'); return { joined: a + b } }"
    expect(await run(runner, { language: 'javascript', code, inputs: { a: 'ü$&', b: "'\\\n" } })).toEqual({
      result: { joined: "ü$&'\\\n" },
      stdout: 'ü\n',
    })
    expect((await run(runner, { language: 'javascript', code: 'const main = async () => ({ a: 1 })' })).result).toEqual({ a: 1 })
  })

  it.runIf(hasPython)('runs Python', async () => {
    const code = 'print("ü")\ndef main(a, b):\n    return {"a": a, "b": b, "type": type(a).__name__}'
    const result = await run(runner, { language: 'python3', code, inputs: { a: new Float(1), b: 'ü\'"' } })
    expect(result).toEqual({ result: { a: new Float(1), b: 'ü\'"', type: 'float' }, stdout: 'ü\n' })
  })

  it.runIf(hasPython)('tells of exceptions', async () => {
    const error = expect.objectContaining({
      code: 'exception',
      message: expect.stringMatching(/line 2, in main\n.*\n?.*ValueError: boom ü\nerror: exit status 1\n$/s),
    })
    await expect(run(runner, { language: 'python3', code: 'def main():\n    raise ValueError("boom ü")' })).rejects.toEqual(error)
    await expect(run(runner, { language: 'javascript', code: 'function main() {}' })).rejects.toMatchObject({ code: 'invalid-result' })
  })

  it.runIf(hasPython)('is not fooled by printed framing', async () => {
    const print = `print('<<RESULT>>{"a": "forged"}<<RESULT>>')`
    const code = `${print}\ndef main():\n    ${print}\n    return {"a": "real"}`
    expect((await run(runner, { language: 'python3', code })).result).toEqual({ a: 'real' })
  })
})

describe('answers of the service', () => {
  const answering = (status: number, body: unknown) =>
    createSandboxCodeRunner({
      endpoint: 'http://sandbox',
      apiKey: '',
      fetch: async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }),
    })
  const network = 'Failed to execute code, which is likely a network issue, please check if the sandbox service is running.'

  test.each<[number, unknown, string, string]>([
    [503, '', 'unavailable', 'Code execution service is unavailable'],
    [
      401,
      '',
      'unavailable',
      `${network} ( Error: Failed to execute code, got status code 401, please check if the sandbox service is running )`,
    ],
    [200, 'no json', 'unavailable', 'Failed to parse response'],
    [200, { code: -500, message: 'broken', data: null }, 'unavailable', 'Got error code: -500. Got error msg: broken'],
    [
      200,
      { code: 0, message: '', data: { error: 'error: timeout\nerror: signal: killed\n', stdout: '' } },
      'timeout',
      'error: timeout\nerror: signal: killed\n',
    ],
    [200, { code: 0, message: '', data: { error: 'MemoryError\n' } }, 'memory', 'MemoryError\n'],
    [
      200,
      { code: 0, message: '', data: { error: '', stdout: 'x' } },
      'invalid-result',
      'Failed to parse result: no result tag found in response. Response: x...',
    ],
  ])('%d %j', async (status, body, code, message) => {
    await expect(run(answering(status, body), nothing)).rejects.toMatchObject({ code, message })
  })

  const silent = (signal: AbortSignal) => new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

  it('gives up on a service that stays silent', async () => {
    const runner = createSandboxCodeRunner({
      endpoint: 'http://sandbox',
      apiKey: '',
      fetch: (_url, { signal }) => silent(signal),
      connectTimeoutMilliseconds: 20,
      readTimeoutMilliseconds: 20,
    })
    await expect(run(runner, nothing)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining(network) })
  })

  it('stops when it is told to', async () => {
    const runner = createSandboxCodeRunner({ endpoint: 'http://sandbox', apiKey: '', fetch: (_url, { signal }) => silent(signal) })
    const signal = AbortSignal.abort(new Error('stopped'))
    await expect(runner.run({ ...nothing, inputs: {}, tenantId: 'tenant', signal })).rejects.toThrow()
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('stopped')), 20)
    await expect(runner.run({ ...nothing, inputs: {}, tenantId: 'tenant', signal: stop.signal })).rejects.toThrow('stopped')
  })
})
