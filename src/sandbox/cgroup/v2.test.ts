import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgroupV2, findV2Parent } from './v2.ts';

/** Uses a plain folder as control group. The test writes the files that the kernel would write (limits, counters). */
describe('cgroup v2', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-cgroup-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('limits memory without swap, and reports usage as differences of counters', async () => {
    const group = cgroupV2(folder, 'airlock-1-0-0', () => ({ v1: new Map(), v2: null }));
    const file = (name: string) => join(folder, 'airlock-1-0-0', name);
    mkdirSync(join(folder, 'airlock-1-0-0'));
    writeFileSync(file('cpu.stat'), 'usage_usec 5000000\nuser_usec 1\n');
    writeFileSync(file('memory.peak'), '900\n');
    await group.prepare({ memoryBytes: 12345678 });
    expect(readFileSync(file('memory.max'), 'utf8')).toBe('12345678');
    expect(readFileSync(file('memory.swap.max'), 'utf8')).toBe('0');
    expect(readFileSync(file('memory.oom.group'), 'utf8')).toBe('1');
    // The weight is below the service's own weight of 100, so that the service stays responsive while every slot encodes.
    expect(Number(readFileSync(file('cpu.weight'), 'utf8'))).toBeLessThan(100);
    await group.add(42);
    expect(readFileSync(file('cgroup.procs'), 'utf8')).toBe('42');
    writeFileSync(file('cpu.stat'), 'usage_usec 7500000\n');
    expect(group.usage()).toEqual({ cpuMs: 2500, peakBytes: 0 });
    writeFileSync(file('memory.peak'), '1000\n');
    expect(group.usage().peakBytes).toBe(1000);
    writeFileSync(file('memory.events'), 'low 0\noom 2\noom_kill 3\noom_group_kill 0\n');
    expect(group.oomKills()).toBe(3);
  });

  it('rejects a parent without the memory controller, and a systemd slice', () => {
    const slice = join(folder, 'user.slice');
    mkdirSync(join(slice, 'session.scope'), { recursive: true });
    for (const path of [slice, join(slice, 'session.scope')]) {
      writeFileSync(join(path, 'cgroup.procs'), '');
      writeFileSync(join(path, 'cgroup.controllers'), 'cpu pids');
      writeFileSync(join(path, 'cgroup.subtree_control'), '');
    }
    expect(findV2Parent(join(slice, 'session.scope'))).toBeNull();
    expect(readFileSync(join(slice, 'cgroup.subtree_control'), 'utf8')).toBe('');
  });
});
