import { SYSCALLS, type Syscall } from './syscalls.ts'

export interface FilterOptions {
  architecture: 'x64' | 'arm64'
  language: 'python3' | 'nodejs'
  /** Without it the process ends at its first socket. */
  hasNetwork: boolean
  /** Whether the run has a folder it may write to. */
  hasTemporaryFolder: boolean
  /** Node alone: whether packages may be looked for among files. */
  hasPackages: boolean
}

/**
 * Stands in a filter for the address of the one path that may be executed; whoever installs the filter puts the address there.
 * The process that is then started knows neither the address nor has anything there.
 */
export const EXEC_ADDRESS_MARK = { low: 0x57e4f7aa, high: 0x57e4f7bb }

type Verdict = 'allow' | 'kill' | { errno: number }
interface Instruction {
  code: number
  jumpTrue: number
  jumpFalse: number
  value: number
}

const EPERM = 1
const ENOMEM = 12
const ENOSYS = 38
const EAFNOSUPPORT = 97

const LOAD = 0x20
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_GREATER_OR_EQUAL = 0x35
const AND = 0x54
const RETURN = 0x06

const AUDIT_ARCHITECTURES = { x64: 0xc000003e, arm64: 0xc00000b7 }
/** Numbers from here on belong to the x32 ABI. */
const X32 = 0x40000000

/** What an interpreter and its libraries need to compute, read files and wait. */
const COMPUTING: Syscall[] = [
  ...(['read', 'write', 'close', 'fstat', 'newfstatat', 'stat', 'lstat', 'poll', 'ppoll', 'lseek', 'mprotect', 'munmap', 'brk'] as const),
  ...(['rt_sigaction', 'rt_sigprocmask', 'rt_sigreturn', 'rt_sigtimedwait', 'rt_sigpending', 'rt_sigsuspend', 'sigaltstack'] as const),
  ...(['ioctl', 'pread64', 'pwrite64', 'preadv', 'pwritev', 'preadv2', 'pwritev2', 'readv', 'writev', 'access', 'faccessat'] as const),
  ...([
    'faccessat2',
    'pipe',
    'pipe2',
    'select',
    'pselect6',
    'sched_yield',
    'mremap',
    'msync',
    'mincore',
    'madvise',
    'dup',
    'dup2',
  ] as const),
  ...(['dup3', 'pause', 'nanosleep', 'clock_nanosleep', 'getitimer', 'setitimer', 'alarm', 'timer_create', 'timer_settime'] as const),
  ...(['timer_gettime', 'timer_getoverrun', 'timer_delete', 'getpid', 'gettid', 'getppid', 'exit', 'exit_group', 'uname'] as const),
  ...(['fcntl', 'flock', 'fsync', 'fdatasync', 'getcwd', 'chdir', 'fchdir', 'readlink', 'readlinkat', 'gettimeofday'] as const),
  ...(['getrlimit', 'setrlimit', 'prlimit64', 'getrusage', 'sysinfo', 'times', 'getuid', 'getgid', 'geteuid', 'getegid'] as const),
  ...(['getpgrp', 'getpgid', 'getsid', 'getgroups', 'getresuid', 'getresgid', 'capget', 'arch_prctl', 'prctl', 'futex'] as const),
  ...(['futex_waitv', 'set_tid_address', 'set_robust_list', 'get_robust_list', 'rseq', 'clock_gettime', 'clock_getres'] as const),
  ...(['time', 'epoll_create', 'epoll_create1', 'epoll_ctl', 'epoll_wait', 'epoll_pwait', 'epoll_pwait2', 'eventfd'] as const),
  ...(['eventfd2', 'timerfd_create', 'timerfd_settime', 'timerfd_gettime', 'getrandom', 'sched_getaffinity'] as const),
  ...(['sched_setaffinity', 'sched_getparam', 'sched_getscheduler', 'sched_get_priority_max', 'sched_get_priority_min'] as const),
  ...(['getpriority', 'statfs', 'fstatfs', 'tgkill', 'membarrier', 'pkey_alloc', 'pkey_free', 'pkey_mprotect'] as const),
  ...(['restart_syscall', 'umask', 'getcpu', 'copy_file_range', 'sendfile', 'mlock', 'munlock', 'fadvise64', 'wait4'] as const),
  ...(['waitid', 'shutdown', 'getsockname', 'getpeername', 'setsockopt', 'getsockopt', 'sendto', 'recvfrom', 'sendmsg'] as const),
  ...(['recvmsg', 'sendmmsg', 'recvmmsg'] as const),
]
const NETWORK: Syscall[] = ['connect', 'bind', 'listen', 'accept', 'accept4']
const CHANGING_FILES: Syscall[] = [
  ...(['mkdir', 'mkdirat', 'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2', 'rmdir', 'link', 'linkat', 'symlink'] as const),
  ...(['symlinkat', 'truncate', 'ftruncate', 'fallocate', 'chmod', 'fchmod', 'fchmodat', 'utimensat'] as const),
]
const CHANGING_USER: Syscall[] = [
  ...(['setuid', 'setgid', 'setreuid', 'setregid', 'setresuid', 'setresgid', 'setgroups', 'setfsuid', 'setfsgid'] as const),
]
/** Libraries do without these when they are told that the kernel lacks them. */
const PRETENDED_MISSING: Syscall[] = ['clone3', 'openat2', 'io_uring_setup', 'memfd_create', 'inotify_init1']

const CREATE_EXCLUSIVELY = 0o300
const SHARED_ANONYMOUS = 0x21
const AT_EMPTY_PATH = 0x1000
const CLONE_VM = 0x100
const CLONE_THREAD = 0x10000
/** New namespaces of all kinds. */
const CLONE_NEW = 0x7e020080

/**
 * The system-call filter of a run, as the kernel takes it: eight bytes an instruction. What is not listed ends the process, so
 * ptrace, mount, keyctl, bpf, userfaultfd, perf_event_open, kexec, unshare, kill and the like never reach the kernel's code.
 */
export function createFilter(options: FilterOptions): Buffer {
  const { language, hasNetwork, hasTemporaryFolder } = options
  const mayLook = language === 'python3' || options.hasPackages || hasTemporaryFolder
  const index = options.architecture === 'x64' ? 0 : 1
  const program: Instruction[] = []
  const rule = (names: Syscall[], ...body: Instruction[]) => {
    for (const name of names) {
      const number = SYSCALLS[name][index]
      if (number !== undefined) program.push(jump(JUMP_IF_EQUAL, number, 0, body.length), ...body)
    }
  }

  program.push(load(4), jump(JUMP_IF_EQUAL, AUDIT_ARCHITECTURES[options.architecture], 1, 0), verdict('kill'), load(0))
  if (options.architecture === 'x64') program.push(jump(JUMP_IF_GREATER_OR_EQUAL, X32, 0, 1), verdict('kill'))
  rule(COMPUTING, verdict('allow'))
  rule(['getdents', 'getdents64'], verdict(mayLook ? 'allow' : 'kill'))
  // A descriptor's own state is always told; a path's only where something may be looked for.
  rule(['statx'], ...(mayLook ? [verdict('allow')] : whereBits(2, AT_EMPTY_PATH, 'allow', 'kill')))
  // Memory that is shared would not count towards the limit.
  rule(['mmap'], ...whereBits(3, SHARED_ANONYMOUS, { errno: ENOMEM }, 'allow'))
  rule(['open'], ...(hasTemporaryFolder ? [verdict('allow')] : whereBits(1, CREATE_EXCLUSIVELY, 'kill', 'allow')))
  rule(['openat'], ...(hasTemporaryFolder ? [verdict('allow')] : whereBits(2, CREATE_EXCLUSIVELY, 'kill', 'allow')))
  rule(
    ['clone'],
    // A thread may be started. A fork seems to succeed, once, as the child. Neither may have namespaces of its own.
    ...[load(16), and(CLONE_NEW), jump(JUMP_IF_EQUAL, 0, 1, 0), verdict('kill')],
    ...[load(16), and(CLONE_THREAD), jump(JUMP_IF_EQUAL, 0, 1, 0), verdict('allow')],
    ...[load(16), and(CLONE_VM), jump(JUMP_IF_EQUAL, 0, 1, 0), verdict('kill'), verdict({ errno: 0 })],
  )
  rule(['socketpair'], verdict('allow'))
  if (hasNetwork) {
    rule(NETWORK, verdict('allow'))
    // IPv4 and IPv6 alone: no netlink, no packet sockets, no way to local services.
    rule(
      ['socket'],
      load(16),
      jump(JUMP_IF_EQUAL, 2, 2, 0),
      jump(JUMP_IF_EQUAL, 10, 1, 0),
      verdict({ errno: EAFNOSUPPORT }),
      verdict('allow'),
    )
  }
  if (hasTemporaryFolder) rule(CHANGING_FILES, verdict('allow'))
  else if (language === 'python3') rule(['mkdir', 'mkdirat'], verdict({ errno: 0 }))
  rule(CHANGING_USER, verdict({ errno: EPERM }))
  rule(PRETENDED_MISSING, verdict({ errno: ENOSYS }))
  if (language === 'nodejs') {
    const { low, high } = EXEC_ADDRESS_MARK
    rule(['execve'], load(16), jump(JUMP_IF_EQUAL, low, 0, 2), load(20), jump(JUMP_IF_EQUAL, high, 1, 0), verdict('kill'), verdict('allow'))
  }
  program.push(verdict('kill'))
  return encode(program)
}

/** One verdict where the 32-bit argument has all these bits, and another where not. */
function whereBits(argument: number, bits: number, where: Verdict, otherwise: Verdict): Instruction[] {
  return [load(16 + argument * 8), and(bits), jump(JUMP_IF_EQUAL, bits, 0, 1), verdict(where), verdict(otherwise)]
}

/** Of the kernel's `seccomp_data`: 0 is the number, 4 the architecture, from 16 on the arguments, eight bytes each. */
function load(offset: number): Instruction {
  return { code: LOAD, jumpTrue: 0, jumpFalse: 0, value: offset }
}

function and(bits: number): Instruction {
  return { code: AND, jumpTrue: 0, jumpFalse: 0, value: bits }
}

function jump(code: number, value: number, jumpTrue: number, jumpFalse: number): Instruction {
  return { code, jumpTrue, jumpFalse, value }
}

function verdict(what: Verdict): Instruction {
  const value = what === 'allow' ? 0x7fff0000 : what === 'kill' ? 0x80000000 : 0x00050000 | what.errno
  return { code: RETURN, jumpTrue: 0, jumpFalse: 0, value }
}

function encode(program: Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(({ code, jumpTrue, jumpFalse, value }, index) => {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(jumpTrue, index * 8 + 2)
    bytes.writeUInt8(jumpFalse, index * 8 + 3)
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4)
  })
  return bytes
}
