import type { Tier } from '../tiers/tier.ts';
import type { Reach } from '../types.ts';
import type { ProbeCall } from './probe-elf.ts';

/** An attempt that the cell rejects with an error, so that many attempts can share one run. */
export interface RejectedAttempt extends ProbeCall {
  /** The key of the attempt in a tier's list of exceptions. */
  key?: string;
  attempt: string;
  /** Absent for the attempt that must succeed. */
  reach?: Reach;
  expected: string;
  /** Whether `result`, the kernel's return value (negative errno for an error), counts as rejected. */
  passes(result: number): boolean;
  /** Whether to try this only in a cell, because it does harm if it succeeds. */
  onlyInCell?: boolean;
}

/** An attempt that kills the cell with SIGSYS. Each such attempt needs a separate cell. */
export interface KilledAttempt extends ProbeCall {
  attempt: string;
  reach: Reach;
}

/** Targets of the attempts. All targets exist on this machine. */
export interface Targets {
  tier: Pick<Tier, 'name' | 'inside'>;
  /** A world-readable file on the host. */
  canary: string;
  /** Folder of another job, which contains `in/0` and `out/secret`. */
  otherJob: string;
  /** Pid of the service in its own pid namespace. */
  service: number;
}

const CLONE_NEWUSER = 0x10000000;
const CLONE_NEWNET = 0x40000000;
const SIGCHLD = 17;
const PROT_READ_EXEC = 5;
const PROT_READ_WRITE_EXEC = 7;
const MAP_PRIVATE_ANONYMOUS = 0x22;

/** Name of the output that the probe must be able to write. */
export const PROOF_FILE = 'proof';

/** Writes to the output, which is the only open descriptor above 2, and closes it before the descriptor checks. */
export const PROOF: readonly ProbeCall[] = [
  { call: 'write', args: [3, 'x', 1] },
  { call: 'close', args: [3] },
];

export const KILLED_ATTEMPTS: readonly KilledAttempt[] = [
  { attempt: 'fork', reach: 'processes', call: 'clone', args: [SIGCHLD, 0, 0, 0, 0] },
  {
    attempt: 'make a process in new namespaces',
    reach: 'processes',
    call: 'clone',
    args: [SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0],
  },
  { attempt: 'trace a process', reach: 'processes', call: 'ptrace', args: [0, 0, 0, 0] },
  { attempt: 'read the memory of a process', reach: 'secrets', call: 'process_vm_readv', args: [1, 0, 0, 0, 0, 0] },
  { attempt: 'make a user namespace', reach: 'kernel', call: 'unshare', args: [CLONE_NEWUSER] },
  { attempt: 'make a network namespace', reach: 'network', call: 'unshare', args: [CLONE_NEWNET] },
  { attempt: 'enter a namespace', reach: 'kernel', call: 'setns', args: [-1, 0] },
  { attempt: 'mount a file system', reach: 'files', call: 'mount', args: ['none', '/tmp', 'tmpfs', 0, 0] },
  { attempt: 'change the root', reach: 'files', call: 'chroot', args: ['/does-not-exist'] },
  { attempt: 'pivot the root', reach: 'files', call: 'pivot_root', args: ['/does-not-exist', '/does-not-exist'] },
  { attempt: 'set up io_uring', reach: 'kernel', call: 'io_uring_setup', args: [1, Buffer.alloc(120)] },
  { attempt: 'load a BPF program', reach: 'kernel', call: 'bpf', args: [0, Buffer.alloc(64), 64] },
  { attempt: 'use the key ring', reach: 'secrets', call: 'keyctl', args: [0, -3, 0] },
  { attempt: 'add a key', reach: 'secrets', call: 'add_key', args: ['user', 'x', 0, 0, -3] },
  { attempt: 'handle page faults', reach: 'kernel', call: 'userfaultfd', args: [0] },
  { attempt: 'count events of the processor', reach: 'kernel', call: 'perf_event_open', args: [0, 0, -1, -1, 0] },
  { attempt: 'load a kernel module', reach: 'kernel', call: 'init_module', args: [0, 0, ''] },
  { attempt: 'load another kernel', reach: 'kernel', call: 'kexec_load', args: [0, 0, 0, -1] },
  { attempt: 'start a program from a descriptor', reach: 'processes', call: 'execveat', args: [-1, '', 0, 0, 0] },
];

/**
 * Attempts that kill a program under `strict` and `linked`. Under `media`, a fork also kills the program, and the other attempts return an
 * error.
 */
const QUIET_KILLED: readonly KilledAttempt[] = [
  { attempt: 'fork', reach: 'processes', call: 'clone', args: [SIGCHLD, 0, 0, 0, 0] },
  { attempt: 'open a Unix socket', reach: 'network', call: 'socket', args: [1, 1, 0] },
  { attempt: 'open an internet socket', reach: 'network', call: 'socket', args: [2, 1, 0] },
  { attempt: 'make a socket pair', reach: 'network', call: 'socketpair', args: [1, 1, 0, Buffer.alloc(8)] },
  {
    attempt: 'map writable code',
    reach: 'kernel',
    call: 'mmap',
    args: [0, 4096, PROT_READ_WRITE_EXEC, MAP_PRIVATE_ANONYMOUS, -1, 0],
  },
  { attempt: 'make memory executable', reach: 'kernel', call: 'mprotect', args: [0, 4096, PROT_READ_EXEC] },
];
const MAP_CODE: KilledAttempt = {
  attempt: 'map code',
  reach: 'kernel',
  call: 'mmap',
  args: [0, 4096, PROT_READ_EXEC, MAP_PRIVATE_ANONYMOUS, -1, 0],
};

/** Returns the attempts that kill a program under a stricter filter than `media`. */
export function strictlyKilled(filter: 'strict' | 'linked'): KilledAttempt[] {
  const attempts = filter === 'strict' ? [...QUIET_KILLED, MAP_CODE] : QUIET_KILLED;
  return attempts.map((one) => ({ ...one, attempt: `${filter}: ${one.attempt}` }));
}
