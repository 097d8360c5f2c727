import { CLONE_THREAD, FCNTLS, IOCTLS, PRCTLS, PROT_EXEC, PROT_WRITE_EXEC } from '../seccomp/filter.ts';
import type { FilterPolicy } from '../seccomp/policies.ts';

interface Argument {
  index: number;
  value: number;
  valueTwo?: number;
  op: 'SCMP_CMP_EQ' | 'SCMP_CMP_MASKED_EQ';
}

/**
 * Returns the BPF filter's decisions as `linux.seccomp` of an OCI `config.json`. gVisor does not support `errnoRet`, so its error is always
 * EPERM. libc needs ENOSYS for clone3, which SCMP_ACT_TRACE returns without a tracer.
 */
export function ociSeccomp({ allowed, rejected, killed, mapsCode, onCode }: FilterPolicy): object {
  const rule = (names: string[], action: string, args?: Argument[]) => ({ names, action, ...(args && { args }) });
  const allow = (name: string, args: Argument[]) => rule([name], 'SCMP_ACT_ALLOW', args);
  const equal = (name: string, index: number, values: readonly number[]) =>
    values.map((value) => allow(name, [{ index, value, op: 'SCMP_CMP_EQ' }]));
  const masked = (index: number, mask: number, value: number): Argument[] => [
    { index, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' },
  ];
  return {
    defaultAction: 'SCMP_ACT_TRACE',
    architectures: [process.arch === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64'],
    syscalls: [
      rule([...allowed, 'tgkill'], 'SCMP_ACT_ALLOW'),
      // Allow every combination of the two bits except both. If the program may not map code, allow only mappings without the bit for code.
      ...(mapsCode
        ? [0, 2, 4].map((bits) => allow('mmap', masked(2, PROT_WRITE_EXEC, bits)))
        : [allow('mmap', masked(2, PROT_EXEC, 0))]),
      allow('mprotect', masked(2, PROT_EXEC, 0)),
      allow('clone', masked(0, CLONE_THREAD, CLONE_THREAD)),
      ...equal('ioctl', 1, IOCTLS),
      ...equal('prctl', 0, PRCTLS),
      ...equal('fcntl', 1, FCNTLS),
      ...equal('prlimit64', 0, [0]),
      rule(['ioctl', 'prctl', 'fcntl', 'prlimit64', ...rejected], 'SCMP_ACT_ERRNO'),
      rule(['mmap', 'mprotect'], onCode === 'kill' ? 'SCMP_ACT_KILL' : 'SCMP_ACT_ERRNO'),
      rule(['clone', ...killed], 'SCMP_ACT_KILL'),
    ],
  };
}
