import { constants } from 'node:os';
import { SandboxError } from '../sandbox-error.ts';
import {
  and,
  argumentLow,
  BPF,
  type BpfInstruction,
  DATA_ARCH,
  DATA_NR,
  encode,
  load,
  ret,
  retErrno,
  SECCOMP_RET,
  unless,
  when,
} from './bpf.ts';
import { FILTERS, type FilterPolicy } from './policies.ts';
import { AARCH64, type SyscallTable, X86_64 } from './syscalls.ts';

const { EPERM, EACCES, ENOSYS, ENOTTY } = constants.errno;

export const PROT_WRITE_EXEC = 0x2 | 0x4;
export const PROT_EXEC = 0x4;
export const CLONE_THREAD = 0x00010000;
/** The flags CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
export const CLONE_NEW_ANY = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
export const IOCTLS = [0x5401 /* TCGETS */, 0x5413 /* TIOCGWINSZ */];
export const PRCTLS = [15 /* PR_SET_NAME */, 16 /* PR_GET_NAME */, 0x53564d41 /* PR_SET_VMA */];
/**
 * The allowed commands: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL and F_DUPFD_CLOEXEC. F_SETOWN, F_SETSIG and F_NOTIFY can signal any
 * process. Locks and leases on a file that several cells can open, such as a file of the image, would let jobs communicate.
 */
export const FCNTLS = [0, 1, 2, 3, 4, 1030];
/** The first system call number of the x32 ABI, a second system call interface of an x86_64 kernel. */
const X32_BIT = 0x40000000;

/**
 * The program that loads the filter. bwrap loads it as its last step, in the cell's own pid namespace. setpriv loads it before its own last
 * calls, and shares a pid namespace with the service. The filter for setpriv must therefore allow the Landlock calls and reject every
 * signal.
 */
export type SeccompVariant = 'bwrap' | 'setpriv';

/** Calls that setpriv still makes under the filter. Each of these calls only reduces the privileges of its caller. */
const SETPRIV_ALLOWED = `capget capset landlock_create_ruleset landlock_add_rule landlock_restrict_self`.split(' ');
const SETPRIV_PRCTLS = [8 /* PR_SET_KEEPCAPS */, 38 /* PR_SET_NO_NEW_PRIVS */];

export interface SeccompArchitecture {
  /** The architecture's AUDIT_ARCH_* value of linux/audit.h. */
  audit: number;
  table: SyscallTable;
}

/** Returns the table for an architecture. Throws `SandboxError` for an unknown architecture, because a wrong table filters nothing. */
export function seccompArchitecture(arch: string = process.arch): SeccompArchitecture {
  if (arch === 'x64') return { audit: 0xc000003e, table: X86_64 };
  if (arch === 'arm64') return { audit: 0xc00000b7, table: AARCH64 };
  throw new SandboxError(`no seccomp table for the architecture ${arch}`, 'Run Airlock on x86_64 or aarch64');
}

/**
 * Returns the instructions of the filter: argument rules, then the calls that are allowed, rejected (EPERM) or kill the program. All other
 * calls get ENOSYS.
 */
export function seccompProgram(
  { audit, table }: SeccompArchitecture,
  variant: SeccompVariant = 'bwrap',
  policy: FilterPolicy = FILTERS.media,
): BpfInstruction[] {
  const setpriv = variant === 'setpriv';
  const rule = (name: string, body: readonly BpfInstruction[]): BpfInstruction[] => {
    const number = table[name];
    return number === undefined ? [] : when(BPF.JEQ_K, number, body);
  };
  const allow = ret(SECCOMP_RET.ALLOW);
  const kill = ret(SECCOMP_RET.KILL_PROCESS);
  const onCode = policy.onCode === 'kill' ? kill : retErrno(EACCES);
  const onlyValues = (argument: number, values: readonly number[], errno: number): BpfInstruction[] => [
    load(argumentLow(argument)),
    ...values.flatMap((value) => when(BPF.JEQ_K, value, [allow])),
    retErrno(errno),
  ];
  return [
    load(DATA_ARCH),
    ...unless(BPF.JEQ_K, audit, [kill]),
    load(DATA_NR),
    ...when(BPF.JGE_K, X32_BIT, [kill]),
    // Shellcode needs memory that is writable and executable.
    ...rule('mmap', [
      load(argumentLow(2)),
      ...(policy.mapsCode
        ? [and(PROT_WRITE_EXEC), ...when(BPF.JEQ_K, PROT_WRITE_EXEC, [onCode])]
        : when(BPF.JSET_K, PROT_EXEC, [onCode])),
      allow,
    ]),
    ...rule('mprotect', [load(argumentLow(2)), ...when(BPF.JSET_K, PROT_EXEC, [onCode]), allow]),
    // glibc falls back to clone. A filter cannot read clone3's flags, because they are in memory.
    ...rule('clone3', [retErrno(ENOSYS)]),
    ...rule('clone', [
      load(argumentLow(0)),
      ...when(BPF.JSET_K, CLONE_NEW_ANY, [kill]),
      ...when(BPF.JSET_K, CLONE_THREAD, [allow]),
      kill,
    ]),
    ...rule('ioctl', onlyValues(1, IOCTLS, ENOTTY)),
    ...rule('prctl', onlyValues(0, setpriv ? [...PRCTLS, ...SETPRIV_PRCTLS] : PRCTLS, EPERM)),
    ...rule('fcntl', onlyValues(1, FCNTLS, EPERM)),
    // A process may change only its own limits: changing the limits of another process with the same uid could kill that process.
    ...rule('prlimit64', onlyValues(0, [0], EPERM)),
    ...rule('tgkill', [setpriv ? retErrno(EPERM) : allow]),
    ...(setpriv ? SETPRIV_ALLOWED.flatMap((name) => rule(name, [allow])) : []),
    // The kernel caches the decision for calls without argument rules, so the linear list costs nothing.
    ...policy.allowed.flatMap((name) => rule(name, [allow])),
    ...policy.rejected.flatMap((name) => rule(name, [retErrno(EPERM)])),
    ...policy.killed.flatMap((name) => rule(name, [kill])),
    retErrno(ENOSYS),
  ];
}

/** Returns the bytes for bwrap's `--seccomp FD` and setpriv's `--seccomp-filter`. Throws like `seccompArchitecture`. */
export function seccompFilter(
  arch: string = process.arch,
  variant: SeccompVariant = 'bwrap',
  policy: FilterPolicy = FILTERS.media,
): Buffer {
  return encode(seccompProgram(seccompArchitecture(arch), variant, policy));
}
