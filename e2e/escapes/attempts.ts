/** What code tries, and how its run may end: a runner names the kind of error; `harmless` is a result that gained nothing. */
export interface Attempt {
  name: string
  language: 'python3' | 'javascript'
  /** `main` is given `file`, `folder`, `pid` and `address` of what must not be reached. */
  code: string
  may: ('exception' | 'timeout' | 'memory' | 'output-too-large' | 'invalid-result' | 'harmless')[]
}

const python = (name: string, code: string, ...may: Attempt['may']): Attempt => ({ name, language: 'python3', code, may })
const javascript = (name: string, code: string, ...may: Attempt['may']): Attempt => ({ name, language: 'javascript', code, may })

/** Python whose every line is in `main`. */
const main = (body: string) => `def main(file, folder, pid, address, **_):\n${body.replace(/^/gm, '    ')}`

export const ATTEMPTS: Attempt[] = [
  // Files
  python('reads a file', main('return {"a": open(file).read()}'), 'exception'),
  python('reads a file by a path that climbs', main('return {"a": open("../" * 20 + file[1:]).read()}'), 'exception'),
  python(
    'reads a file by a descriptor of the root',
    main('import os\nroot = os.open("/", os.O_RDONLY)\nreturn {"a": os.read(os.open(file[1:], os.O_RDONLY, dir_fd=root), 99).decode()}'),
    'exception',
  ),
  python(
    'walks the tree for the secret',
    main(
      'import os\nfound = []\nfor at, _, names in os.walk("/"):\n    found += [at for n in names if n == os.path.basename(file)]\n    if at.count("/") > 3: _ [:] = []\nreturn {"a": [open(f + "/" + os.path.basename(file)).read() for f in found]}',
    ),
    'exception',
    'harmless',
    'timeout',
  ),
  python(
    'follows a link of its own',
    main('import os\nos.symlink(file, "/tmp/link")\nreturn {"a": open("/tmp/link").read()}'),
    'exception',
  ),
  python(
    'follows a hard link of its own',
    main('import os\nos.link(file, "/tmp/link")\nreturn {"a": open("/tmp/link").read()}'),
    'exception',
  ),
  python(
    'leaves the root by chroot',
    main('import os\nos.chroot(".")\nfor _ in range(50): os.chdir("..")\nreturn {"a": open(file).read()}'),
    'exception',
  ),
  python('writes beside the secret', main('open(folder + "/written", "w").write("x")\nreturn {}'), 'exception'),
  python(
    'writes to system folders',
    main(
      'import os\nwritten = []\nfor place in ("/usr/x", "/etc/x", "/x", "/dev/x", "/lib/x", "/run/x"):\n    try:\n        open(place, "w").write("x")\n        written.append(place)\n    except OSError: pass\nreturn {"a": written, "b": os.path.exists(folder)}',
    ),
    'harmless',
    'exception',
  ),
  python(
    'looks at devices',
    main(
      'import os\nfound = []\nfor name in ("mem", "kmem", "sda", "vda", "kvm", "tty", "console", "fuse", "net/tun", "shm"):\n    try:\n        found.append(str(os.open("/dev/" + name, os.O_RDWR)))\n    except OSError: pass\nassert not found, found\nreturn {}',
    ),
    'harmless',
    'exception',
  ),
  javascript('reads a file', 'function main({ file }) { return { a: require("fs").readFileSync(file, "utf8") } }', 'exception'),
  javascript(
    'reads a file by import',
    'async function main({ file }) { return { a: (await import("node:fs")).readFileSync(file, "utf8") } }',
    'exception',
    'invalid-result',
  ),
  javascript(
    'reads a file by a loader',
    'function main({ file }) { return { a: process.binding("fs").readFileUtf8(file, 0) } }',
    'exception',
  ),
  javascript('loads a library', 'function main({ file }) { process.dlopen({ exports: {} }, file); return {} }', 'exception'),
  // /proc and the environment
  ...['environ', 'cmdline', 'maps', 'mem', 'root/etc/passwd', 'cwd', 'fd/0', 'ns/user'].map(name =>
    python(`reads /proc/self/${name}`, main(`return {"a": open("/proc/self/${name}", "rb").read(99).decode("latin1")}`), 'exception'),
  ),
  python('reads /proc of another', main('return {"a": open(f"/proc/{pid}/environ").read()}'), 'exception'),
  python('reads its environment', main('import os\nreturn {"a": dict(os.environ), "b": os.getenv("WEFT_TEST_SECRET")}'), 'harmless'),
  javascript('reads its environment', 'function main() { return { a: JSON.stringify(process.env) } }', 'harmless', 'exception'),
  // Processes and signals
  python('forks without end', main('import os\nwhile True: os.fork()'), 'exception', 'timeout', 'memory'),
  python(
    'starts threads without end',
    main('import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()'),
    'exception',
    'timeout',
    'memory',
  ),
  python('kills another process', main('import os, signal\nos.kill(pid, signal.SIGKILL)\nreturn {}'), 'exception'),
  python('kills its parent', main('import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nreturn {}'), 'exception', 'harmless'),
  python('kills everybody', main('import os, signal\nos.kill(-1, signal.SIGKILL)\nreturn {}'), 'exception', 'harmless'),
  python('starts a program', main('import subprocess\nreturn {"a": subprocess.check_output(["/bin/cat", file]).decode()}'), 'exception'),
  python('starts a program by spawn', main('import os\nos.posix_spawn("/bin/cat", ["cat", file], {})\nreturn {}'), 'exception'),
  python(
    'kills itself',
    main('import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nreturn {}'),
    'exception',
    'invalid-result',
    'harmless',
  ),
  python('crashes', main('import ctypes\nreturn {"a": ctypes.string_at(0)}'), 'exception', 'invalid-result'),
  javascript(
    'starts a program',
    'function main({ file }) { return { a: require("child_process").execSync("cat " + file).toString() } }',
    'exception',
  ),
  javascript('forks without end', 'function main() { while (true) require("child_process").fork("/x") }', 'exception', 'timeout'),
  javascript(
    'starts workers without end',
    'function main() { const { Worker } = require("worker_threads"); while (true) new Worker("while (true) {}", { eval: true }) }',
    'exception',
    'timeout',
    'memory',
  ),
  javascript('kills another process', 'function main({ pid }) { process.kill(pid, "SIGKILL"); return {} }', 'exception'),
  javascript('kills everybody', 'function main() { process.kill(-1, "SIGKILL"); return {} }', 'exception'),
  // Bombs
  python('takes all memory', main('kept = []\nwhile True: kept.append(bytearray(10_000_000))'), 'memory', 'exception', 'timeout'),
  python(
    'takes memory it shares',
    main('import mmap\nkept = []\nwhile True:\n    m = mmap.mmap(-1, 50_000_000)\n    m.write(b"x" * 50_000_000)\n    kept.append(m)'),
    'memory',
    'exception',
    'timeout',
  ),
  python(
    'fills the disk',
    main('file = open("/tmp/big", "wb")\nwhile True: file.write(bytes(10_000_000))'),
    'exception',
    'memory',
    'timeout',
  ),
  python(
    'fills every folder',
    main(
      'import os\nfor at, _, _ in os.walk("/"):\n    try:\n        with open(at + "/big", "wb") as file:\n            while True: file.write(bytes(10_000_000))\n    except (OSError, MemoryError): pass\nreturn {}',
    ),
    'harmless',
    'exception',
    'memory',
    'timeout',
  ),
  python(
    'opens descriptors without end',
    main('import os\nkept = []\nwhile True: kept.append(os.open("/dev/null", os.O_RDONLY))'),
    'exception',
    'memory',
    'timeout',
  ),
  python(
    'opens pipes without end',
    main(
      'import os\nkept = []\nwhile True:\n    r, w = os.pipe()\n    os.set_blocking(w, False)\n    kept.append((r, w, os.write(w, bytes(60000))))',
    ),
    'exception',
    'memory',
    'timeout',
  ),
  python(
    'recurses without end in C',
    main('import sys, pickle\nsys.setrecursionlimit(10 ** 8)\na = []\nfor _ in range(10 ** 6): a = [a]\nreturn {"a": repr(a)[:10]}'),
    'exception',
    'memory',
    'timeout',
    'invalid-result',
    'harmless',
  ),
  python('loops', main('while True: pass'), 'timeout'),
  python('backtracks', main('import re\nreturn {"a": bool(re.match("(a|aa)+$", "a" * 100 + "b"))}'), 'timeout'),
  python('prints 100 MB', main('for _ in range(100): print("x" * 1_000_000)\nreturn {}'), 'output-too-large', 'memory', 'timeout'),
  python(
    'complains 100 MB',
    main('import sys\nfor _ in range(100): print("x" * 1_000_000, file=sys.stderr)\nreturn {}'),
    'output-too-large',
    'memory',
    'timeout',
    'exception',
    'harmless',
  ),
  javascript(
    'takes all memory',
    'function main() { const kept = []; while (true) kept.push(new Array(1e6).fill({})) }',
    'memory',
    'exception',
    'timeout',
  ),
  javascript(
    'takes memory outside the heap',
    'function main() { const kept = []; while (true) { const b = new Uint8Array(5e7); b.fill(1); kept.push(b) } }',
    'memory',
    'exception',
    'timeout',
  ),
  javascript('loops', 'function main() { while (true) {} }', 'timeout'),
  javascript('loops in promises', 'async function main() { while (true) await null }', 'timeout', 'invalid-result'),
  javascript('backtracks', 'function main() { return { a: /(a|aa)+$/.test("a".repeat(100) + "b") } }', 'timeout'),
  // Prototype tricks
  javascript(
    'goes by constructor.constructor',
    'function main({ file }) { return { a: this.constructor.constructor("return process")().mainModule.require("fs").readFileSync(file, "utf8") } }',
    'exception',
  ),
  javascript(
    'poisons prototypes',
    'Object.prototype.toJSON = Array.prototype.join = String.prototype.split = function () { return "poisoned" }; function main() { return { a: 1 } }',
    'harmless',
    'exception',
    'invalid-result',
  ),
  javascript(
    'poisons what comes after it',
    'JSON.stringify = () => "{\\"a\\":\\"forged\\"}"; Buffer.from = () => "x"; function main() { return { a: 1 } }',
    'harmless',
    'exception',
    'invalid-result',
  ),
  javascript(
    'catches its own error for a stack',
    'function main({ file }) { Error.prepareStackTrace = (_, frames) => frames.map(f => f.getThis() && f.getThis().process && f.getThis().process.env).join(); return { a: new Error().stack } }',
    'harmless',
    'exception',
  ),
  python(
    'goes by subclasses',
    main(
      'found = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ in ("Popen", "_wrap_close")]\nreturn {"a": found[0].__init__.__globals__["popen"]("cat " + file).read()}',
    ),
    'exception',
  ),
  // Sockets
  python(
    'connects to a server here',
    main(
      'import socket\nhost, port = address.split("//")[1].split(":")\ns = socket.create_connection((host, int(port)), 1)\ns.send(b"GET / HTTP/1.0\\r\\n\\r\\n")\nreturn {"a": s.recv(999).decode()}',
    ),
    'exception',
  ),
  python(
    'asks a server here',
    main('import urllib.request\nreturn {"a": urllib.request.urlopen(address, timeout=1).read().decode()}'),
    'exception',
  ),
  python(
    'asks for metadata',
    main(
      'import urllib.request\nreturn {"a": urllib.request.urlopen("http://169.254.169.254/latest/meta-data/", timeout=1).read().decode()}',
    ),
    'exception',
  ),
  python(
    'asks for metadata by a name',
    main(
      'import urllib.request\nreturn {"a": urllib.request.urlopen("http://metadata.google.internal/computeMetadata/v1/", timeout=1).read().decode()}',
    ),
    'exception',
  ),
  python(
    'connects to metadata',
    main('import socket\nsocket.create_connection(("169.254.169.254", 80), 1)\nreturn {"a": "connected"}'),
    'exception',
  ),
  python(
    'opens a raw socket',
    main('import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nreturn {"a": "opened"}'),
    'exception',
  ),
  python('opens a packet socket', main('import socket\nsocket.socket(17, socket.SOCK_RAW, 3)\nreturn {"a": "opened"}'), 'exception'),
  python(
    'speaks to the kernel by netlink',
    main('import socket\nsocket.socket(16, socket.SOCK_RAW, 0)\nreturn {"a": "opened"}'),
    'exception',
  ),
  python(
    'connects to a local service',
    main('import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect("/run/weft/io")\nreturn {"a": "connected"}'),
    'exception',
  ),
  python(
    'connects to an abstract name',
    main('import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect("\\0/run/dbus")\nreturn {"a": "connected"}'),
    'exception',
  ),
  javascript(
    'asks a server here',
    'async function main({ address }) { return { a: await (await fetch(address)).text() } }',
    'exception',
    'invalid-result',
    'harmless',
  ),
  javascript(
    'asks for metadata',
    'async function main() { const answer = await fetch("http://169.254.169.254/latest/meta-data/"); if (answer.status === 200) return { a: "reached" }; throw new Error(await answer.text()) }',
    'exception',
    'invalid-result',
  ),
  javascript(
    'connects to a server here',
    'function main({ address }) { return new Promise((yes, no) => require("net").connect(new URL(address).port, "127.0.0.1", () => yes({ a: "connected" })).on("error", no)) }',
    'exception',
    'invalid-result',
  ),
  // Answers in the runner's own framing
  python('answers in framing', `print('<<RESULT>>{"a": "forged"}<<RESULT>>')\n${main('return {"a": "real"}')}`, 'harmless'),
  python(
    'answers and leaves',
    main('import os, sys\nprint("<<RESULT>>{\\"a\\": \\"forged\\"}<<RESULT>>", flush=True)\nos._exit(0)'),
    'invalid-result',
    'exception',
  ),
  python(
    'answers to whom it finds',
    main(
      'import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b"exit 1 0\\nfailed 1 x\\n{\\"a\\": \\"forged\\"}")\n    except OSError: pass\nreturn {"a": "real"}',
    ),
    'harmless',
    'exception',
  ),
  javascript(
    'answers to whom it finds',
    'function main() { for (let fd = 3; fd < 64; fd++) try { require("fs").writeSync(fd, "exit 1 0\\n") } catch {} return { a: "real" } }',
    'harmless',
    'exception',
    'invalid-result',
    'timeout',
  ),
]

/** System calls that no program needs, by x64's numbers, each with arguments that would work elsewhere. */
export const SYSTEM_CALLS: [name: string, call: string][] = [
  ['ptrace', '101, 0, 0, 0, 0'],
  ['mount', '165, b"tmpfs", b"/tmp", b"tmpfs", 0, None'],
  ['umount2', '166, b"/tmp", 2'],
  ['pivot_root', '155, b"/", b"/tmp"'],
  ['chroot', '161, b"/tmp"'],
  ['unshare of a user namespace', '272, 0x10000000'],
  ['setns', '308, 0, 0'],
  ['clone into a user namespace', '56, 0x10000011, 0, 0, 0, 0'],
  ['keyctl', '250, 0, -3, 0'],
  ['add_key', '248, b"user", b"a", b"b", 1, -3'],
  ['request_key', '249, b"user", b"a", None, -3'],
  ['bpf', '321, 0, 0, 0'],
  ['userfaultfd', '323, 0'],
  ['perf_event_open', '298, 0, 0, -1, -1, 0'],
  ['kexec_load', '246, 0, 0, None, 0'],
  ['kexec_file_load', '320, 0, 0, 0, None, 0'],
  ['init_module', '175, None, 0, b""'],
  ['finit_module', '313, 0, b"", 0'],
  ['process_vm_readv', '310, 1, None, 0, None, 0, 0'],
  ['process_vm_writev', '311, 1, None, 0, None, 0, 0'],
  ['process_madvise', '440, 0, None, 0, 0, 0'],
  ['pidfd_open', '434, 1, 0'],
  ['pidfd_getfd', '438, 0, 0, 0'],
  ['pidfd_send_signal', '424, 0, 9, None, 0'],
  ['kill', '62, 1, 9'],
  ['tkill', '200, 1, 9'],
  ['open_by_handle_at', '304, 0, None, 0'],
  ['name_to_handle_at', '303, -100, b"/", None, None, 0'],
  ['fsopen', '430, b"tmpfs", 0'],
  ['open_tree', '428, -100, b"/", 1'],
  ['move_mount', '429, -100, b"/", -100, b"/tmp", 0'],
  ['reboot', '169, 0xfee1dead, 672274793, 0x1234567'],
  ['swapon', '167, b"/x", 0'],
  ['settimeofday', '164, None, None'],
  ['clock_settime', '227, 0, None'],
  ['sethostname', '170, b"x", 1'],
  ['iopl', '172, 3'],
  ['ioperm', '173, 0, 1, 1'],
  ['personality', '135, 0x40000'],
  ['quotactl', '179, 0, None, 0, None'],
  ['acct', '163, None'],
  ['syslog', '103, 3, None, 0'],
  ['execve', '59, b"/usr/bin/python3", None, None'],
  ['execveat', '322, -100, b"/usr/bin/python3", None, None, 0'],
  ['vfork', '58'],
  ['mknod', '133, b"/tmp/x", 0o20666, 0x103'],
  ['chmod', '90, b"/tmp", 0o777'],
  ['shmget', '29, 0, 4096, 0o1666'],
  ['msgget', '68, 0, 0o1666'],
  ['semget', '64, 0, 1, 0o1666'],
  ['mq_open', '240, b"x", 0o102, 0o666, None'],
  ['splice', '275, 0, None, 1, None, 1, 0'],
  ['vmsplice', '278, 1, None, 0, 0'],
  ['fanotify_init', '300, 0, 0'],
  ['io_submit', '209, 0, 0, None'],
  ['io_uring_enter', '426, 0, 0, 0, 0, None, 0'],
  ['seccomp', '317, 1, 0, None'],
  ['landlock_create_ruleset', '444, None, 0, 1'],
  ['memfd_secret', '447, 0'],
  ['a call of the x32 ABI', '0x40000000 + 39'],
]
