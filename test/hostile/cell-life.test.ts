import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSandbox } from '../../src/sandbox/index.ts';
import { cgroupsOf } from '../../testkit/control-groups.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { descendantsOf } from '../../testkit/processes-of.ts';
import {
  commandOf,
  descendants,
  type Fixture,
  LIMITS,
  openFixture,
  PATIENCE_MS,
  reportOf,
  running,
  SLOW_OUTPUT,
  slowEncode,
  TIMEOUT,
  until,
} from './cell-fixture.ts';
import { cellProgram } from './cell-program.ts';

vi.setConfig(TIMEOUT);

const CHILD = await cellProgram();

function startChild(mode: string, dataDir: string, account: { uid?: number; gid?: number } = {}): ChildProcess {
  return spawn(process.execPath, [CHILD, mode, dataDir], {
    ...account,
    env: { PATH: '/usr/bin:/bin', HOME: '/tmp' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('a cell', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture();
  });
  afterAll(() => fixture.close());
  const myCells = () =>
    readdirSync(join(fixture.dataDir, 'cells')).flatMap((owner) =>
      readdirSync(join(fixture.dataDir, 'cells', owner)).filter((name) => name !== 'image' && !name.endsWith('.bpf')),
    );

  it('ends together with FFmpeg within a second of a cancel', async () => {
    const took: number[] = [];
    // Other load may delay one run, so there are up to three attempts. A cell that waited for FFmpeg to stop would be late each time.
    while (took.length < 3 && !took.some((milliseconds) => milliseconds < 1000)) took.push(await cancel());
    expect(Math.min(...took), took.join()).toBeLessThan(1000);

    async function cancel(): Promise<number> {
      const controller = new AbortController();
      let canceledAt = 0;
      let pids: number[] = [];
      const result = await fixture.sandbox.run({
        program: 'ffmpeg',
        args: slowEncode(60),
        inputs: [],
        outputs: [SLOW_OUTPUT],
        limits: LIMITS,
        slot: 0,
        signal: controller.signal,
        onStdout: () => {
          if (canceledAt > 0) return;
          pids = descendants(process.pid);
          canceledAt = performance.now();
          controller.abort();
        },
      });
      const milliseconds = performance.now() - canceledAt;
      expect(pids.length).toBeGreaterThan(1);
      expect(pids.map(commandOf)).not.toContain('ffmpeg');
      expect(pids.filter((pid) => running(pid) && /ffmpeg|bwrap/.test(commandOf(pid)))).toEqual([]);
      expect(result.end).toBe('canceled');
      await result.release();
      return milliseconds;
    }
  });

  it('does not start when it is canceled beforehand', async () => {
    const spec = {
      program: 'ffmpeg',
      args: slowEncode(60),
      inputs: [],
      outputs: [SLOW_OUTPUT],
      limits: LIMITS,
      slot: 0,
    } as const;
    const result = await fixture.sandbox.run({ ...spec, signal: AbortSignal.abort() });
    expect(result).toMatchObject({ end: 'canceled', exitCode: null });
    await result.release();
  });

  it('leaves no folder, process, control group or descriptor behind in thirty runs', async () => {
    const probe = async () => {
      const spec = { program: 'ffprobe', args: ['-version'], inputs: [], limits: LIMITS, slot: 1 } as const;
      const result = await fixture.sandbox.run({ ...spec, onStdout: () => {} });
      expect(result).toMatchObject({ end: 'exit', exitCode: 0 });
      await result.release();
    };
    await probe();
    const before = { fds: readdirSync('/proc/self/fd').length, groups: cgroupsOf(process.pid).length };
    for (let count = 0; count < 30; count += 1) await probe();
    expect(myCells()).toEqual([]);
    expect(descendants(process.pid).map(commandOf)).not.toEqual(expect.arrayContaining(['bwrap']));
    expect(cgroupsOf(process.pid).length).toBeLessThanOrEqual(before.groups);
    // Earlier tests of this process may still open a few descriptors, but a leak would open thirty.
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(before.fds + 15);
  });

  it('is rejected in a slot that is busy or does not exist', async () => {
    const controller = new AbortController();
    const spec = {
      program: 'ffmpeg',
      args: slowEncode(60),
      inputs: [],
      outputs: [SLOW_OUTPUT],
      limits: LIMITS,
      slot: 0,
    } as const;
    const first = fixture.sandbox.run({ ...spec, signal: controller.signal });
    await expect(fixture.sandbox.run(spec)).rejects.toThrow(/slot 0 already runs/);
    await expect(fixture.sandbox.run({ ...spec, slot: 2 })).rejects.toThrow(/slot 2/);
    controller.abort();
    await (await first).release();
  });

  it('ends when its sandbox is closed, and leaves nothing behind', async () => {
    const other = await openFixture(1);
    const result = other.sandbox.run({
      program: 'ffmpeg',
      args: slowEncode(60),
      inputs: [],
      outputs: [SLOW_OUTPUT],
      limits: LIMITS,
      slot: 0,
    });
    await until(() => descendants(process.pid).some((pid) => commandOf(pid) === 'ffmpeg'), PATIENCE_MS);
    const groups = cgroupsOf(process.pid).length;
    await other.sandbox.close();
    expect((await result).end).toBe('canceled');
    expect(readdirSync(join(other.dataDir, 'cells'))).toEqual([]);
    if (other.sandbox.limits === 'cgroup') expect(cgroupsOf(process.pid).length).toBeLessThan(groups);
    await other.close();
  });
});

describe('a worker that is killed', () => {
  it('leaves neither bwrap nor FFmpeg running, and the next start removes its cell and control groups', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-killed-'));
    chmodSync(folder, 0o711);
    try {
      await linkRootImage(folder);
      const child = startChild('long', folder);
      await once(child.stdout!, 'data');
      const pids = descendants(child.pid!);
      expect(pids.map(commandOf)).toEqual(expect.arrayContaining(['bwrap', 'ffmpeg']));
      child.kill('SIGKILL');
      await once(child, 'exit');
      await until(() => pids.every((pid) => !running(pid)), PATIENCE_MS);
      expect(readdirSync(join(folder, 'cells'))).toHaveLength(1);

      const sandbox = await openSandbox({ dataDir: folder, slots: 1 });
      expect(readdirSync(join(folder, 'cells')).filter((name) => name.startsWith(`${child.pid}-`))).toEqual([]);
      expect(cgroupsOf(child.pid!)).toEqual([]);
      await sandbox.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a worker that is killed during its self-test', () => {
  it('leaves no cell of a series running, although the program of the cell does not end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-killed-'));
    chmodSync(folder, 0o711);
    try {
      await linkRootImage(folder);
      const child = startChild('series', folder);
      const programs = () => descendantsOf(child.pid!).filter(({ name }) => name.startsWith('probe-'));
      await until(() => programs().length > 0, PATIENCE_MS);
      const pids = descendants(child.pid!);
      expect(pids.map(commandOf)).toEqual(expect.arrayContaining(['sh', 'bwrap', 'probe-0']));
      child.kill('SIGKILL');
      await once(child, 'exit');
      // The kernel kills these processes immediately. Otherwise, the program would run for several more seconds.
      await until(() => pids.every((pid) => !running(pid)), 3_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the sandbox of an ordinary user', () => {
  it('builds its root image, passes its self-test and encodes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-user-'));
    const account = process.getuid!() === 0 ? { uid: 65534, gid: 65534 } : {};
    try {
      chmodSync(folder, 0o755);
      const dataDir = join(folder, 'data dir');
      mkdirSync(dataDir, { mode: 0o700 });
      if (account.uid) chownSync(dataDir, account.uid, account.gid);
      const child = startChild('user', dataDir, account);
      const report = await reportOf(child);
      expect(report).toMatchObject({ failed: [], end: 'exit', exitCode: 0 });
      expect(report.uid).not.toBe(0);
      expect(readdirSync(join(dataDir, 'cells'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
