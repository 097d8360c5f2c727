import { join } from 'node:path';
import { writablesOf } from '../cell/cell.ts';
import { addressSpace } from '../cell/limits.ts';
import { MAX_TASKS } from '../cgroup/slot-group.ts';
import { FILTERS } from '../seccomp/policies.ts';
import { ociSeccomp } from './oci-seccomp.ts';
import type { LaunchSpec } from './tier.ts';

const MIB = 2 ** 20;
const NOBODY = 65534;

/** Returns the OCI runtime configuration of one cell for `runsc run --bundle`, which is equivalent to the arguments of bubblewrap. */
export function ociConfig({ program, args, filter, cell, limits, account, rootImage }: LaunchSpec): object {
  const rlimit = (type: string, value: number) => ({ type: `RLIMIT_${type}`, hard: value, soft: value });
  const bind = (source: string, destination: string, mode: 'ro' | 'rw') => ({
    ...{ type: 'bind', source, destination },
    options: ['rbind', mode, 'nosuid', 'nodev'],
  });
  return {
    ociVersion: '1.0.2',
    hostname: 'job',
    root: { path: rootImage, readonly: true },
    process: {
      terminal: false,
      user: { uid: account?.uid ?? NOBODY, gid: account?.gid ?? NOBODY },
      args: [program, ...args],
      env: ['HOME=/tmp', 'PATH=/usr/bin', 'LC_ALL=C.UTF-8', 'SVT_LOG=1'],
      cwd: '/out',
      noNewPrivileges: true,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      rlimits: [
        rlimit('AS', addressSpace(limits.memoryBytes)),
        rlimit('FSIZE', Math.ceil(limits.outputBytes)),
        rlimit('CPU', Math.ceil(limits.cpuSeconds)),
        rlimit('CORE', 0),
        rlimit('NOFILE', 256),
        rlimit('MEMLOCK', 0),
        // The cell's own kernel counts the tasks, so the limit applies only to this cell.
        rlimit('NPROC', limits.tasks ?? MAX_TASKS),
        rlimit('STACK', 8 * MIB),
      ],
    },
    mounts: [
      { type: 'tmpfs', source: 'tmpfs', destination: '/tmp', options: ['nosuid', 'nodev', `size=${64 * MIB}`] },
      bind(cell.input, '/in', 'ro'),
      bind(cell.output, '/out', 'ro'),
      ...writablesOf(cell).map((name) => bind(join(cell.output, name), `/out/${name}`, 'rw')),
      ...cell.binds.map(({ name, path }) => bind(path, `/in/${name}`, 'ro')),
    ],
    linux: {
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      seccomp: ociSeccomp(FILTERS[filter]),
    },
  };
}
