import { constants } from 'node:os';
import type { Tier } from '../tiers/tier.ts';
import type { ProbeCall } from './probe-elf.ts';

/** An attempt that the cell refuses with an error, so that many can share one run. */
export interface RefusedAttempt extends ProbeCall {
  /** The key under which a tier lists it among its exceptions. */
  key?: string;
  attempt: string;
  expected: string;
  /** Whether `result`, the kernel's return value (negative errno for an error), counts as refused. */
  passes(result: number): boolean;
  /** Try it only in a cell, because it does harm when it succeeds. */
  onlyInCell?: boolean;
}

/** An attempt that kills the cell with SIGSYS; each needs a separate cell. */
export interface KilledAttempt extends ProbeCall {
  attempt: string;
}

/** Targets of the attempts, all of which exist on this machine. */
export interface Targets {
  tier: Pick<Tier, 'name' | 'inside'>;
  /** A world-readable file on the host. */
  canary: string;
  /** Folder of another job; contains `in/0` and `out/secret`. */
  otherJob: string;
  /** Pid of the service in its own pid namespace. */
  service: number;
}

const { EPERM, EACCES, ENOSYS, ENOENT, EROFS, EBADF, ENOMEM, ENOTTY, ESRCH, EOPNOTSUPP } = constants.errno;
const AT_FDCWD = -100;
const O_RDWR = 0o2;
const O_WRONLY_CREAT = 0o1 | 0o100;
/** With O_RDWR. */
const O_TMPFILE = 0o20200000 | O_RDWR;
const FALLOC_FL_KEEP_SIZE = 1;
const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_NORESERVE = 0x4000;
const CLONE_NEWUSER = 0x10000000;
const CLONE_NEWNET = 0x40000000;
const SIGCHLD = 17;
const TIOCSTI = 0x5412;
const S_IFCHR = 0o20000;
const DEV_NULL = 0x103;
const F_SETOWN = 8;
const LOCK_COMMANDS: Readonly<Record<string, number>> = {
  'query the lock of another job': 5, // F_GETLK
  'lock a file for another job to see': 6, // F_SETLK
  'wait for a lock': 7, // F_SETLKW
  'lock an open file': 37, // F_OFD_SETLK
  'take a lease on a file': 1024, // F_SETLEASE
};
/** AF_MAX of Linux 6.12 is 46. */
const FAMILIES = 45;
const NAMED_FAMILIES: Record<number, string> = {
  1: 'Unix',
  2: 'internet',
  10: 'IPv6',
  16: 'netlink',
  17: 'packet',
  38: 'kernel crypto',
  40: 'virtual machine',
};

function refusedWith(
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

const refusedSomehow: typeof refusedWith = (attempt, errnos, ...call) =>
  refusedWith(attempt, { ...errnos, EPERM, EACCES, ENOSYS }, ...call);

/** Output that the probe must be able to write: a cell in which nothing works would refuse everything too. */
export const PROOF_FILE = 'proof';

function openOutput({ inside }: Targets['tier']): RefusedAttempt {
  return {
    attempt: 'open the output (must work)',
    expected: 'a descriptor',
    call: 'openat',
    args: [AT_FDCWD, inside(`/out/${PROOF_FILE}`), O_WRONLY_CREAT, 0o600],
    passes: (result) => result >= 0,
  };
}

/** Every attempt that the cell must refuse, after the one that must succeed. */
export function refusedAttempts({ tier, canary, otherJob, service }: Targets): RefusedAttempt[] {
  const { inside } = tier;
  const proof = inside(`/out/${PROOF_FILE}`);
  const own = tier.name === 'bwrap' || tier.name === 'gvisor';
  /** For a path of the host: missing where the cell has its own root, else forbidden. */
  const closed: Record<string, number> = own ? { ENOENT } : { EACCES };
  const readOnly: Record<string, number> = own ? { EROFS } : { EACCES };
  /** For writing to a host path. A file system that is read-only for the service (units, containers) fails first. */
  const unwritable: Record<string, number> = own ? closed : { EACCES, EROFS };
  /** In a container the service may be process 1; in a separate pid namespace that number is a process of the cell. */
  const noThread: Record<string, number> = { EPERM, ESRCH, ...(own && service <= 2 && { 'its own process': 0 }) };
  const gone: Record<string, number> = { ENOSYS };
  /** gVisor's filter has a single error code, and refuses a call before it resolves the path. */
  const refused = tier.name === 'gvisor' ? refusedSomehow : refusedWith;
  const open = (attempt: string, path: string, flags = 0, errnos = closed, key?: string): RefusedAttempt => ({
    ...refused(attempt, errnos, 'openat', AT_FDCWD, path, flags, 0o600),
    ...(key && { key }),
    onlyInCell: flags !== 0,
  });
  return [
    openOutput(tier),
    // First, while the probe has opened nothing itself.
    ...Array.from({ length: 61 }, (_, index) =>
      refused(`use inherited descriptor ${index + 3}`, { EBADF }, 'fcntl', index + 3, 1),
    ),
    { key: 'pid', attempt: 'own pid namespace', expected: '2', call: 'getpid', args: [], passes: (pid) => pid === 2 },
    { attempt: 'unprivileged uid', expected: 'not 0', call: 'getuid', args: [], passes: (uid) => uid > 0 },
    open('read a file of the host', canary),
    { ...refused('learn whether a host file exists', closed, 'faccessat', AT_FDCWD, canary, 0), key: 'exists' },
    open('read an input of another job', `${otherJob}/in/0`),
    open('read an output of another job', `${otherJob}/out/secret`),
    open('write to another job', `${otherJob}/out/new`, O_WRONLY_CREAT),
    open('read /etc/passwd', '/etc/passwd'),
    open('read /etc/shadow', '/etc/shadow'),
    open('list /root', '/root'),
    open('list /home', '/home'),
    open('write to /dev/shm', '/dev/shm/airlock-probe', O_WRONLY_CREAT, { ...unwritable, EROFS }),
    open('read /proc', '/proc/self/status', 0, closed, 'proc'),
    // A /proc that hides other accounts' processes (hidepid, systemd's ProtectProc=) returns ENOENT.
    open('read the environment of process 1', '/proc/1/environ', 0, { ...closed, ENOENT }, 'proc'),
    open('write to its own memory through /proc', '/proc/self/mem', O_RDWR, closed, 'proc'),
    open('change where the kernel dumps cores', '/proc/sys/kernel/core_pattern', O_RDWR, unwritable, 'proc'),
    open('read /sys', '/sys/kernel/uevent_seqnum', 0, closed, 'sys'),
    open('open a device', '/dev/null', 0, closed, 'device'),
    open('open the terminal', '/dev/tty', 0, closed, 'device'),
    open('write to the input folder', inside('/in/new'), O_WRONLY_CREAT, readOnly),
    open('create another output', inside('/out/new'), O_WRONLY_CREAT, readOnly),
    {
      ...refused(
        'create an unnamed file',
        { ...readOnly, EOPNOTSUPP },
        'openat',
        AT_FDCWD,
        inside('/out'),
        O_TMPFILE,
        0o600,
      ),
      onlyInCell: true,
    },
    refused('make a folder', readOnly, 'mkdirat', AT_FDCWD, inside('/out/folder'), 0o700),
    refused('rename the output', readOnly, 'renameat', AT_FDCWD, proof, AT_FDCWD, inside('/out/new')),
    refused('remove the output', readOnly, 'unlinkat', AT_FDCWD, proof, 0),
    refused('hard-link the output', gone, 'linkat', AT_FDCWD, proof, AT_FDCWD, inside('/out/new'), 0),
    refused('reserve space beyond the end of a file', gone, 'fallocate', 1, FALLOC_FL_KEEP_SIZE, 0, 2 ** 30),
    open('write to the root image', '/usr/bin/new', O_WRONLY_CREAT, { ...readOnly, EROFS }),
    { ...refused('start a shell', closed, 'execve', '/bin/sh', 0, 0), onlyInCell: true },
    refused('make a device', gone, 'mknodat', AT_FDCWD, inside('/out/node'), S_IFCHR | 0o600, DEV_NULL),
    refused('make a symbolic link', gone, 'symlinkat', '/etc/passwd', AT_FDCWD, inside('/out/link')),
    refused('open by handle, past all folders', gone, 'name_to_handle_at', AT_FDCWD, '/', 0, 0, 0),
    ...sockets(refused),
    refused('make a socket pair', gone, 'socketpair', 1, 1, 0, Buffer.alloc(8)),
    refused('signal every process', { EPERM }, 'kill', -1, 0),
    refused('signal the service', { EPERM }, 'kill', service, 0),
    refused('signal a thread of the service', noThread, 'tgkill', service, service, 0),
    refused('queue a signal', gone, 'rt_sigqueueinfo', service, 0, Buffer.alloc(128)),
    refused('have the kernel signal the service', { EPERM }, 'fcntl', 0, F_SETOWN, service),
    ...Object.entries(LOCK_COMMANDS).map(([attempt, command]) =>
      refused(attempt, { EPERM }, 'fcntl', 0, command, Buffer.alloc(32)),
    ),
    refused('lock a file as a whole', gone, 'flock', 0, 1),
    refused('open a handle to a process', gone, 'pidfd_open', service, 0),
    refused('take a descriptor of a process', gone, 'pidfd_getfd', 0, 0, 0),
    refused('read the limits of the service', { EPERM }, 'prlimit64', service, 0, 0, Buffer.alloc(16)),
    refused('compare kernel objects', gone, 'kcmp', service, service, 0, 0, 0),
    // Unused keys: without a filter, the calls create nothing that persists.
    refused('share memory with other processes', gone, 'shmget', 0x41697231, 4096, 0),
    refused('use message queues', gone, 'msgget', 0x41697231, 0),
    refused('map writable and executable memory', { EACCES }, 'mmap', 0, 4096, 7, MAP_PRIVATE_ANONYMOUS, -1, 0),
    refused('make memory executable', { EACCES }, 'mprotect', 0x400000, 4096, 5),
    refused('make memory executable with a key', gone, 'pkey_mprotect', 0x400000, 4096, 5, -1),
    refused('make a file in memory', gone, 'memfd_create', 'x', 0),
    // Size 0, so that without a filter it fails (EINVAL) instead of starting a second probe that also reports.
    refused('make a process by clone3', gone, 'clone3', Buffer.alloc(64), 0),
    refused('change the personality', gone, 'personality', 0x0400000),
    refused('become root', gone, 'setuid', 0),
    refused('drop all groups', gone, 'setgroups', 0, 0),
    refused('change an owner', gone, 'fchownat', AT_FDCWD, inside('/out/none'), 0, 0, 0),
    refused('unmount', gone, 'umount2', '/does-not-exist', 0),
    refused('open a file system', gone, 'fsopen', 'tmpfs', 0),
    refused('clone a mount', gone, 'open_tree', AT_FDCWD, '/does-not-exist', 0),
    refused('move a mount', gone, 'move_mount', -1, '', -1, '', 0),
    // Arguments that have no effect where the call is allowed.
    refused('set the clock', gone, 'clock_settime', 0, 0),
    refused('set the time of day', gone, 'settimeofday', 0, 0),
    refused('tune the clock', gone, 'adjtimex', Buffer.alloc(256)),
    refused('rename the host', gone, 'sethostname', 0, 1),
    refused('restart the machine', gone, 'reboot', 0, 0, 0, 0),
    refused('read the log of the kernel', gone, 'syslog', 10, 0, 0),
    refused('ask for a key', gone, 'request_key', 'user', 'x', 0, 0),
    refused('remove a kernel module', gone, 'delete_module', 0, 0),
    refused('swap', gone, 'swapon', 0, 0),
    refused('add a filter of its own', gone, 'seccomp', 99, 0, 0),
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
  ];
}

/** What the filter `strict` refuses and `media` allows, after the attempt that must succeed. */
export function strictAttempts(tier: Targets['tier']): RefusedAttempt[] {
  const refused = tier.name === 'gvisor' ? refusedSomehow : refusedWith;
  const path = tier.inside('/out/strict');
  return [
    openOutput(tier),
    refused('strict: map code', { EACCES }, 'mmap', 0, 4096, PROT_READ_EXEC, MAP_PRIVATE_ANONYMOUS, -1, 0),
    refused('strict: make a folder', { ENOSYS }, 'mkdirat', AT_FDCWD, path, 0o700),
    refused('strict: remove a file', { ENOSYS }, 'unlinkat', AT_FDCWD, path, 0),
    refused('strict: rename a file', { ENOSYS }, 'renameat2', AT_FDCWD, path, AT_FDCWD, `${path}-2`, 0),
  ];
}

/** A datagram socket of every family, the type that most families have. */
function sockets(refused: typeof refusedWith): RefusedAttempt[] {
  return Array.from({ length: FAMILIES }, (_, index) => {
    const family = index + 1;
    const name = NAMED_FAMILIES[family];
    return refused(
      name ? `open a socket: ${name}` : `open a socket of family ${family}`,
      { EPERM },
      'socket',
      family,
      2,
      0,
    );
  });
}

/** Writes to the output, the only open descriptor above 2, and closes it before the descriptor checks. */
export const PROOF: readonly ProbeCall[] = [
  { call: 'write', args: [3, 'x', 1] },
  { call: 'close', args: [3] },
];

export const KILLED_ATTEMPTS: readonly KilledAttempt[] = [
  { attempt: 'fork', call: 'clone', args: [SIGCHLD, 0, 0, 0, 0] },
  { attempt: 'make a process in new namespaces', call: 'clone', args: [SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0] },
  { attempt: 'trace a process', call: 'ptrace', args: [0, 0, 0, 0] },
  { attempt: 'read the memory of a process', call: 'process_vm_readv', args: [1, 0, 0, 0, 0, 0] },
  { attempt: 'make a user namespace', call: 'unshare', args: [CLONE_NEWUSER] },
  { attempt: 'make a network namespace', call: 'unshare', args: [CLONE_NEWNET] },
  { attempt: 'enter a namespace', call: 'setns', args: [-1, 0] },
  { attempt: 'mount a file system', call: 'mount', args: ['none', '/tmp', 'tmpfs', 0, 0] },
  { attempt: 'change the root', call: 'chroot', args: ['/does-not-exist'] },
  { attempt: 'pivot the root', call: 'pivot_root', args: ['/does-not-exist', '/does-not-exist'] },
  { attempt: 'set up io_uring', call: 'io_uring_setup', args: [1, Buffer.alloc(120)] },
  { attempt: 'load a BPF program', call: 'bpf', args: [0, Buffer.alloc(64), 64] },
  { attempt: 'use the key ring', call: 'keyctl', args: [0, -3, 0] },
  { attempt: 'add a key', call: 'add_key', args: ['user', 'x', 0, 0, -3] },
  { attempt: 'handle page faults', call: 'userfaultfd', args: [0] },
  { attempt: 'count events of the processor', call: 'perf_event_open', args: [0, 0, -1, -1, 0] },
  { attempt: 'load a kernel module', call: 'init_module', args: [0, 0, ''] },
  { attempt: 'load another kernel', call: 'kexec_load', args: [0, 0, 0, -1] },
  { attempt: 'start a program from a descriptor', call: 'execveat', args: [-1, '', 0, 0, 0] },
];

/** What kills a program under the filter `strict` and gets an error under `media`; and a fork, which kills it under both. */
export const STRICT_KILLED_ATTEMPTS: readonly KilledAttempt[] = [
  { attempt: 'strict: fork', call: 'clone', args: [SIGCHLD, 0, 0, 0, 0] },
  { attempt: 'strict: open a Unix socket', call: 'socket', args: [1, 1, 0] },
  { attempt: 'strict: open an internet socket', call: 'socket', args: [2, 1, 0] },
  { attempt: 'strict: make a socket pair', call: 'socketpair', args: [1, 1, 0, Buffer.alloc(8)] },
];
