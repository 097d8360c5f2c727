import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../../../test/helpers/skip-note.ts';
import { cgroupsOf } from '../../../testkit/control-groups.ts';
import { processStat } from '../../telemetry/process-stat.ts';
import { admit } from '../cell/processes.ts';
import { pidNamespace } from '../host/proc.ts';
import { openCgroups } from './cgroups.ts';

const cgroups = await openCgroups();

const note = skipNote(cgroups === null && 'needs writable control groups');

describe('admitting a cell', () => {
  it('moves the cell into its group, and gives it a lower priority than the service', async () => {
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

  it.skipIf(cgroups === null)(`can be announced without moving the service${note}`, async () => {
    const before = readFileSync('/proc/self/cgroup', 'utf8');
    await cgroups!.announce();
    expect(readFileSync('/proc/self/cgroup', 'utf8')).toBe(before);
  });
});

describe.skipIf(cgroups === null)(`opening control groups${note}`, () => {
  /** Puts a process into a group of that name, next to the groups of this process. */
  async function strand(name: string) {
    await cgroups!.slot(1).prepare({ memoryBytes: 2 ** 28 });
    const [own] = cgroupsOf(process.pid).filter((path) => path.endsWith('-1'));
    const folder = join(dirname(own!), name);
    const child = spawn('sleep', ['60']);
    mkdirSync(folder);
    writeFileSync(join(folder, 'cgroup.procs'), String(child.pid));
    const ended = once(child, 'exit');
    return { folder, child, ended };
  }

  it('kills the processes that a dead process left in its group, and removes the group', async () => {
    const owner = spawn('sleep', ['60']);
    const { startTicks } = processStat(owner.pid!)!;
    const left = await strand(`airlock-${owner.pid}-${startTicks}-${pidNamespace()}-0-0`);
    await (await openCgroups())?.close();
    expect(processStat(left.child.pid!)?.state).toMatch(/[SR]/);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await (await openCgroups())?.close();
    expect(existsSync(left.folder)).toBe(false);
    expect(await left.ended).toEqual([null, 'SIGKILL']);
    await cgroups?.close();
  });

  it.each([
    ['another pid namespace', (pid: number) => `airlock-${pid}-1-1-0-0`],
    ['an unknown pid namespace', (pid: number) => `airlock-${pid}-0-0`],
  ])('keeps the processes of a group that a process of %s may have created', async (_, nameOf) => {
    const gone = spawn('true');
    await once(gone, 'exit');
    const left = await strand(nameOf(gone.pid!));
    try {
      await (await openCgroups())?.close();
      expect(processStat(left.child.pid!)?.state).toMatch(/[SR]/);
      expect(existsSync(left.folder)).toBe(true);
    } finally {
      left.child.kill('SIGKILL');
      await left.ended;
      rmdirSync(left.folder);
      await cgroups?.close();
    }
  });
});
