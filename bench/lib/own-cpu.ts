import { cpuSeconds, processTree } from './processes.ts';
import type { Bench } from './service.ts';

export const ROLES = ['api', 'worker', 'gateway', 'postgres'] as const;
export type Role = (typeof ROLES)[number];

/** Returns the CPU milliseconds of the processes of the service so far, by role. Excludes cells. */
export function cpuByRole({ service }: Bench): Record<Role, number> {
  const ofRole = (role: Role) => {
    const pids = service.pids(role);
    // Cells are below the worker, so only the children of PostgreSQL count.
    const ofTree = role === 'postgres';
    return cpuSeconds(ofTree ? pids.flatMap(processTree) : pids, { children: ofTree }) * 1000;
  };
  return Object.fromEntries(ROLES.map((role) => [role, ofRole(role)])) as Record<Role, number>;
}

/** Returns the CPU milliseconds of all processes of the service so far, without its cells. */
export const ownCpu = (bench: Bench) => Object.values(cpuByRole(bench)).reduce((sum, ms) => sum + ms, 0);
