import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { describe, expect, it } from 'vitest';
import { admit } from '../cell/processes.ts';
import { openCgroups } from './cgroups.ts';

const cgroups = await openCgroups();

describe('admitting a cell', () => {
  it('moves it into its group with a lower priority than the service', async () => {
    const group = cgroups?.slot(0) ?? null;
    await group?.prepare({ memoryBytes: 2 ** 28 });
    const child = spawn('sleep', ['60']);
    try {
      await admit(child.pid!, group);
      expect(getPriority(child.pid!)).toBeGreaterThan(getPriority());
      expect(readFileSync(`/proc/${child.pid}/oom_score_adj`, 'utf8').trim()).toBe('700');
      if (group) expect(await group.members()).toEqual([child.pid]);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await cgroups?.close();
    }
  });

  it.skipIf(cgroups === null)('can be announced without moving the service', async () => {
    const before = readFileSync('/proc/self/cgroup', 'utf8');
    await cgroups!.announce();
    expect(readFileSync('/proc/self/cgroup', 'utf8')).toBe(before);
  });
});
