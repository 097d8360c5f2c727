import { spawnSync } from 'node:child_process';

/** Returns the control groups of the sandboxes of process `pid`, in all hierarchies. */
export function cgroupsOf(pid: number): string[] {
  // Groups of other cells may disappear during the search, and find then exits with 1.
  const { stdout, status } = spawnSync(
    '/usr/bin/find',
    ['/sys/fs/cgroup', '-ignore_readdir_race', '-type', 'd', '-name', `airlock-${pid}-*`],
    { encoding: 'utf8' },
  );
  if (status !== 0 && status !== 1) throw new Error(`find exited with ${status}`);
  return stdout.split('\n').filter(Boolean);
}
