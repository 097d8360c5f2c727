import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cgroupsOf } from '../../../testkit/control-groups.ts';
import { processStat } from '../../ids/process-stat.ts';
import { admit } from '../cell/processes.ts';
import { pidNamespace } from '../host/proc.ts';
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

describe('opening control groups', () => {
  it.skipIf(cgroups === null)('ends what a dead process left in its group, and removes the group', async () => {
    const owner = spawn('sleep', ['60']);
    const { startTicks } = processStat(owner.pid!)!;
    const stranded = spawn('sleep', ['60']);
    const group = cgroups!.slot(1);
    await group.prepare({ memoryBytes: 2 ** 28 });
    const [own] = cgroupsOf(process.pid).filter((path) => path.endsWith('-1'));
    const left = join(dirname(own!), `airlock-${owner.pid}-${startTicks}-${pidNamespace()}-0-0`);
    mkdirSync(left);
    writeFileSync(join(left, 'cgroup.procs'), String(stranded.pid));
    await (await openCgroups())?.close();
    expect(processStat(stranded.pid!)?.state).toMatch(/[SR]/);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await (await openCgroups())?.close();
    expect(existsSync(left)).toBe(false);
    if (stranded.exitCode === null && stranded.signalCode === null) await once(stranded, 'exit');
    expect(stranded.signalCode).toBe('SIGKILL');
    await cgroups?.close();
  });
});
