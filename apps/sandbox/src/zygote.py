"""The parent of every sandboxed process.

It runs under bubblewrap with the interpreter warm, and forks ahead of need: each child has user, mount, pid, network, ipc and uts
namespaces of its own, sees one folder as its root, holds no capability, and waits on a socket for the one program that it will
run. This process never sees a program, so no child can find another's in its memory.

Standard input brings lines from the service, standard output takes them back:
    <configuration as JSON>          once
    fork <id> python3 | nodejs <filter>
    kill <id>
        exit <id> <wait status>      when the process has ended
        failed <id> <reason>         where there is none
"""
import array
import atexit
import base64
import ctypes
import fcntl
import gc
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import traceback
import types

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_CAPBSET_DROP, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 24, 22, 38, 47
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
IS_ARM = os.uname().machine == 'aarch64'
SYS_PIVOT_ROOT, SYS_CAPSET, SYS_EXECVE = (41, 91, 221) if IS_ARM else (155, 126, 59)

libc = ctypes.CDLL(None, use_errno=True)
config = {}
bridge = None


def check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f'{what}: {os.strerror(number)}')


def text(value):
    return value.encode() if value is not None else None


def mount(source, target, kind, flags, options=None):
    check(libc.mount(text(source), text(target), text(kind), ctypes.c_ulong(flags), text(options)), f'mount {target}')


def write(path, content):
    with open(path, 'w') as file:
        file.write(content)


# --- the parent -----------------------------------------------------------------------------------------------------------------


def serve():
    commands = os.fdopen(os.dup(0), 'rb', buffering=0)
    pending = b''
    poll = select.poll()
    poll.register(commands, select.POLLIN)
    pids, by_descriptor = {}, {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor in by_descriptor:
                run = by_descriptor.pop(descriptor)
                poll.unregister(descriptor)
                os.close(descriptor)
                _, status = os.waitpid(pids.pop(run), 0)
                tell(f'exit {run} {status}')
                if bridge:
                    bridge.send(run.encode())
                continue
            received = commands.read(65536)
            if not received:
                return
            *lines, pending = (pending + received).split(b'\n')
            for line in lines:
                verb, run, *rest = line.decode().split(' ')
                if verb == 'kill':
                    if run in pids:
                        os.kill(pids[run], signal.SIGKILL)
                    continue
                try:
                    pid = fork(run, *rest)
                    descriptor = os.pidfd_open(pid)
                except Exception as error:
                    tell(f'failed {run} {error}')
                    continue
                pids[run] = pid
                by_descriptor[descriptor] = run
                poll.register(descriptor, select.POLLIN)
        reap()


def tell(line):
    os.write(1, (line + '\n').encode())


def reap():
    """The processes that stood between this one and a run have long ended."""
    for pid in between[:]:
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done:
            between.remove(pid)


between = []


def fork(run, language, filter_name):
    """The process enters its namespaces, and only its child is inside the new pid namespace: as its first process."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            enter_namespaces()
            inner = os.fork()
            if inner:
                os.write(writing, str(inner).encode())
                os._exit(0)
            os.close(reading)
            os.close(writing)
            become(run, language, filter_name)
        except BaseException as error:
            try:
                os.write(writing, f'! {error}'.encode())
            except OSError:
                os.write(2, traceback.format_exc().encode())
        os._exit(125)
    os.close(writing)
    answer = os.read(reading, 4096).decode()
    os.close(reading)
    between.append(pid)
    reap()
    if not answer.isdigit():
        raise RuntimeError(answer.lstrip('! ') or 'the process ended at once')
    return int(answer)


# --- a child ----------------------------------------------------------------------------------------------------------------------


def enter_namespaces():
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
    if config['hasUserNamespaces']:
        flags |= CLONE_NEWUSER
    check(libc.unshare(flags), 'unshare')
    if config['hasUserNamespaces']:
        write('/proc/self/setgroups', 'deny')
        write('/proc/self/uid_map', f'{user} {user} 1')
        write('/proc/self/gid_map', f'{group} {group} 1')


def become(run, language, filter_name):
    given, out, error = (connect(run, stream) for stream in ('in', 'out', 'error'))
    bring_up_loopback()
    if bridge:
        listener = socket.socket()
        listener.bind(('127.0.0.1', config['proxyPort']))
        listener.listen(64)
        socket.send_fds(bridge, [run.encode()], [listener.fileno()])
    enter_root('/roots/' + language)
    if config['temporaryBytes']:
        mount('tmpfs', '/tmp', 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, f'size={config["temporaryBytes"]},mode=700,nr_inodes=4096')
    elif language == 'python3':
        mount('tmpfs', '/tmp', 'tmpfs', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'size=64k,mode=555,nr_inodes=16')
    nothing = os.open('/dev/null', os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(out.fileno(), 1)
    os.dup2(error.fileno(), 2)
    os.dup2(given.detach(), 3)
    for other in (out, error):
        other.detach()
    os.closerange(4, 4096)
    limit(language)
    drop_capabilities()
    if language == 'nodejs':
        return start_node(filter_name)
    run_python()


def connect(run, stream):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect('/run/weft/io')
    connection.sendall(f'{run} {stream}\n'.encode())
    return connection


def bring_up_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack('16sh22x', b'lo', 0)
        flags = struct.unpack('16sh22x', fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack('16sh22x', b'lo', flags | IFF_UP))


def enter_root(path):
    mount(None, '/', None, MS_REC | MS_PRIVATE)
    mount(path, path, None, MS_BIND | MS_REC)
    os.chdir(path)
    check(libc.syscall(SYS_PIVOT_ROOT, b'.', b'.'), 'pivot_root')
    check(libc.umount2(b'.', MNT_DETACH), 'umount')
    os.chdir('/')


def limit(language):
    def to(what, most):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))

    # V8 sets half a gigabyte of addresses aside for code, which counts although it stays empty, and a stack for each thread.
    to(resource.RLIMIT_DATA, config['memoryBytes'] + (640 << 20 if language == 'nodejs' else 0))
    to(resource.RLIMIT_CPU, config['cpuSeconds'])
    to(resource.RLIMIT_FSIZE, config['temporaryBytes'])
    to(resource.RLIMIT_NOFILE, 128)
    to(resource.RLIMIT_NPROC, config['threads'])
    to(resource.RLIMIT_CORE, 0)
    to(resource.RLIMIT_MEMLOCK, 0)
    to(resource.RLIMIT_MSGQUEUE, 0)


def drop_capabilities():
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack('Ii', 0x20080522, 0))
    check(libc.syscall(SYS_CAPSET, header, ctypes.create_string_buffer(24)), 'capset')
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no_new_privs')


class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_void_p)]


def install(program):
    instructions = ctypes.create_string_buffer(program, len(program))
    filter_program = Program(len(program) // 8, ctypes.addressof(instructions))
    check(libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(filter_program), 0, 0), 'seccomp')


def start_node(filter_name):
    path = ctypes.create_string_buffer(b'/bin/node')
    parameters = [parameter.encode() for parameter in config['nodeArguments']]
    variables = [variable.encode() for variable in config['nodeEnvironment']]
    argv = (ctypes.c_char_p * (len(parameters) + 1))(*parameters, None)
    envp = (ctypes.c_char_p * (len(variables) + 1))(*variables, None)
    address = ctypes.addressof(path)
    program = base64.b64decode(config['filters'][filter_name])
    for mark, part in ((config['execMark']['low'], address & 0xFFFFFFFF), (config['execMark']['high'], address >> 32)):
        program = program.replace(struct.pack('<I', mark), struct.pack('<I', part))
    install(program)
    libc.syscall(SYS_EXECVE, path, argv, envp)
    os._exit(126)


def run_python():
    connection = socket.socket(fileno=3)
    connection.sendall(b'r')
    program = json.loads(receive(connection))
    connection.close()
    sys.stdin = open(0, closefd=False)
    module = types.ModuleType('__main__')
    module.__dict__['__builtins__'] = __builtins__
    sys.modules['__main__'] = module
    sys.argv = ['']
    filters, preload, code = config['filters'], program['preload'], program['code']
    filter_bytes = base64.b64decode(filters['python3-on' if program['hasNetwork'] else 'python3-off'])
    status = 0
    try:
        install(filter_bytes)
        if preload:
            exec(compile(preload, '<preload>', 'exec'), module.__dict__)
        exec(compile(code, '<string>', 'exec'), module.__dict__)
    except SystemExit as stop:
        status = status_of(stop)
    except BaseException as error:
        status = 255
        report(error)
    end(status)


def receive(connection):
    size = struct.unpack('<I', exactly(connection, 4))[0]
    return exactly(connection, size)


def exactly(connection, size):
    received = bytearray(size)
    view = memoryview(received)
    while size:
        count = connection.recv_into(view[-size:])
        if not count:
            os._exit(0)
        size -= count
    return bytes(received)


def status_of(stop):
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 255
    print(stop.code, file=sys.stderr)
    return 1


def report(error):
    """As Python does, without the frame of this file at the top."""
    try:
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename == __file__:
            frames = frames.tb_next
        sys.stdout.flush()
        traceback.print_exception(type(error), error, frames)
    except BaseException:
        os.write(2, f'{type(error).__name__}\n'.encode())


def end(status):
    """What the interpreter does at its end, without the slow freeing of memory."""
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
    except SystemExit as stop:
        status = status_of(stop)
    except BaseException as error:
        report(error)
    try:
        sys.stdout.flush()
    except BaseException as error:
        report(error)
        status = status or 120
    try:
        sys.stderr.flush()
    except BaseException:
        pass
    os._exit(status)


# --- the way out --------------------------------------------------------------------------------------------------------------------


def start_bridge():
    """A process that carries what comes to a child's own loopback proxy to the service, which carries it to the proxy proper."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork():
        theirs.close()
        return ours
    ours.close()
    os.dup2(os.open('/dev/null', os.O_RDWR), 0)
    os.dup2(2, 1)
    import asyncio

    try:
        asyncio.run(carry(asyncio, theirs))
    finally:
        os._exit(0)


async def carry(asyncio, orders):
    """An order with a socket names the run whose proxy it is; one without says that the run is over."""
    orders.setblocking(False)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    servers = {}

    async def open_proxy(run, listener):
        connections = set()

        async def accept(reader, writer):
            if len(connections) >= 64:
                return writer.close()
            connections.add(asyncio.current_task())
            try:
                far_reader, far_writer = await asyncio.open_unix_connection('/run/weft/proxy')
                await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))
            except OSError:
                pass
            finally:
                writer.close()
                connections.discard(asyncio.current_task())

        servers[run] = await asyncio.start_server(accept, sock=listener), connections

    async def pipe(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.close()

    def take_order():
        try:
            message, ancillary, _, _ = orders.recvmsg(256, socket.CMSG_SPACE(4))
        except BlockingIOError:
            return
        if not message:
            loop.remove_reader(orders)
            return ended.set_result(None)
        run = message.decode()
        descriptors = array.array('i')
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        if descriptors:
            listener = socket.socket(fileno=descriptors[0])
            listener.setblocking(False)
            loop.create_task(open_proxy(run, listener))
        elif run in servers:
            server, connections = servers.pop(run)
            server.close()
            for connection in list(connections):
                connection.cancel()

    loop.add_reader(orders, take_order)
    await ended


# --- start --------------------------------------------------------------------------------------------------------------------------


def know_proxy():
    """Programs have no environment, and the libraries that look there for a proxy look here first."""
    import urllib.request

    address = f'http://127.0.0.1:{config["proxyPort"]}'
    proxies = {'http': address, 'https': address}
    urllib.request.getproxies = urllib.request.getproxies_environment = lambda: dict(proxies)


def main():
    global bridge
    os.environ.clear()
    config.update(json.loads(read_line()))
    if config['proxyPort']:
        bridge = start_bridge()
        know_proxy()
    if config['packages']:
        import site

        site.addsitedir(config['packages'])
    for name in config['preloads']:
        try:
            __import__(name)
        except ImportError:
            pass
    gc.collect()
    gc.freeze()
    tell('ready')
    serve()


def read_line():
    """Up to the line's end and no further: what follows is for `serve`."""
    line = b''
    while not line.endswith(b'\n'):
        byte = os.read(0, 1)
        if not byte:
            os._exit(0)
        line += byte
    return line


main()
