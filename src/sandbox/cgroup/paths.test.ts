import { describe, expect, it } from 'vitest';
import { parseCgroupPaths } from './paths.ts';

describe('parseCgroupPaths', () => {
  it('finds v1 controllers, including two in one hierarchy', () => {
    const { v1, v2 } = parseCgroupPaths(
      '4:memory:/jobs/a\n3:cpu,cpuacct:/\n2:pids:/jobs\n1:name=systemd:/\n0::/\n',
      [
        '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw',
        '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
        '36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
        '37 31 0:34 / /sys/fs/my\\040cgroup/pids rw - cgroup cgroup rw,pids',
      ].join('\n'),
    );
    expect(v1.get('memory')).toBe('/sys/fs/cgroup/memory/jobs/a');
    expect(v1.get('cpuacct')).toBe('/sys/fs/cgroup/cpu,cpuacct/');
    expect(v1.get('pids')).toBe('/sys/fs/my cgroup/pids/jobs');
    expect(v2).toBeNull();
  });

  it('strips the root of a partial mount from the path, and rejects a path outside the mount', () => {
    const mount = '31 23 0:28 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory';
    expect(parseCgroupPaths('4:memory:/docker/x/y', mount).v1.get('memory')).toBe('/sys/fs/cgroup/memory/y');
    expect(parseCgroupPaths('4:memory:/elsewhere', mount).v1.has('memory')).toBe(false);
    expect(parseCgroupPaths('4:memory:/docker/x/../z', mount).v1.has('memory')).toBe(false);
  });

  it('finds the unified hierarchy', () => {
    const mount = '31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate';
    expect(parseCgroupPaths('0::/system.slice/airlock.service/main\n', mount).v2).toBe(
      '/sys/fs/cgroup/system.slice/airlock.service/main',
    );
  });
});
