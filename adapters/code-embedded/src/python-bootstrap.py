"""Runs once inside a fresh interpreter, before its memory is photographed. Leaves two functions to the worker: `run` and
`awaken`, and takes away every way from Python to JavaScript and to native code."""

import _imp
import builtins
import gc
import importlib
import linecache
import sys

# What user code usually imports is loaded now: imports out of the zip are slow, and built-in modules that are not loaded
# by the end of this file can never be.
import array, ast, asyncio, base64, binascii, bisect, calendar, cmath, collections.abc, colorsys, concurrent.futures  # noqa: E401
import configparser, contextlib, contextvars, copy, csv, dataclasses, datetime, decimal, difflib, email.message, enum  # noqa: E401
import fractions, functools, hashlib, heapq, hmac, html, html.parser, inspect, io, itertools, json, logging, math  # noqa: E401
import numbers, operator, os, posix, pprint, queue, random, re, secrets, shlex, statistics, string, struct, tempfile, textwrap  # noqa: E401
import threading, time, traceback, types, typing, unicodedata, urllib.parse, urllib.request, uuid, warnings  # noqa: E401
import xml.etree.ElementTree, zipimport, zlib, zoneinfo  # noqa: E401

FORBIDDEN = {
    '_ctypes', '_posixsubprocess', '_pyodide_core', '_remote_debugging', '_sqlite3', '_testbuffer', '_testcapi', '_testclinic',
    '_testclinic_limited', '_testinternalcapi', '_testlimitedcapi', '_xxtestfuzz', 'faulthandler', 'mmap', 'xxsubtype',
}
FORBIDDEN_ROOTS = {'js', 'pyodide', 'pyodide_js', '_pyodide', '_pyodide_core'}


def load_builtin_modules():
    for name in sys.builtin_module_names:
        if name not in FORBIDDEN:
            try:
                __import__(name)
            except ImportError:
                pass


def is_bridge(name):
    return name.partition('.')[0] in FORBIDDEN_ROOTS


def restore_standard_library():
    """Undoes what Pyodide has put over it for browsers."""
    time.sleep = sys.modules['pyodide.webloop']._orig_sleep
    importlib.reload(asyncio.runners)
    asyncio.run, asyncio.Runner = asyncio.runners.run, asyncio.runners.Runner
    asyncio.events._event_loop_policy = TimeLoopPolicy()
    asyncio.events._set_running_loop(None)


def cut_bridges():
    """No module of Pyodide stays importable or findable; no built-in or dynamic module can be created any more."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith('_pyodide') and not getattr(finder, '__module__', '').startswith('_pyodide')]
    bridges = [sys.modules.pop(name) for name in list(sys.modules) if is_bridge(name)]
    for module in bridges:
        # What another module still holds of these must be of no use.
        if isinstance(module, types.ModuleType):
            module.__dict__.clear()
    for name in FORBIDDEN:
        sys.modules.pop(name, None)
    for leftover in gc.get_objects():
        if is_bridge(type(leftover).__module__) and not isinstance(leftover, type):
            getattr(leftover, '__dict__', {}).clear()

    def refuse(*_arguments, **_options):
        raise ImportError('this module is not available here')

    _imp.create_builtin = refuse
    _imp.create_dynamic = refuse
    _imp.exec_dynamic = refuse
    # The C library's `system` would start a process, were the thread allowed to.
    del os.system, posix.system
    sys.builtin_module_names = tuple(name for name in sys.builtin_module_names if name not in FORBIDDEN)
    sys.path[:] = [entry for entry in sys.path if entry.endswith('.zip')]
    sys.path_importer_cache.clear()
    os.environ.clear()
    for files in zipimport._zip_directory_cache.values():
        for path in [path for path in files if path.partition('/')[0] in FORBIDDEN_ROOTS | {'ctypes', 'sqlite3'}]:
            del files[path]
    gc.collect()


class Sleeper:
    """Stands in for the selector of an event loop: there are no sockets to wait for, only time."""

    def __init__(self):
        self.keys = {}

    def register(self, fileobj, events, data=None):
        raise OSError('network is not available')

    unregister = modify = register

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError('the event loop waits for something that cannot come')
        if timeout > 0:
            time.sleep(timeout)
        return []

    def get_map(self):
        return self.keys

    def close(self):
        pass


class TimeLoop(asyncio.base_events.BaseEventLoop):
    """`asyncio.run` without sockets: coroutines, tasks, sleeps and time-outs."""

    def __init__(self):
        super().__init__()
        self._selector = Sleeper()

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass


class TimeLoopPolicy(asyncio.events._BaseDefaultEventLoopPolicy):
    _loop_factory = TimeLoop


def prepare():
    # Bound once: what user code does to modules must not reach the runner's own steps.
    loads, dumps, b64decode = json.loads, json.dumps, base64.b64decode
    format_exception = traceback.format_exception
    stream_out, stream_err = sys.stdout, sys.stderr
    pristine_builtins = dict(builtins.__dict__)
    pristine_modules = dict(sys.modules)
    pristine_lists = [(owner, list(owner)) for owner in (sys.path, sys.meta_path, sys.path_hooks)]
    standard_library = next(entry for entry in sys.path if entry.endswith('.zip')) + '/'
    recursion_limit = sys.getrecursionlimit()
    compiled = {}
    reseed = random.seed

    def message_of(error):
        try:
            frames = error.__traceback__
            while frames and frames.tb_frame.f_code.co_filename == 'runner.py':
                frames = frames.tb_next
            error.__traceback__ = frames
            return ''.join(format_exception(error))
        except Exception:
            return f'{type(error).__name__}: (its text could not be made)\n'

    def run(source, inputs, limit):
        linecache.cache['main.py'] = (len(source), None, source.splitlines(True), 'main.py')
        namespace = {'__name__': '__main__', '__builtins__': builtins}
        try:
            code = compiled.get(source)
            if code is None:
                if len(compiled) >= 64:
                    compiled.clear()
                code = compiled[source] = compile(source, 'main.py', 'exec', dont_inherit=True)
            exec(code, namespace)
            # Code may use these without importing them: the wrapper it has been written for does.
            namespace.setdefault('json', json)
            namespace.setdefault('b64decode', b64decode)
            if 'main' not in namespace:
                raise NameError("name 'main' is not defined")
            text = dumps(call(namespace['main'], loads(inputs)), allow_nan=False)
            return 'L' if len(text) > limit else 'R' + text
        except MemoryError as error:
            return 'M' + message_of(error)
        except BaseException as error:
            return 'E' + message_of(error)
        finally:
            reset(namespace)

    def call(main, inputs):
        return main(**inputs)

    def reset(namespace):
        for stream in (stream_out, stream_err):
            try:
                stream.flush()
            except Exception:
                pass
        namespace.clear()
        if builtins.__dict__ != pristine_builtins:
            builtins.__dict__.clear()
            builtins.__dict__.update(pristine_builtins)
        sys.stdout = sys.__stdout__ = stream_out
        sys.stderr = sys.__stderr__ = stream_err
        sys.settrace(None)
        sys.setprofile(None)
        sys.setrecursionlimit(recursion_limit)
        for owner, content in pristine_lists:
            owner[:] = content
        for name in [name for name in sys.modules if name not in pristine_modules]:
            origin = getattr(getattr(sys.modules[name], '__spec__', None), 'origin', None) or ''
            if not str(origin).startswith(standard_library):
                del sys.modules[name]
        sys.modules.update(pristine_modules)

    def awaken():
        """After the memory was put back: randomness must not repeat."""
        reseed()

    return run, awaken


def seal():
    restore_standard_library()
    cut_bridges()
    sys.dont_write_bytecode = True
    run, awaken = prepare()
    holder[:] = [run, awaken]


load_builtin_modules()
holder = []
entry_points = [seal, holder]
entry_points
