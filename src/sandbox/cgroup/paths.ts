import { join } from 'node:path';

export interface CgroupPaths {
  /** Folders of this process's cgroups in the v1 hierarchies, by controller (`memory`, `pids`, `cpuacct`). */
  v1: Map<string, string>;
  /** Folder of this process's cgroup in the unified hierarchy. Null if this hierarchy is not mounted. */
  v2: string | null;
}

/**
 * Finds the folders of this process's cgroups from `/proc/self/cgroup` and `/proc/self/mountinfo` (cgroups(7), proc_pid_mountinfo(5)). A
 * mount may show only part of the hierarchy (containers). Its root is then stripped from the path.
 */
export function parseCgroupPaths(cgroup: string, mountinfo: string): CgroupPaths {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ');
    const [, , , root, point] = left?.split(' ') ?? [];
    const [type, , options] = right?.split(' ') ?? [];
    if ((type !== 'cgroup' && type !== 'cgroup2') || !root || !point) return [];
    return [{ type, root: decodeOctal(root), point: decodeOctal(point), options: options?.split(',') ?? [] }];
  });
  const paths: CgroupPaths = { v1: new Map(), v2: null };
  for (const line of cgroup.split('\n')) {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (!match) continue;
    const [, hierarchy, controllers, path] = match as unknown as [string, string, string, string];
    const unified = hierarchy === '0' && controllers === '';
    const mount = mounts.find(({ type, options }) =>
      unified
        ? type === 'cgroup2'
        : type === 'cgroup' && controllers.split(',').every((name) => options.includes(name)),
    );
    const folder = mount && within(mount, path);
    if (!folder) continue;
    if (unified) paths.v2 = folder;
    else for (const name of controllers.split(',')) paths.v1.set(name, folder);
  }
  return paths;
}

/** Returns the folder of the path, or null if the path is outside the mounted part of the hierarchy. */
function within({ root, point }: { root: string; point: string }, path: string): string | null {
  if (path.includes('/..')) return null;
  if (root === '/') return join(point, path);
  if (path === root || path.startsWith(`${root}/`)) return join(point, path.slice(root.length));
  return null;
}

/** Decodes a path of mountinfo, which encodes spaces and backslashes as three octal digits. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
