import type { ProbeCall } from './probe-elf.ts';
import type { CellEnd, CellLimits } from './types.ts';

/** An attempt to use up what others need; a limit ends its cell. */
export interface Bomb {
  /** By which a tier names it among its exceptions; then another limit may end it. */
  key?: string;
  attempt: string;
  calls: ProbeCall[];
  limits: Partial<CellLimits>;
  end: CellEnd;
  /** Needs a control group: without one, only address space bounds memory. */
  needsCgroup?: boolean;
  /** Takes a second of the processor, and so is left out of the self-test of a start. */
  slow?: boolean;
}

const MIB = 2 ** 20;
const AT_FDCWD = -100;
const O_WRONLY_CREAT = 0o1 | 0o100;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_POPULATE = 0x8000;
/** CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM: a thread as libc makes it. */
const THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000;
const HOG_LIMIT = 24 * MIB;
const WALL_MS = 100;
const MANY = 40;

/** @param inside where a path of the cell lies for the probe. */
export function bombs(inside: (path: string) => string, maxFiles: number): Bomb[] {
  const names = Array.from({ length: maxFiles + MANY }, (_, index) => inside(`/out/${index}`));
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
      attempt: 'fill the disk with one file',
      calls: [
        { call: 'openat', args: [AT_FDCWD, inside('/out/big'), O_WRONLY_CREAT, 0o600] },
        { call: 'fallocate', args: [3, 0, 0, 2 ** 30] },
      ],
      limits: {},
      end: 'limit_output',
    },
    {
      attempt: 'make too many files',
      calls: [...names.map((name) => ({ call: 'openat', args: [AT_FDCWD, name, O_WRONLY_CREAT, 0o600] })), sleep()],
      limits: {},
      end: 'limit_files',
    },
    {
      attempt: 'use up inodes with folders',
      calls: [...names.map((name) => ({ call: 'mkdirat', args: [AT_FDCWD, name, 0o700] })), sleep()],
      limits: {},
      end: 'limit_files',
    },
    {
      // Every thread runs on through the table: twelve calls are 4096 threads, where nothing stops them.
      key: 'threads',
      attempt: 'start threads without end',
      calls: [...Array.from({ length: 12 }, () => ({ call: 'clone', args: [THREAD, 0, 0, 0, 0] })), sleep()],
      // Room for the kernel's side of a thousand threads, which counts as the cell's.
      limits: { memoryBytes: 256 * MIB },
      end: 'limit_processes',
    },
    {
      // A program that becomes itself again: the same process, busy for ever.
      attempt: 'use more of the processor than the limit',
      calls: [{ call: 'execve', args: [inside('/in/probe'), 0, 0] }],
      limits: { cpuSeconds: 1 },
      end: 'limit_cpu',
      slow: true,
    },
  ];
}

/** For an hour: two 64-bit words, seconds and nanoseconds. */
function sleep(): ProbeCall {
  const hour = Buffer.alloc(16);
  hour.writeBigInt64LE(3600n);
  return { call: 'nanosleep', args: [hour, 0] };
}
