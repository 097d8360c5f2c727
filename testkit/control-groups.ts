import { execFileSync } from 'node:child_process';

/** Control groups of the sandboxes of process `pid`, in all hierarchies. */
export function cgroupsOf(pid: number): string[] {
  const output = execFileSync(
    '/usr/bin/find',
    ['/sys/fs/cgroup', '-ignore_readdir_race', '-type', 'd', '-name', `airlock-${pid}-*`],
    {
      encoding: 'utf8',
    },
  );
  return output.split('\n').filter(Boolean);
}
