import { readFileSync } from 'node:fs';
import type { TestService } from '../../service.ts';

/** Returns the resident memory in MiB of the service's Node processes by role. Excludes PostgreSQL, which intentionally keeps its cache. */
export function memoryOfRoles(service: TestService): Record<string, number> {
  const roles = ['api', 'gateway', 'worker'];
  return Object.fromEntries(roles.map((role) => [role, service.pids(role).reduce((sum, pid) => sum + rss(pid), 0)]));
}

function rss(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
}
