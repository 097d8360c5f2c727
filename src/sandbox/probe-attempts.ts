import { constants } from 'node:os';
import type { ProbeCall } from './probe-elf.ts';

/** An attempt of hostile code that the cell answers with an error, so that many share one run. */
export interface RefusedAttempt extends ProbeCall {
  attempt: string;
  expected: string;
  /** `result` is what the kernel returned: a value, or minus an errno. */
  passes(result: number): boolean;
}

/** An attempt that ends the cell with SIGSYS; each needs a cell of its own. */
export interface KilledAttempt extends ProbeCall {
  attempt: string;
}

const { EPERM, EACCES, ENOSYS, ENOENT, EROFS, EBADF, ENOMEM, ENOTTY } = constants.errno;
const AT_FDCWD = -100;
const O_WRONLY_CREAT = 0o1 | 0o100;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_POPULATE = 0x8000;
const MAP_NORESERVE = 0x4000;
const CLONE_NEWUSER = 0x10000000;
const SIGCHLD = 17;
const TIOCSTI = 0x5412;

function refused(
  attempt: string,
  errnos: Record<string, number>,
  call: string,
  ...args: ProbeCall['args']
): RefusedAttempt {
  const codes = Object.values(errnos);
  return {
    attempt,
    expected: Object.keys(errnos).join(' or '),
    call,
    args,
    passes: (result) => codes.includes(-result),
  };
}

const open = (path: string, flags: number, errnos: Record<string, number>, attempt: string): RefusedAttempt =>
  refused(attempt, errnos, 'openat', AT_FDCWD, path, flags, 0o600);

/** The name of the file that the probe makes in /out: a cell in which nothing works would refuse everything too. */
export const PROOF_FILE = 'proof';

/** @param canary path of a file on the host, readable by all, that must not exist in the cell. */
export function refusedAttempts(canary: string): RefusedAttempt[] {
  const control = (attempt: string, expected: number, call: string): RefusedAttempt => ({
    attempt,
    expected: String(expected),
    call,
    args: [],
    passes: (result) => result === expected,
  });
  return [
    {
      attempt: 'write to the output folder (must work)',
      expected: 'a descriptor',
      call: 'openat',
      args: [AT_FDCWD, `/out/${PROOF_FILE}`, O_WRONLY_CREAT, 0o600],
      passes: (result) => result >= 0,
    },
    control('own pid namespace', 2, 'getpid'),
    control('unprivileged uid', 65534, 'getuid'),
    open(canary, 0, { ENOENT }, 'read a file of the host'),
    open('/etc/passwd', 0, { ENOENT }, 'read /etc/passwd'),
    open('/proc/self/status', 0, { ENOENT }, 'read /proc'),
    open('/dev/null', 0, { ENOENT }, 'open a device'),
    open('/in/new', O_WRONLY_CREAT, { EROFS }, 'write to the input folder'),
    open('/usr/bin/new', O_WRONLY_CREAT, { EROFS }, 'write to the root image'),
    refused('start a shell', { ENOENT }, 'execve', '/bin/sh', 0, 0),
    refused('open an internet socket', { EPERM }, 'socket', 2, 1, 0),
    refused('open an IPv6 socket', { EPERM }, 'socket', 10, 1, 0),
    refused('open a Unix socket', { EPERM }, 'socket', 1, 1, 0),
    refused('open a netlink socket', { EPERM }, 'socket', 16, 3, 0),
    refused('make a socket pair', { ENOSYS }, 'socketpair', 1, 1, 0, Buffer.alloc(8)),
    refused('signal every process', { EPERM }, 'kill', -1, 0),
    refused('map writable and executable memory', { EACCES }, 'mmap', 0, 4096, 7, MAP_PRIVATE_ANONYMOUS, -1, 0),
    refused('make memory executable', { EACCES }, 'mprotect', 0x400000, 4096, 5),
    refused('make a file in memory', { ENOSYS }, 'memfd_create', 'x', 0),
    // Of size 0, so that without a filter it is an error (EINVAL), and no second probe that reports too.
    refused('make a process by clone3', { ENOSYS }, 'clone3', Buffer.alloc(64), 0),
    refused('change the personality', { ENOSYS }, 'personality', 0x0400000),
    refused('push characters into a terminal', { ENOTTY }, 'ioctl', 2, TIOCSTI, 'x'),
    refused(
      'reserve more address space than allowed',
      { ENOMEM },
      'mmap',
      0,
      2 ** 40,
      PROT_READ_WRITE,
      MAP_PRIVATE_ANONYMOUS | MAP_NORESERVE,
      -1,
      0,
    ),
    ...Array.from({ length: 61 }, (_, index) =>
      refused(`use inherited descriptor ${index + 3}`, { EBADF }, 'fcntl', index + 3, 1),
    ),
  ];
}

/** The proof file's descriptor is the only open one above 2; it is closed again before descriptors are counted. */
export const CLOSE_PROOF: ProbeCall = { call: 'close', args: [3] };

export const KILLED_ATTEMPTS: readonly KilledAttempt[] = [
  { attempt: 'fork', call: 'clone', args: [SIGCHLD, 0, 0, 0, 0] },
  { attempt: 'trace a process', call: 'ptrace', args: [0, 0, 0, 0] },
  { attempt: 'make a user namespace', call: 'unshare', args: [CLONE_NEWUSER] },
  { attempt: 'mount a file system', call: 'mount', args: ['none', '/tmp', 'tmpfs', 0, 0] },
  { attempt: 'set up io_uring', call: 'io_uring_setup', args: [1, Buffer.alloc(120)] },
  { attempt: 'load a BPF program', call: 'bpf', args: [0, Buffer.alloc(64), 64] },
];

/** Touches this many bytes at once; more than the memory limit of its cell. */
export const memoryHog = (bytes: number): ProbeCall[] => [
  { call: 'mmap', args: [0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | MAP_POPULATE, -1, 0] },
];

/** Sleeps for an hour: two 64-bit words, seconds and nanoseconds. */
export function sleeper(): ProbeCall[] {
  const hour = Buffer.alloc(16);
  hour.writeBigInt64LE(3600n);
  return [{ call: 'nanosleep', args: [hour, 0] }];
}
