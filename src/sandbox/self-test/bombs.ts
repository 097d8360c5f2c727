import type { CellEnd, CellLimits } from '../types.ts';
import type { ProbeCall } from './probe-elf.ts';

/** An attempt to exhaust a shared resource. A limit must end its cell. */
export interface Bomb {
  /** The key of the bomb in a tier's list of exceptions. Another limit may then kill its cell. */
  key?: string;
  attempt: string;
  calls: ProbeCall[];
  limits: Partial<CellLimits>;
  end: CellEnd;
  /** Whether the bomb needs a control group. Without a control group, only the address space limit bounds memory. */
  needsCgroup?: boolean;
  /** Whether the bomb needs a second of CPU time, so that the self-test at startup skips it. */
  slow?: boolean;
}

const MIB = 2 ** 20;
const AT_FDCWD = -100;
const O_WRONLY_CREAT = 0o1 | 0o100;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_POPULATE = 0x8000;
/** The flags CLONE_VM, FS, FILES, SIGHAND, THREAD and SYSVSEM, with which libc creates a thread. */
const THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000;
const HOG_LIMIT = 24 * MIB;
const WALL_MS = 100;
export const BOMB_FILE = 'bomb';

/** @param inside translates a path of the cell for the probe, whose output is {@link BOMB_FILE} */
export function bombs(inside: (path: string) => string): Bomb[] {
  const output: ProbeCall = { call: 'openat', args: [AT_FDCWD, inside(`/out/${BOMB_FILE}`), O_WRONLY_CREAT, 0o600] };
  return [
    { attempt: 'run longer than the wall limit', calls: [sleep()], limits: { wallMs: WALL_MS }, end: 'limit_wall' },
    {
      attempt: 'use more memory than the limit',
      calls: [{ call: 'mmap', args: [0, 4 * HOG_LIMIT, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | MAP_POPULATE, -1, 0] }],
      limits: { memoryBytes: HOG_LIMIT },
      end: 'limit_memory',
      needsCgroup: true,
    },
    {
      attempt: 'write past the limit of the output',
      calls: [output, { call: 'pwrite64', args: [3, 'x', 1, 2 ** 30] }],
      limits: {},
      end: 'limit_output',
    },
    {
      attempt: 'stretch the output past its limit',
      calls: [output, { call: 'ftruncate', args: [3, 2 ** 30] }],
      limits: {},
      end: 'limit_output',
    },
    {
      // Every thread continues through the table: eight calls create 256 threads unless a limit stops them.
      key: 'threads',
      attempt: 'start threads without end',
      calls: [...Array.from({ length: 8 }, () => ({ call: 'clone', args: [THREAD, 0, 0, 0, 0] })), sleep()],
      // A thousand threads, the limit of a job, would add 100 ms to each start.
      limits: { tasks: 64 },
      end: 'limit_processes',
    },
    {
      // The program executes itself, so that one process is busy forever.
      attempt: 'use more CPU time than the limit',
      calls: [{ call: 'execve', args: [inside('/in/probe'), 0, 0] }],
      // The kernel frees the memory of each exec later, and much later on a busy machine. Until then, the memory is charged to the group.
      limits: { cpuSeconds: 1, memoryBytes: 2 ** 30 },
      end: 'limit_cpu',
      slow: true,
    },
  ];
}

/** Returns a call that sleeps for an hour. A timespec is two 64-bit words: seconds and nanoseconds. */
function sleep(): ProbeCall {
  const hour = Buffer.alloc(16);
  hour.writeBigInt64LE(3600n);
  return { call: 'nanosleep', args: [hour, 0] };
}
