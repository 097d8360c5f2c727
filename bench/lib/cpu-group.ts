import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup/cpuacct';

/** A control group that counts the CPU time of processes and of all their descendants, including cells. */
export interface CpuGroup {
  /** Runs `start` inside the group, so that its child processes stay in the group. */
  within<T>(start: () => Promise<T>): Promise<T>;
  /** Returns the CPU milliseconds so far. */
  cpuMs(): number;
  close(): void;
}

/**
 * Creates a control group. Throws if the hierarchy `cpuacct` (version 1) does not exist, or if this process may not create groups in it.
 */
export function openCpuGroup(): CpuGroup {
  const own = /^\d+:[^:]*\bcpuacct\b[^:]*:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  if (own === undefined) throw new Error('this case needs the control group cpuacct (version 1)');
  const home = join(ROOT, own);
  const group = join(home, `airlock-bench-${process.pid}`);
  mkdirSync(group);
  const move = (folder: string) => writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
  return {
    async within(start) {
      move(group);
      try {
        return await start();
      } finally {
        move(home);
      }
    },
    cpuMs: () => Number(readFileSync(join(group, 'cpuacct.usage'), 'utf8')) / 1e6,
    close: () => rmdirSync(group),
  };
}
