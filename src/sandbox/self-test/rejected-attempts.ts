import { constants } from 'node:os';
import type { Reach } from '../types.ts';
import { PROOF_FILE, type RejectedAttempt, type Targets } from './attempts.ts';
import { devices } from './device-attempts.ts';
import { AT_FDCWD, type Errnos, type Expectations, expectationsOf, FILTERED, rejectedBy } from './expectations.ts';

const { EPERM, EACCES, ENOENT, EROFS, EBADF, ENOMEM, ENOTTY, ESRCH, EOPNOTSUPP } = constants.errno;
const O_RDWR = 0o2;
const O_WRONLY_CREAT = 0o1 | 0o100;
/** Includes O_RDWR, because O_TMPFILE requires write access. */
const O_TMPFILE = 0o20200000 | O_RDWR;
const FALLOC_FL_KEEP_SIZE = 1;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_NORESERVE = 0x4000;
const TIOCSTI = 0x5412;
const S_IFCHR = 0o20000;
const DEV_NULL = 0x103;
const F_SETOWN = 8;
const LOCK_COMMANDS: Readonly<Record<string, number>> = {
  'query the lock of another job': 5, // F_GETLK
  'lock a file for another job to see': 6, // F_SETLK
  'wait for a lock': 7, // F_SETLKW
  'lock an open file': 37, // F_OFD_SETLK
  'get a lease on a file': 1024, // F_SETLEASE
};
/** Number of socket families that are tried. AF_MAX of Linux 6.12 is 46. */
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

/** Returns the attempt that must succeed, then every attempt that the cell must reject. */
export function rejectedAttempts(targets: Targets): RejectedAttempt[] {
  const expected = expectationsOf(targets.tier);
  return [
    openOutput(targets.tier),
    // These attempts come first, because the probe has not opened any other file yet.
    ...toward('secrets', inheritedDescriptors(expected)),
    ...toward('devices', devices(expected)),
    ...toward('processes', identity()),
    ...toward('files', hostFiles(expected, targets)),
    ...toward('other_jobs', filesOfJobs(expected, targets)),
    ...toward('files', systemFiles(expected)),
    ...toward('secrets', secretFiles(expected)),
    ...toward('files', cellFiles(expected, targets.tier)),
    ...toward('files', specialFiles(expected, targets.tier)),
    ...toward('network', sockets(expected)),
    ...toward('processes', otherProcesses(expected, targets.service)),
    ...toward('other_jobs', locks(expected)),
    ...toward('other_jobs', sharedMemory(expected)),
    ...toward('kernel', ownMemory(expected)),
    ...toward('kernel', privileges(expected, targets.tier)),
    ...toward('kernel', administration(expected)),
  ];
}

function toward(reach: Reach, attempts: readonly RejectedAttempt[]): RejectedAttempt[] {
  return attempts.map((attempt) => ({ ...attempt, reach }));
}

/** Returns the attempt that must succeed, then the attempts that `media` allows and a stricter filter rejects. */
export function strictAttempts(tier: Targets['tier'], filter: 'strict' | 'linked'): RejectedAttempt[] {
  const rejected = rejectedBy(tier);
  const path = tier.inside('/out/strict');
  const attempts = [
    rejected(`${filter}: make a folder`, FILTERED, 'mkdirat', AT_FDCWD, path, 0o700),
    rejected(`${filter}: remove a file`, FILTERED, 'unlinkat', AT_FDCWD, path, 0),
    rejected(`${filter}: rename a file`, FILTERED, 'renameat2', AT_FDCWD, path, AT_FDCWD, `${path}-2`, 0),
  ];
  return [openOutput(tier), ...toward('files', attempts)];
}

/** Returns the attempt that must succeed, because a cell in which nothing works would also reject everything. */
function openOutput({ inside }: Targets['tier']): RejectedAttempt {
  return {
    attempt: 'open the output (must work)',
    expected: 'a descriptor',
    call: 'openat',
    args: [AT_FDCWD, inside(`/out/${PROOF_FILE}`), O_WRONLY_CREAT, 0o600],
    passes: (result) => result >= 0,
  };
}

function inheritedDescriptors({ rejected }: Expectations): RejectedAttempt[] {
  return Array.from({ length: 61 }, (_, index) =>
    rejected(`use inherited descriptor ${index + 3}`, { EBADF }, 'fcntl', index + 3, 1),
  );
}

function identity(): RejectedAttempt[] {
  return [
    { key: 'pid', attempt: 'own pid namespace', expected: '2', call: 'getpid', args: [], passes: (pid) => pid === 2 },
    { attempt: 'unprivileged uid', expected: 'not 0', call: 'getuid', args: [], passes: (uid) => uid > 0 },
  ];
}

function hostFiles({ rejected, open, closed }: Expectations, { canary }: Targets): RejectedAttempt[] {
  return [
    open('read a file of the host', canary),
    { ...rejected('learn whether a host file exists', closed, 'faccessat', AT_FDCWD, canary, 0), key: 'exists' },
  ];
}

function filesOfJobs({ open }: Expectations, { otherJob }: Targets): RejectedAttempt[] {
  return [
    open('read an input of another job', `${otherJob}/in/0`),
    open('read an output of another job', `${otherJob}/out/secret`),
    open('write to another job', `${otherJob}/out/new`, { flags: O_WRONLY_CREAT }),
  ];
}

function systemFiles({ open, unwritable }: Expectations): RejectedAttempt[] {
  return [
    open('list /root', '/root'),
    open('list /home', '/home'),
    open('write to /dev/shm', '/dev/shm/airlock-probe', { flags: O_WRONLY_CREAT, errnos: { ...unwritable, EROFS } }),
    open('read /proc', '/proc/self/status', { key: 'proc' }),
    open('write to its own memory through /proc', '/proc/self/mem', { flags: O_RDWR, key: 'proc' }),
    open('change where the kernel dumps cores', '/proc/sys/kernel/core_pattern', {
      flags: O_RDWR,
      errnos: unwritable,
      key: 'proc',
    }),
    open('read /sys', '/sys/kernel/uevent_seqnum', { key: 'sys' }),
  ];
}

function secretFiles({ open, closed }: Expectations): RejectedAttempt[] {
  return [
    open('read /etc/passwd', '/etc/passwd'),
    open('read /etc/shadow', '/etc/shadow'),
    // A /proc that hides other accounts' processes (hidepid, systemd's ProtectProc=) returns ENOENT.
    open('read the environment of process 1', '/proc/1/environ', { errnos: { ...closed, ENOENT }, key: 'proc' }),
  ];
}

function cellFiles({ rejected, open, closed, readOnly }: Expectations, { inside }: Targets['tier']): RejectedAttempt[] {
  const proof = inside(`/out/${PROOF_FILE}`);
  const flags = O_WRONLY_CREAT;
  const unnamed = { ...readOnly, EOPNOTSUPP };
  return [
    open('write to the input folder', inside('/in/new'), { flags, errnos: readOnly }),
    open('create another output', inside('/out/new'), { flags, errnos: readOnly }),
    open('create an unnamed file', inside('/out'), { flags: O_TMPFILE, errnos: unnamed }),
    rejected('make a folder', readOnly, 'mkdirat', AT_FDCWD, inside('/out/folder'), 0o700),
    rejected('rename the output', readOnly, 'renameat', AT_FDCWD, proof, AT_FDCWD, inside('/out/new')),
    rejected('remove the output', readOnly, 'unlinkat', AT_FDCWD, proof, 0),
    rejected('hard-link the output', FILTERED, 'linkat', AT_FDCWD, proof, AT_FDCWD, inside('/out/new'), 0),
    rejected('reserve space beyond the end of a file', FILTERED, 'fallocate', 1, FALLOC_FL_KEEP_SIZE, 0, 2 ** 30),
    open('write to the root image', '/usr/bin/new', { flags, errnos: { ...readOnly, EROFS } }),
    { ...rejected('start a shell', closed, 'execve', '/bin/sh', 0, 0), onlyInCell: true },
  ];
}

function specialFiles({ rejected }: Expectations, { inside }: Targets['tier']): RejectedAttempt[] {
  return [
    rejected('make a device', FILTERED, 'mknodat', AT_FDCWD, inside('/out/node'), S_IFCHR | 0o600, DEV_NULL),
    rejected('make a symbolic link', FILTERED, 'symlinkat', '/etc/passwd', AT_FDCWD, inside('/out/link')),
    rejected('open by handle, past all folders', FILTERED, 'name_to_handle_at', AT_FDCWD, '/', 0, 0, 0),
  ];
}

/** Attempts to open a socket of every family. The type is datagram, which most families have. */
function sockets({ rejected }: Expectations): RejectedAttempt[] {
  const families = Array.from({ length: FAMILIES }, (_, index) => index + 1);
  return [
    ...families.map((family) => {
      const name = NAMED_FAMILIES[family];
      const attempt = name ? `open a socket: ${name}` : `open a socket of family ${family}`;
      return rejected(attempt, { EPERM }, 'socket', family, 2, 0);
    }),
    rejected('make a socket pair', FILTERED, 'socketpair', 1, 1, 0, Buffer.alloc(8)),
  ];
}

/** @param service pid of the service */
function otherProcesses({ rejected, hasOwnRoot }: Expectations, service: number): RejectedAttempt[] {
  // In a container, the service may be process 1. In a separate pid namespace, process 1 is a process of the cell.
  const noThread: Errnos = { EPERM, ESRCH, ...(hasOwnRoot && service <= 2 && { 'its own process': 0 }) };
  return [
    rejected('signal every process', { EPERM }, 'kill', -1, 0),
    rejected('signal the service', { EPERM }, 'kill', service, 0),
    rejected('signal a thread of the service', noThread, 'tgkill', service, service, 0),
    rejected('queue a signal', FILTERED, 'rt_sigqueueinfo', service, 0, Buffer.alloc(128)),
    rejected('have the kernel signal the service', { EPERM }, 'fcntl', 0, F_SETOWN, service),
    rejected('open a handle to a process', FILTERED, 'pidfd_open', service, 0),
    rejected('copy a descriptor of a process', FILTERED, 'pidfd_getfd', 0, 0, 0),
    rejected('read the limits of the service', { EPERM }, 'prlimit64', service, 0, 0, Buffer.alloc(16)),
    rejected('compare kernel objects', FILTERED, 'kcmp', service, service, 0, 0, 0),
    // Size 0, so that the call fails without a filter (EINVAL) instead of starting a second probe that also reports.
    rejected('make a process by clone3', FILTERED, 'clone3', Buffer.alloc(64), 0),
  ];
}

/** Two jobs could use locks on a file that both can open to communicate. */
function locks({ rejected }: Expectations): RejectedAttempt[] {
  return [
    ...Object.entries(LOCK_COMMANDS).map(([attempt, command]) =>
      rejected(attempt, { EPERM }, 'fcntl', 0, command, Buffer.alloc(32)),
    ),
    rejected('lock an entire file', FILTERED, 'flock', 0, 1),
  ];
}

function sharedMemory({ rejected }: Expectations): RejectedAttempt[] {
  return [
    // The keys are unused and nothing is created, so the calls have no lasting effect without a filter.
    rejected('share memory with other processes', FILTERED, 'shmget', 0x41697231, 4096, 0),
    rejected('use message queues', FILTERED, 'msgget', 0x41697231, 0),
    rejected('make a file in memory', FILTERED, 'memfd_create', 'x', 0),
  ];
}

function ownMemory({ rejected }: Expectations): RejectedAttempt[] {
  const flags = MAP_PRIVATE_ANONYMOUS;
  const tooLarge = [0, 2 ** 40, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | MAP_NORESERVE, -1, 0];
  return [
    rejected('map writable and executable memory', { EACCES }, 'mmap', 0, 4096, 7, flags, -1, 0),
    rejected('make memory executable', { EACCES }, 'mprotect', 0x400000, 4096, 5),
    rejected('make memory executable with a key', FILTERED, 'pkey_mprotect', 0x400000, 4096, 5, -1),
    rejected('reserve more address space than allowed', { ENOMEM }, 'mmap', ...tooLarge),
  ];
}

function privileges({ rejected }: Expectations, { inside }: Targets['tier']): RejectedAttempt[] {
  return [
    rejected('change the personality', FILTERED, 'personality', 0x0400000),
    rejected('become root', FILTERED, 'setuid', 0),
    rejected('drop all groups', FILTERED, 'setgroups', 0, 0),
    rejected('change an owner', FILTERED, 'fchownat', AT_FDCWD, inside('/out/none'), 0, 0, 0),
    rejected('add a filter of its own', FILTERED, 'seccomp', 99, 0, 0),
    rejected('push characters into a terminal', { ENOTTY }, 'ioctl', 2, TIOCSTI, 'x'),
  ];
}

/** Attempts to administer the machine, with arguments that have no effect where the call is allowed. */
function administration({ rejected }: Expectations): RejectedAttempt[] {
  return [
    rejected('unmount', FILTERED, 'umount2', '/does-not-exist', 0),
    rejected('open a file system', FILTERED, 'fsopen', 'tmpfs', 0),
    rejected('clone a mount', FILTERED, 'open_tree', AT_FDCWD, '/does-not-exist', 0),
    rejected('move a mount', FILTERED, 'move_mount', -1, '', -1, '', 0),
    rejected('set the clock', FILTERED, 'clock_settime', 0, 0),
    rejected('set the time of day', FILTERED, 'settimeofday', 0, 0),
    rejected('tune the clock', FILTERED, 'adjtimex', Buffer.alloc(256)),
    rejected('rename the host', FILTERED, 'sethostname', 0, 1),
    rejected('restart the machine', FILTERED, 'reboot', 0, 0, 0, 0),
    rejected('read the log of the kernel', FILTERED, 'syslog', 10, 0, 0),
    rejected('ask for a key', FILTERED, 'request_key', 'user', 'x', 0, 0),
    rejected('remove a kernel module', FILTERED, 'delete_module', 0, 0),
    rejected('swap', FILTERED, 'swapon', 0, 0),
  ];
}
