import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
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
} from '../../src/sandbox/seccomp/bpf.ts';
import { seccompArchitecture } from '../../src/sandbox/seccomp/filter.ts';

export interface DockerRule {
  names: string[];
  action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  comment: string;
  errnoRet?: number;
  args?: { index: number; value: number; op: string }[];
}

export interface DockerProfile {
  defaultAction: string;
  defaultErrnoRet: number;
  architectures: string[];
  syscalls: DockerRule[];
}

export const PROFILE = join(import.meta.dirname, '../../deploy/docker/seccomp-worker.json');

export function readProfile(): DockerProfile {
  return JSON.parse(readFileSync(PROFILE, 'utf8')) as DockerProfile;
}

/** Returns the numbers of this machine's system calls, from the kernel's header. */
export function syscallNumbers(): Map<string, number> {
  const header =
    process.arch === 'x64' ? '/usr/include/x86_64-linux-gnu/asm/unistd_64.h' : '/usr/include/asm-generic/unistd.h';
  const found = readFileSync(header, 'utf8').matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)$/gm);
  return new Map([...found].map((match) => [match[1]!, Number(match[2])]));
}

/**
 * Compiles the profile to the filter that the kernel would run in a container. Omits calls that this architecture lacks, as Docker does.
 */
export function compileProfile(profile: DockerProfile): Buffer {
  const numbers = syscallNumbers();
  const allow = ret(SECCOMP_RET.ALLOW);
  const body = (rule: DockerRule): BpfInstruction[] => {
    if (rule.action === 'SCMP_ACT_ERRNO') return [retErrno(rule.errnoRet!)];
    if (!rule.args) return [allow];
    return [
      load(argumentLow(rule.args[0]!.index)),
      ...when(BPF.JEQ_K, rule.args[0]!.value, [allow]),
      retErrno(profile.defaultErrnoRet),
    ];
  };
  const rules = profile.syscalls.flatMap((rule) =>
    rule.names.flatMap((name) => {
      const number = numbers.get(name);
      return number === undefined ? [] : when(BPF.JEQ_K, number, body(rule));
    }),
  );
  return encode([
    load(DATA_ARCH),
    ...unless(BPF.JEQ_K, seccompArchitecture().audit, [ret(SECCOMP_RET.KILL_PROCESS)]),
    load(DATA_NR),
    ...rules,
    retErrno(profile.defaultErrnoRet),
  ]);
}
