import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CellResult, CellSpec } from '../../src/sandbox/index.ts';
import { processStat } from '../../src/telemetry/process-stat.ts';
import { cgroupsOf } from '../../testkit/control-groups.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';
import {
  commandOf,
  descendants,
  type Fixture,
  LIMITS,
  MIB,
  openFixture,
  PATIENCE_MS,
  running,
  SLOW_OUTPUT,
  slowEncode,
  TIMEOUT,
  until,
} from './cell-fixture.ts';
import { cellProgram } from './cell-program.ts';

vi.setConfig(TIMEOUT);

const CHILD = await cellProgram();

const proc = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, 'latin1');
/** Returns the waiting launchers. No other child of this process is a shell. */
const launchersOf = (parent: number) =>
  descendants(parent).filter((pid) => processStat(pid)?.parent === parent && commandOf(pid) === 'sh');

/** Returns what confines a process, and what it can see of its parent. */
function confinement(pid: number) {
  const status = (field: string) => new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(proc(pid, 'status'))?.[1];
  return {
    groups: proc(pid, 'cgroup'),
    limits: proc(pid, 'limits'),
    status: ['Uid', 'Gid', 'Groups', 'CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp', 'Seccomp_filters'].map(status),
    descriptors: readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/\d+/, '')),
    environment: proc(pid, 'environ'),
    command: proc(pid, 'cmdline'),
    priority: [getPriority(pid), proc(pid, 'oom_score_adj')],
  };
}

describe('a cell whose launcher was started in advance', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture(2);
  });
  afterAll(() => fixture.close());

  async function run(args: readonly string[], more: Partial<CellSpec> = {}): Promise<CellResult> {
    const spec = { program: 'ffmpeg', args, inputs: [], limits: LIMITS, slot: 0, onStdout: () => {} } as const;
    const result = await fixture.sandbox.run({ ...spec, ...more });
    await result.release();
    return result;
  }

  /** Runs a cell, and calls `look` with the process ids of its launcher and of FFmpeg. */
  async function during<T>(look: (launcher: number, program: number) => T, more: Partial<CellSpec> = {}): Promise<T> {
    const stop = new AbortController();
    let seen: T | undefined;
    const onStdout = (): void => {
      const program = descendants(process.pid).find((pid) => commandOf(pid) === 'ffmpeg')!;
      const init = processStat(program)!.parent;
      seen ??= look(processStat(init)!.parent, program);
      stop.abort();
    };
    const { end } = await run(slowEncode(60), { outputs: [SLOW_OUTPUT], signal: stop.signal, onStdout, ...more });
    expect(end).toBe('canceled');
    return seen!;
  }

  it('is confined like a cell that starts its own launcher', async () => {
    const look = (launcher: number, program: number) => ({
      launcher,
      program: confinement(program),
      // The shell adds its folder to the environment, but the cell does not get it.
      bwrap: { ...confinement(launcher), environment: '', groups: '', priority: [] },
    });
    const own = await during(look, { slot: 1 });
    const [waiting] = launchersOf(process.pid);
    const ahead = await during(look, { slot: 1 });
    expect(ahead.launcher).toBe(waiting);
    expect(own.launcher).not.toBe(waiting);
    const { launcher: _, ...confined } = ahead;
    expect(confined).toEqual({ program: own.program, bwrap: own.bwrap });
    expect(ahead.program.status).toContain('2');
    if (fixture.sandbox.limits === 'cgroup') expect(ahead.program.groups).toContain(`/airlock-${process.pid}-`);
  });

  it('has its own launcher, which has no information about any job', async () => {
    await run(['-version']);
    const before = launchersOf(process.pid);
    const next = await during(
      (launcher) => {
        expect(before).toContain(launcher);
        return launchersOf(process.pid).filter((pid) => !before.includes(pid));
      },
      { outputs: [SLOW_OUTPUT] },
    );
    expect(next).toHaveLength(1);
    const { command, environment, descriptors } = confinement(next[0]!);
    expect(environment).toBe('');
    expect(command).not.toMatch(/ffmpeg|slow|testsrc|cells/);
    expect(descriptors.map((target) => target.replace(/:.*|^.*\//, '')).sort()).toEqual(
      [...['null', 'media.bpf'], ...Array(7).fill('socket')].sort(),
    );
  });

  it('ends at its memory limit, and no cell is charged for an earlier cell', async () => {
    const greedy = ['-f', 'lavfi', '-i', 'testsrc2=s=3840x2160:r=30:d=10', '-vf', 'reverse', '-f', 'null', '-'];
    await run(['-version']);
    expect(await run(greedy, { limits: { ...LIMITS, memoryBytes: 96 * MIB } })).toMatchObject({ end: 'limit_memory' });
    const busy = await run(['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:d=1', '-c:v', 'libx264', '-f', 'null', '-']);
    const idle = await run(['-version']);
    expect([busy.end, idle.end]).toEqual(['exit', 'exit']);
    expect(idle.cpuMs).toBeLessThan(busy.cpuMs / 2);
    expect(idle.maxRssBytes).toBeLessThan(busy.maxRssBytes);
  });

  it('starts even if its launcher was killed, or an argument has several lines', async () => {
    await run(['-version']);
    const pids = launchersOf(process.pid);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until(() => !pids.some(running), PATIENCE_MS);
    expect(await run(['-version'])).toMatchObject({ end: 'exit', exitCode: 0 });
    expect((await run(['-i', '/in/odd\n name'])).stderr).toContain('/in/odd\n name');
    expect((await run(['-i', '/in/$HOME \\"\'é'])).stderr).toContain('/in/$HOME \\"\'é');
  });

  it('is moved into its control group if its launcher was moved out of the group', async () => {
    if (fixture.sandbox.limits !== 'cgroup') return;
    await run(['-version'], { slot: 1 });
    const groups = cgroupsOf(process.pid).filter((folder) => /-1$/.test(folder));
    // The launcher for the next cell is started when the response is sent, and is moved to its control group afterwards.
    let waiting: number | undefined;
    await until(() => {
      waiting = launchersOf(process.pid).find((pid) => /-1$/m.test(proc(pid, 'cgroup')));
      return waiting !== undefined;
    }, PATIENCE_MS);
    for (const folder of groups) writeFileSync(join(dirname(folder), 'cgroup.procs'), String(waiting));
    const members = await during(
      (launcher, program) => {
        expect(launcher).toBe(waiting);
        return groups.map((folder) =>
          readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').includes(`${program}`),
        );
      },
      { slot: 1 },
    );
    expect(members.length).toBeGreaterThan(0);
    expect(members).not.toContain(false);
  });
});

describe('a launcher that waits', () => {
  it('exists only in slots that have run a cell, and ends when the sandbox is closed', async () => {
    const before = launchersOf(process.pid);
    const fixture = await openFixture(2);
    const waiting = () => launchersOf(process.pid).filter((pid) => !before.includes(pid));
    await fixture.sandbox.selfTest();
    expect(waiting()).toEqual([]);
    const spec = { program: 'ffprobe', args: ['-version'], inputs: [], limits: LIMITS, slot: 1 } as const;
    await (await fixture.sandbox.run({ ...spec, onStdout: () => {} })).release();
    const pids = waiting();
    expect(pids).toHaveLength(1);
    await fixture.close();
    expect(pids.filter(running)).toEqual([]);
    expect(waiting()).toEqual([]);
  });

  it('ends when its worker is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-waiting-'));
    chmodSync(folder, 0o711);
    let child: ChildProcess | undefined;
    try {
      await linkRootImage(folder);
      child = spawn(process.execPath, [CHILD, 'waiting', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout!, 'data');
      const pids = launchersOf(child.pid!);
      expect(pids).toHaveLength(1);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await until(() => !pids.some(running), PATIENCE_MS);
    } finally {
      child?.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
