import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BPF, type BpfInstruction, encode, SECCOMP_RET } from './bpf.ts';
import { seccompArchitecture, seccompFilter, seccompProgram } from './filter.ts';
import { FILTERS } from './policies.ts';

const { EPERM, EACCES, ENOSYS, ENOTTY } = constants.errno;
const KILL = SECCOMP_RET.KILL_PROCESS;
const ALLOW = SECCOMP_RET.ALLOW;
const errno = (code: number): number => SECCOMP_RET.ERRNO | code;

/** Interprets a filter like the kernel, with support for the instructions that filters use. */
function interpret(program: readonly BpfInstruction[], audit: number, nr: number, args: bigint[] = []): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(nr >>> 0, 0);
  data.writeUInt32LE(audit, 4);
  args.forEach((value, index) => {
    data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + index * 8);
  });
  let a = 0;
  for (let at = 0; at < program.length; at += 1) {
    const { code, jt, jf, k } = program[at]!;
    if (code === BPF.RET_K) return k;
    if (code === BPF.LD_ABS) a = data.readUInt32LE(k);
    else if (code === BPF.AND_K) a = (a & k) >>> 0;
    else if (code === BPF.JEQ_K) at += a === k ? jt : jf;
    else if (code === BPF.JGE_K) at += a >= k ? jt : jf;
    else if (code === BPF.JSET_K) at += (a & k) !== 0 ? jt : jf;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('the program has no final return');
}

describe.each(['x64', 'arm64'])('the seccomp filter on %s', (arch) => {
  const architecture = seccompArchitecture(arch);
  const program = seccompProgram(architecture);
  const run = (name: string | number, ...args: bigint[]): number => {
    const number = typeof name === 'number' ? name : architecture.table[name];
    expect(number, `number of ${name}`).toBeTypeOf('number');
    return interpret(program, architecture.audit, number!, args);
  };

  it('allows the calls that an encoder needs', () => {
    for (const name of ['read', 'write', 'openat', 'futex', 'execve', 'wait4', 'exit_group', 'getdents64', 'fstat']) {
      expect(run(name), name).toBe(ALLOW);
    }
  });

  it('rejects sockets and signals with EPERM, and unknown calls with ENOSYS', () => {
    for (const name of ['socket', 'connect', 'kill', 'setpriority']) expect(run(name), name).toBe(errno(EPERM));
    for (const name of ['socketpair', 'memfd_create', 'personality', 'sendmsg', 'chdir', 'pkey_mprotect']) {
      expect(run(name), name).toBe(errno(ENOSYS));
    }
    expect(interpret(program, architecture.audit, 9999)).toBe(errno(ENOSYS));
  });

  it('kills a program that attacks the kernel', () => {
    for (const name of [
      'ptrace',
      'mount',
      'unshare',
      'setns',
      'bpf',
      'io_uring_setup',
      'keyctl',
      'execveat',
      'chroot',
    ]) {
      expect(run(name), name).toBe(KILL);
    }
  });

  it('allows the creation of threads, but of neither processes nor namespaces', () => {
    expect(run('clone', 0x3d0f00n)).toBe(ALLOW);
    expect(run('clone', 17n)).toBe(KILL);
    expect(run('clone', 0x3d0f00n | 0x10000000n)).toBe(KILL);
    expect(run('clone3')).toBe(errno(ENOSYS));
  });

  it('rejects mappings of memory that is both writable and executable', () => {
    expect(run('mmap', 0n, 4096n, 3n)).toBe(ALLOW);
    expect(run('mmap', 0n, 4096n, 5n)).toBe(ALLOW);
    expect(run('mmap', 0n, 4096n, 7n)).toBe(errno(EACCES));
    expect(run('mprotect', 0n, 4096n, 1n)).toBe(ALLOW);
    expect(run('mprotect', 0n, 4096n, 5n)).toBe(errno(EACCES));
  });

  it('is stricter for a static program, which may not load other code, open a socket or change a folder', () => {
    const strict = seccompProgram(architecture, 'bwrap', FILTERS.strict);
    const decide = (name: string, ...args: bigint[]) =>
      interpret(strict, architecture.audit, architecture.table[name]!, args);
    expect([decide('mmap', 0n, 4096n, 3n), decide('mmap', 0n, 4096n, 5n)]).toEqual([ALLOW, KILL]);
    expect([decide('mmap', 0n, 4096n, 0x100000004n), decide('mprotect', 0n, 4096n, 5n)]).toEqual([KILL, KILL]);
    expect(['socket', 'connect', 'socketpair'].map((name) => decide(name))).toEqual([KILL, KILL, KILL]);
    expect(['mkdirat', 'unlinkat', 'renameat2'].map((name) => decide(name))).toEqual(Array(3).fill(errno(ENOSYS)));
    expect([decide('clone', 0x3d0f00n), decide('clone', 17n), decide('read')]).toEqual([ALLOW, KILL, ALLOW]);
  });

  it('lets a program map its libraries as code, and kills the program when it makes memory executable', () => {
    const linked = seccompProgram(architecture, 'bwrap', FILTERS.linked);
    const decide = (name: string, ...args: bigint[]) =>
      interpret(linked, architecture.audit, architecture.table[name]!, args);
    expect([decide('mmap', 0n, 4096n, 5n), decide('mmap', 0n, 4096n, 7n)]).toEqual([ALLOW, KILL]);
    expect([decide('mprotect', 0n, 4096n, 5n), decide('socket'), decide('clone', 17n)]).toEqual([KILL, KILL, KILL]);
  });

  it.each(['strict', 'linked'] as const)(
    'allows no call under the policy %s that the policy for media forbids',
    (name) => {
      const strict = seccompProgram(architecture, 'bwrap', FILTERS[name]);
      fc.assert(
        fc.property(fc.nat(600), fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { maxLength: 6 }), (nr, args) => {
          if (interpret(strict, architecture.audit, nr, args) !== ALLOW) return;
          expect(run(nr, ...args)).toBe(ALLOW);
        }),
      );
    },
  );

  it('checks only the low half of ioctl and prctl codes, as the kernel does', () => {
    expect(run('ioctl', 0n, 0x5401n)).toBe(ALLOW);
    expect(run('ioctl', 0n, 0x5412n)).toBe(errno(ENOTTY));
    expect(run('ioctl', 0n, 0x100005412n)).toBe(errno(ENOTTY));
    expect(run('prctl', 15n)).toBe(ALLOW);
    expect(run('prctl', 38n)).toBe(errno(EPERM));
  });

  it('rejects fcntl locks, leases and signals for every high half of the command', () => {
    for (const command of [0, 1, 2, 3, 4, 1030]) expect(run('fcntl', 0n, BigInt(command)), `${command}`).toBe(ALLOW);
    for (const command of [5, 6, 7, 8, 10, 36, 37, 38, 1024, 1026, 1031, 1033]) {
      expect(run('fcntl', 0n, BigInt(command)), `${command}`).toBe(errno(EPERM));
      expect(run('fcntl', 0n, BigInt(command) | 0x100000000n), `${command}`).toBe(errno(EPERM));
    }
    expect(run('flock')).toBe(errno(ENOSYS));
  });

  it('kills a program that makes calls of another architecture or of the x32 interface, regardless of the number of the call', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(600), (audit, nr) => {
        fc.pre(audit !== architecture.audit);
        expect(interpret(program, audit, nr)).toBe(KILL);
      }),
    );
    expect(interpret(program, architecture.audit, 0x40000000)).toBe(KILL);
  });

  it('returns a decision for every number and argument', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { maxLength: 6 }), (nr, args) => {
        const answer = interpret(program, architecture.audit, nr, args);
        expect([KILL, ALLOW, errno(EPERM), errno(EACCES), errno(ENOSYS), errno(ENOTTY)]).toContain(answer);
      }),
    );
  });
});

describe('seccompFilter', () => {
  it('writes eight little-endian bytes per instruction', () => {
    expect(encode([{ code: 0x15, jt: 1, jf: 2, k: 0xc000003e }]).toString('hex')).toBe('150001023e0000c0');
    expect(seccompFilter('x64').length).toBe(seccompProgram(seccompArchitecture('x64')).length * 8);
  });

  it('rejects an architecture without a table', () => {
    expect(() => seccompFilter('riscv64')).toThrow(/no seccomp table for the architecture riscv64/);
  });
});
