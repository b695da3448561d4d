import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Float, type Value, type ValueMap } from '@weft/contracts'
import { type CodeRequest, type CodeResult, CodeRunError, type CodeRunner } from '@weft/ports'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'

/**
 * What every code runner does, and what no code may do in one. `create` gives a runner whose time limit is about two
 * seconds. The attempts to break out aim at a file, an environment variable and a server that the suite itself makes.
 */
export function codeRunnerSuite(name: string, create: () => Promise<CodeRunner>) {
  describe(`${name} as a code runner`, () => {
    let runner: CodeRunner
    beforeAll(async () => {
      runner = await create()
      await python('def main():\n    return {}')
      await javascript('function main() { return {} }')
    })
    afterAll(() => runner?.[Symbol.asyncDispose]())

    const run = (language: CodeRequest['language'], code: string, inputs: ValueMap, tenantId: string): Promise<CodeResult> =>
      runner.run({ language, code, inputs, tenantId })
    const python = (code: string, inputs: ValueMap = {}, tenantId = 'tenant') => run('python3', code, inputs, tenantId)
    const javascript = (code: string, inputs: ValueMap = {}, tenantId = 'tenant') => run('javascript', code, inputs, tenantId)
    const failure = async (running: Promise<CodeResult>): Promise<CodeRunError> => {
      const error = await running.then(
        result => new Error(`it succeeded: ${JSON.stringify(result).slice(0, 500)}`),
        (error: unknown) => error,
      )
      expect(error).toBeInstanceOf(CodeRunError)
      return error as CodeRunError
    }
    /** What the code told in any way: result, print or error. */
    const told = (running: Promise<CodeResult>): Promise<string> =>
      running.then(
        result => JSON.stringify(result),
        (error: unknown) => String(error),
      )

    describe('Python', () => {
      it('calls main with the inputs by keyword', async () => {
        const { result } = await python('def main(b, a):\n    return {"joined": a + b}', { a: 'ü', b: '🌊 "\\ \n' })
        expect(result).toEqual({ joined: 'ü🌊 "\\ \n' })
      })

      it('keeps the types of numbers both ways', async () => {
        const code = 'def main(**given):\n    return {"types": [type(v).__name__ for v in given.values()], **given}'
        const inputs = { i: 1, f: new Float(1), h: 2.5, big: 12345678901234567890n, none: null, yes: true }
        const { result } = await python(code, inputs)
        expect(result).toEqual({ types: ['int', 'float', 'float', 'int', 'NoneType', 'bool'], ...inputs })
      })

      it('has the standard library', async () => {
        const code = `
import json, re, datetime, hashlib, base64, random, math, urllib.parse, collections, itertools, statistics, decimal, uuid, asyncio
async def later():
    await asyncio.sleep(0.001)
    return 'later'
def main():
    return {'hash': hashlib.sha256(b'a').hexdigest()[:8], 'quoted': urllib.parse.quote('ü'), 'later': asyncio.run(later()),
            'day': datetime.date(2024, 2, 29).isoformat(), 'sum': str(decimal.Decimal('0.1') + decimal.Decimal('0.2'))}`
        const { result } = await python(code)
        expect(result).toEqual({ hash: 'ca978112', quoted: '%C3%BC', later: 'later', day: '2024-02-29', sum: '0.3' })
      })

      it('gives back what was printed', async () => {
        const { result, stdout } = await python('print("ü")\ndef main():\n    print(1, [2])\n    return {}')
        expect([result, stdout]).toEqual([{}, 'ü\n1 [2]\n'])
      })

      test.each([
        ['def main():\n    raise ValueError("boom ü")', 'ValueError: boom ü'],
        ['def main(:\n    return {}', 'SyntaxError: invalid syntax'],
        ['def main():\n    return {"a": nothing}', "NameError: name 'nothing' is not defined"],
        ['def main():\n    return {"a": 1 / 0}', 'ZeroDivisionError: division by zero'],
        ['a = 1', "NameError: name 'main' is not defined"],
        ['def main(a):\n    return {}', "TypeError: main() missing 1 required positional argument: 'a'"],
        ['def main():\n    return {"a": {1}}', 'TypeError: Object of type set is not JSON serializable'],
      ])('tells what went wrong in %j', async (code, text) => {
        const error = await failure(python(code))
        expect(error.code).toBe('exception')
        expect(error.message.split('\n')).toContain(text)
      })

      it('shows the line of an exception', async () => {
        const { message } = await failure(python('def main():\n    raise ValueError("boom")'))
        expect(message).toMatch(/^Traceback \(most recent call last\):\n/)
        expect(message).toMatch(/line 2, in main\n/)
      })

      it('refuses numbers that JSON lacks', async () => {
        const error = await failure(python('def main():\n    return {"a": float("nan")}'))
        expect(['exception', 'invalid-result']).toContain(error.code)
      })

      it('does not take an exit for a result', async () => {
        expect((await failure(python('import sys\ndef main():\n    sys.exit(0)'))).code).toBe('exception')
      })
    })

    describe('JavaScript', () => {
      it('calls main with one object', async () => {
        const { result } = await javascript('function main({ a, b }) { return { joined: a + b, n: 1, half: 0.5 } }', { a: 'ü', b: '🌊' })
        expect(result).toEqual({ joined: 'ü🌊', n: 1, half: 0.5 })
      })

      it('gives back what was printed', async () => {
        const { result, stdout } = await javascript("function main() { console.log('ü', 1); return {} }")
        expect([result, stdout]).toEqual([{}, 'ü 1\n'])
      })

      it('knows Buffer and base64', async () => {
        const { result } = await javascript(
          "const main = () => ({ text: Buffer.from('w7w=', 'base64').toString('utf-8'), code: btoa('a') })",
        )
        expect(result).toEqual({ text: 'ü', code: 'YQ==' })
      })

      test.each([
        ["function main() { throw new Error('boom') }", 'Error: boom'],
        ['function main( {', 'SyntaxError'],
        ['function main() { return nothing }', 'ReferenceError'],
        ['let a', 'ReferenceError: main is not defined'],
      ])('tells what went wrong in %j', async (code, text) => {
        const error = await failure(javascript(code))
        expect(error.code).toBe('exception')
        expect(error.message).toContain(text)
      })

      it('refuses a result that is none', async () => {
        expect((await failure(javascript('function main() {}'))).code).toBe('invalid-result')
      })
    })

    describe('limits', () => {
      const endless: [string, CodeRequest['language'], string][] = [
        ['a loop', 'python3', 'def main():\n    while True: pass'],
        [
          'a loop that catches everything',
          'python3',
          'def main():\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass',
        ],
        ['a regular expression', 'python3', 'import re\ndef main():\n    return {"a": bool(re.match("^(a+)+$", "a" * 60 + "b"))}'],
        ['a sleep', 'python3', 'import time\ndef main():\n    time.sleep(600)'],
        ['one long step', 'python3', 'def main():\n    return {"a": (10 ** 10 ** 8) % 7}'],
        ['a loop', 'javascript', 'function main() { while (true) {} }'],
        ['a loop that catches everything', 'javascript', 'function main() { while (true) { try { while (true) {} } catch {} } }'],
        ['a regular expression', 'javascript', 'function main() { return { a: /^(a+)+$/.test("a".repeat(60) + "b") } }'],
      ]
      test.each(endless)('%s in %s ends in time, and the next run works', async (_what, language, code) => {
        const started = performance.now()
        expect((await failure(run(language, code, {}, 'tenant'))).code).toBe('timeout')
        expect(performance.now() - started).toBeLessThan(8000)
        expect((await python('def main():\n    return {"a": 1}')).result).toEqual({ a: 1 })
        expect((await javascript('function main() { return { a: 1 } }')).result).toEqual({ a: 1 })
      })

      test.each<[CodeRequest['language'], string]>([
        ['python3', 'def main():\n    return {"a": len([bytearray(10_000_000) for _ in range(1000)])}'],
        ['python3', 'def main():\n    return {"a": len("x" * 3_000_000_000)}'],
        ['javascript', 'function main() { const all = []; while (true) all.push(new Uint8Array(10_000_000)) }'],
      ])('memory in %s has an end', async (language, code) => {
        expect(['memory', 'timeout', 'exception']).toContain((await failure(run(language, code, {}, 'tenant'))).code)
        expect(
          (await run(language, language === 'python3' ? 'def main():\n    return {}' : 'function main() { return {} }', {}, 'tenant'))
            .result,
        ).toEqual({})
      })

      test.each<[CodeRequest['language'], string]>([
        ['python3', 'def main():\n    for _ in range(100):\n        print("x" * 1_000_000)\n    return {}'],
        ['python3', 'def main():\n    return {"a": "x" * 100_000_000}'],
        ['javascript', 'function main() { const line = "x".repeat(100_000); for (let i = 0; i < 1000; i++) console.log(line); return {} }'],
      ])('100 MB of output of %s are too large', async (language, code) => {
        expect(['output-too-large', 'memory', 'timeout']).toContain((await failure(run(language, code, {}, 'tenant'))).code)
      })

      it('survives a recursion without end', async () => {
        const deep = 'import sys\ndef f(n):\n    return f(n + 1)\ndef main():\n    sys.setrecursionlimit(10 ** 7)\n    return f(0)'
        await failure(python(deep))
        await failure(javascript('const f = n => f(n + 1) + 1; const main = () => f(0)'))
        expect((await python('def main():\n    return {"a": 1}')).result).toEqual({ a: 1 })
      })

      it('stops when it is told to', async () => {
        const stop = new AbortController()
        const running = runner.run({
          language: 'python3',
          code: 'def main():\n    while True: pass',
          inputs: {},
          tenantId: 'tenant',
          signal: stop.signal,
        })
        setTimeout(() => stop.abort(new Error('stopped')), 50)
        await expect(running).rejects.toThrow('stopped')
      })

      it('runs many at once', async () => {
        const runs = Array.from({ length: 20 }, (_, n) => python('def main(n):\n    return {"n": n * 2}', { n }, `tenant ${n % 3}`))
        expect((await Promise.all(runs)).map(({ result }) => (result as { n: Value }).n)).toEqual(runs.map((_, n) => n * 2))
      })
    })

    describe('walls', () => {
      const secret = randomUUID()
      let folder: string
      let file: string
      let server: Server
      let address: string
      const requests: string[] = []
      beforeAll(async () => {
        process.env.WEFT_TEST_SECRET = secret
        folder = await mkdtemp(join(tmpdir(), 'weft-code-'))
        file = join(folder, 'secret.txt')
        await writeFile(file, secret)
        server = createServer((request, response) => {
          requests.push(request.url ?? '')
          response.end(secret)
        })
        await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
        address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      })
      afterAll(async () => {
        delete process.env.WEFT_TEST_SECRET
        server.close()
        await rm(folder, { recursive: true })
      })

      test.each([
        ['open', 'def main(file, **_):\n    return {"a": open(file).read()}'],
        ['os.open', 'import os\ndef main(file, **_):\n    return {"a": os.read(os.open(file, os.O_RDONLY), 99).decode()}'],
        ['a process', 'import subprocess\ndef main(file, **_):\n    return {"a": subprocess.check_output(["cat", file]).decode()}'],
        ['a shell', 'import os\ndef main(file, **_):\n    return {"a": os.popen("cat " + file).read(), "b": os.system("cat " + file)}'],
        ['ctypes', 'import ctypes\ndef main(file, **_):\n    return {"a": str(ctypes.CDLL(None).system(("cat " + file).encode()))}'],
        ['the environment', 'import os\ndef main(**_):\n    return {"a": dict(os.environ)}'],
        ['/proc', 'def main(**_):\n    return {"a": open("/proc/self/environ").read()}'],
        [
          'urllib',
          'import urllib.request\ndef main(address, **_):\n    return {"a": urllib.request.urlopen(address, timeout=1).read().decode()}',
        ],
        [
          'http.client',
          'import http.client\ndef main(address, **_):\n    c = http.client.HTTPConnection(address[7:], timeout=1)\n    c.request("GET", "/")\n    return {"a": c.getresponse().read().decode()}',
        ],
        [
          'a socket',
          'import socket\ndef main(address, **_):\n    s = socket.create_connection(("127.0.0.1", int(address.split(":")[-1])), 1)\n    s.send(b"GET / HTTP/1.0\\r\\n\\r\\n")\n    return {"a": s.recv(9999).decode()}',
        ],
        ['js', 'import js\ndef main(**_):\n    return {"a": str(js.process.env.WEFT_TEST_SECRET)}'],
        [
          'pyodide_js',
          'import pyodide_js\ndef main(file, **_):\n    pyodide_js.mountNodeFS("/tmp/x", "/")\n    return {"a": open("/tmp/x" + file).read()}',
        ],
        ['run_js', 'from pyodide.code import run_js\ndef main(**_):\n    return {"a": run_js("process.env.WEFT_TEST_SECRET")}'],
        [
          'pyodide.ffi',
          'from pyodide.ffi import to_js\ndef main(**_):\n    return {"a": str(to_js([1]).constructor.constructor("return process.env.WEFT_TEST_SECRET")())}',
        ],
        [
          'pyfetch',
          'import asyncio\nfrom pyodide.http import pyfetch\nasync def go(a):\n    return await (await pyfetch(a)).string()\ndef main(address, **_):\n    return {"a": asyncio.run(go(address))}',
        ],
        [
          'a built-in module by the back door',
          'import _imp\nfrom importlib.machinery import ModuleSpec\ndef main(**_):\n    m = _imp.create_builtin(ModuleSpec("_pyodide_core", None))\n    return {"a": str(m.to_js([1]).constructor.constructor("return process.env.WEFT_TEST_SECRET")())}',
        ],
        [
          'what the collector knows',
          'import gc\ndef main(**_):\n    for o in gc.get_objects():\n        for p in [o, *gc.get_referents(o)]:\n            if not isinstance(p, type) and type(p).__name__ == "JsProxy":\n                return {"a": str(p.constructor.constructor("return process.env.WEFT_TEST_SECRET")())}\n    return {}',
        ],
        [
          'the frames above',
          'import sys\ndef main(**_):\n    f, names = sys._getframe(), []\n    while f:\n        names += [repr(v)[:200] for v in {**f.f_globals, **f.f_locals}.values()]\n        f = f.f_back\n    return {"a": [n for n in names if "JsProxy" in n]}',
        ],
      ])('Python gets nothing by %s', async (_way, code) => {
        expect(await told(python(code, { file, address }))).not.toContain(secret)
        expect(requests).toEqual([])
        expect((await python('def main():\n    return {"a": 1}')).result).toEqual({ a: 1 })
      })

      test.each([
        ['process', 'function main() { return { a: process.env } }'],
        ['require', "function main({ file }) { return { a: require('fs').readFileSync(file, 'utf8') } }"],
        ['constructor.constructor', "function main() { return { a: main.constructor.constructor('return process.env')() } }"],
        [
          'a constructor from console',
          "function main() { return { a: console.log.constructor.constructor('return this')().process.env } }",
        ],
        [
          'the error of a host function',
          "function main() { try { console.log({ toString() { throw 1 } }, Symbol()) } catch (e) { return { a: e.constructor.constructor('return process.env')() } } }",
        ],
        ['import()', "async function main({ file }) { return { a: (await import('node:fs')).readFileSync(file, 'utf8') } }"],
        ['eval', "function main() { return { a: (0, eval)('process.env') } }"],
        ['fetch', 'async function main({ address }) { return { a: await (await fetch(address)).text() } }'],
        [
          'XMLHttpRequest',
          "function main({ address }) { const x = new XMLHttpRequest(); x.open('GET', address, false); x.send(); return { a: x.responseText } }",
        ],
        ['WebSocket', 'function main({ address }) { new WebSocket(address); return {} }'],
        ['std and os', "function main({ file }) { return { a: std.loadFile(file), b: os.getenv('WEFT_TEST_SECRET') } }"],
      ])('JavaScript gets nothing by %s', async (_way, code) => {
        expect(await told(javascript(code, { file, address }))).not.toContain(secret)
        expect(requests).toEqual([])
      })

      it('leaves no files behind', async () => {
        await told(python('def main():\n    open("/tmp/left", "w").write("left over")\n    return {}', {}, 'first'))
        expect(await told(python('def main():\n    return {"a": open("/tmp/left").read()}', {}, 'second'))).not.toContain('left over')
      })

      test.each([
        [
          'a builtin',
          'import builtins\nbuiltins.len = lambda _: "left over"\ndef main():\n    return {}',
          'def main():\n    return {"a": len("abc")}',
        ],
        [
          'a module',
          'import json\njson.dumps = json.loads = lambda *a, **b: "left over"\ndef main():\n    return {}',
          'import json\ndef main():\n    return {"a": json.dumps(3)}',
        ],
        [
          'a class',
          'import datetime, json\njson.JSONEncoder.encode = lambda *_: "left over"\ndef main():\n    return {}',
          'import json\ndef main():\n    return {"a": json.dumps({}, indent=1)}',
        ],
        [
          'a module of its own',
          'import sys, types\nm = types.ModuleType("mine")\nm.a = "left over"\nsys.modules["mine"] = m\ndef main():\n    return {}',
          'import mine\ndef main():\n    return {"a": mine.a}',
        ],
        ['a global', 'kept = "left over"\ndef main():\n    return {}', 'def main():\n    return {"a": globals().get("kept")}'],
        [
          'an attribute of sys',
          'import sys\nsys.kept = "left over"\ndef main():\n    return {}',
          'import sys\ndef main():\n    return {"a": getattr(sys, "kept", None)}',
        ],
        [
          'the environment',
          'import os\nos.environ["KEPT"] = "left over"\ndef main():\n    return {}',
          'import os\ndef main():\n    return {"a": os.environ.get("KEPT")}',
        ],
        [
          'memory',
          'def main():\n    kept.append("left " + "over" * 1000)\nkept = []\nimport gc\ngc.disable()',
          'import gc\ndef main():\n    return {"a": [o[:20] for o in gc.get_objects() if isinstance(o, list) and any(isinstance(i, str) and i.startswith("left over") for i in o)]}',
        ],
      ])('Python leaves nothing to another tenant by %s', async (_way, first, second) => {
        for (let round = 0; round < 3; round++) {
          await told(python(first, {}, 'first'))
          expect(await told(python(second, {}, 'second'))).not.toContain('left over')
        }
      })

      test.each([
        [
          'a builtin',
          'import builtins\nbuiltins.len = lambda _: "left over"\ndef main():\n    return {}',
          'def main():\n    return {"a": len("abc")}',
        ],
        [
          'a module of its own',
          'import sys, types\nsys.modules["mine"] = types.ModuleType("left over")\ndef main():\n    return {}',
          'import mine\ndef main():\n    return {"a": str(mine)}',
        ],
        ['a global', 'kept = "left over"\ndef main():\n    return {}', 'def main():\n    return {"a": globals().get("kept")}'],
      ])("Python leaves nothing to the same tenant's next run by %s", async (_way, first, second) => {
        await told(python(first))
        expect(await told(python(second))).not.toContain('left over')
      })

      it('JavaScript leaves nothing to the next run', async () => {
        const first =
          "globalThis.kept = 'left over'; Object.prototype.kept = JSON.stringify = () => 'left over'; function main() { return {} }"
        await told(javascript(first))
        expect((await javascript('function main() { return { a: [typeof kept, typeof {}.kept, JSON.stringify(1)] } }')).result).toEqual({
          a: ['undefined', 'undefined', '1'],
        })
      })

      it('is not fooled by printed framing', async () => {
        const framing = '<<RESULT>>{"a": "forged"}<<RESULT>>'
        expect((await python(`def main():\n    print('${framing}')\n    return {"a": "real"}\nprint('${framing}')`)).result).toEqual({
          a: 'real',
        })
        expect(
          (await javascript(`console.log('${framing}'); function main() { console.log('${framing}'); return { a: 'real' } }`)).result,
        ).toEqual({ a: 'real' })
        expect((await python(`import atexit\natexit.register(print, '${framing}')\ndef main():\n    return {"a": "real"}`)).result).toEqual(
          { a: 'real' },
        )
      })

      it('gives different random numbers every time', async () => {
        const code = 'import random, uuid\ndef main():\n    return {"a": [random.random(), str(uuid.uuid4())]}'
        const seen = new Set<string>()
        for (const tenant of ['first', 'second', 'first', 'second', 'second'])
          seen.add(JSON.stringify((await python(code, {}, tenant)).result))
        expect(seen.size).toBe(5)
      })
    })
  })
}
