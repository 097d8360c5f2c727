import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunContext, runProgram } from '../../src/sandbox/cell/run.ts';
import {
  argumentLow,
  BPF,
  DATA_NR,
  encode,
  load,
  ret,
  retErrno,
  SECCOMP_RET,
  when,
} from '../../src/sandbox/seccomp/bpf.ts';
import { seccompArchitecture } from '../../src/sandbox/seccomp/filter.ts';
import { bombs } from '../../src/sandbox/self-test/bombs.ts';
import { assembleProbe, type ProbeCall, readProbe } from '../../src/sandbox/self-test/probe-elf.ts';
import { selfTest } from '../../src/sandbox/self-test/self-test.ts';
import type { CellEnd, CellLimits, SandboxTier, SelfTestReport } from '../../src/sandbox/types.ts';
import { cgroupsOf } from '../../testkit/control-groups.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { skipNote } from '../helpers/skip-note.ts';
import {
  cellPrograms,
  commandOf,
  descendants,
  type Fixture,
  LIMITS,
  MIB,
  openFixture,
  openRunContext,
  PATIENCE_MS,
  reportOf,
  SLOW_OUTPUT,
  slowEncode,
  TIMEOUT,
  until,
} from './cell-fixture.ts';
import { cellProgram } from './cell-program.ts';

vi.setConfig(TIMEOUT);

const CHILD = await cellProgram();

const isRoot = process.getuid!() === 0;
const F_SETOWN = 8;
const EIGHT = Array.from({ length: 8 }, (_, slot) => slot);
const ENCODE = ['-nostdin', '-y', '-f', 'lavfi', '-i'];
const failedOf = (report: SelfTestReport) =>
  report.checks.filter(({ passed }) => !passed).map(({ attempt, seen, detail }) => `${attempt}: ${seen}; ${detail}`);
const exceptionsOf = (report: SelfTestReport) =>
  report.checks.filter(({ promised }) => !promised).map(({ attempt }) => attempt);

const EXCEPTIONS: Record<string, string[]> = {
  bwrap: [],
  landlock: ['own pid namespace', 'learn whether a host file exists'],
};

const note = skipNote(!(isRoot && existsSync('/usr/bin/runsc')) && 'needs root and runsc');

describe.each(['bwrap', 'landlock'] as const)('the attacker in the tier %s', (tier) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture(2, tier);
  });
  afterAll(() => fixture.close());

  it('cannot escape, with eight concurrent cells', async () => {
    const context = await openRunContext(fixture, tier);
    const report = await selfTest(context, EIGHT, { filters: ['media', 'strict', 'linked'] });
    await context.close();
    expect(failedOf(report)).toEqual([]);
    expect(exceptionsOf(report)).toEqual(EXCEPTIONS[tier]);
    expect(report.checks.length).toBeGreaterThan(180);
    expect(readdirSync(context.cells)).toEqual(['linked.bpf', 'media.bpf', 'strict.bpf']);
  });

  it('cannot escape during a job, does not harm the job, and leaves no process or control group', async () => {
    const groups = () => cgroupsOf(process.pid).length;
    const encode = (seconds: number) =>
      fixture.sandbox.run({
        program: 'ffmpeg',
        args: slowEncode(seconds),
        inputs: [],
        outputs: [SLOW_OUTPUT],
        limits: LIMITS,
        slot: 0,
      });
    // A slot keeps its control groups, so the groups of this slot are created before they are counted.
    await (await encode(0.1)).release();
    await fixture.sandbox.selfTest();
    const before = groups();
    const running = encode(4);
    const report = await fixture.sandbox.selfTest({ full: true });
    const honest = await running;
    await honest.release();
    expect(failedOf(report)).toEqual([]);
    expect(exceptionsOf(report)).toEqual(EXCEPTIONS[tier]);
    expect(report.checks.length).toBeGreaterThan(180);
    expect(honest, honest.stderr).toMatchObject({ end: 'exit', exitCode: 0 });
    await until(
      () => descendants(process.pid).every((pid) => !/probe|bwrap|setpriv|ffmpeg/.test(commandOf(pid))),
      PATIENCE_MS,
    );
    expect(groups()).toBe(before);
  });

  it('dies with a killed worker', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-killed-'));
    chmodSync(folder, 0o711);
    try {
      await linkRootImage(folder);
      const child = spawn(process.execPath, [CHILD, 'long', folder, tier], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout!, 'data');
      const pids = descendants(child.pid!);
      expect(pids.map(commandOf).join()).toMatch(/ffmpeg|ld-linux/);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await until(() => pids.every((pid) => !existsSync(`/proc/${pid}/exe`)), PATIENCE_MS);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('ends immediately when it is canceled', async () => {
    const controller = new AbortController();
    const running = fixture.sandbox.run({
      program: 'ffmpeg',
      args: slowEncode(60),
      inputs: [],
      outputs: [SLOW_OUTPUT],
      limits: LIMITS,
      slot: 1,
      signal: controller.signal,
      onStdout: () => controller.abort(),
    });
    const result = await running;
    expect(result.end).toBe('canceled');
    // The encode would have run for a minute.
    expect(result.wallMs).toBeLessThan(PATIENCE_MS);
    await result.release();
  });

  it('cannot escape as an ordinary user, with eight concurrent cells', async () => {
    const { uid, checks, failed } = await runAsUser(tier, { mode: 'eight' });
    expect(uid).not.toBe(0);
    expect(failed).toEqual([]);
    expect(checks).toBeGreaterThan(180);
  });

  it('cannot reach a cell of another worker on this host, which uses other accounts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-other-'));
    chmodSync(folder, 0o711);
    const context = await openRunContext(fixture, tier);
    await linkRootImage(folder);
    const other = spawn(process.execPath, [CHILD, 'long', folder, tier], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(other.stdout!, 'data');
      const victim = cellPrograms(other.pid!)[0]!;
      const owner = join(folder, 'cells', readdirSync(join(folder, 'cells'))[0]!);
      const job = readdirSync(owner).find((name) => existsSync(join(owner, name, 'out')))!;
      const output = join(owner, job, 'out', SLOW_OUTPUT);
      expect(existsSync(output)).toBe(true);
      if (isRoot) expect([0, 1, 2].map((slot) => context.account(slot)!.uid)).not.toContain(statSync(output).uid);
      const results = await runCalls(context, [
        { call: 'kill', args: [victim, 0] },
        { call: 'tgkill', args: [victim, victim, 0] },
        { call: 'pidfd_open', args: [victim, 0] },
        { call: 'fcntl', args: [0, F_SETOWN, victim] },
        { call: 'prlimit64', args: [victim, 0, 0, Buffer.alloc(16)] },
        { call: 'openat', args: [-100, output, 0, 0] },
        { call: 'openat', args: [-100, output, 1, 0] },
        { call: 'openat', args: [-100, `/proc/${victim}/environ`, 0, 0] },
        { call: 'openat', args: [-100, `/proc/${victim}/mem`, 2, 0] },
      ]);
      expect(results).toHaveLength(9);
      expect(Math.max(...results)).toBeLessThan(0);
    } finally {
      other.kill('SIGKILL');
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is stopped at its own thread limit despite a thread bomb in another worker, even without control groups', async () => {
    const workers = await Promise.all([openRunContext(fixture, tier), openRunContext(fixture, tier)]);
    const bomb = bombs(workers[0]!.tier.inside).find(({ key }) => key === 'threads')!;
    const limits = { ...LIMITS, ...bomb.limits, wallMs: 20_000 };
    const tries: CellEnd[][] = [];
    // A bomb that sleeps until its wall limit is inconclusive, so the test tries again, as the self-test does. The kernel may still count
    // tasks of an earlier cell, and reject threads before the watchdog sees the limit.
    while (tries.length < 2 && (tries.at(-1) ?? ['limit_wall']).includes('limit_wall')) {
      tries.push(
        await Promise.all(
          workers.map(async (context) => {
            const { result } = await runProbe({ ...context, cgroup: () => null }, bomb.calls, limits);
            return result.end;
          }),
        ),
      );
    }
    for (const context of workers) await context.close();
    expect(tries.flat().filter((end) => end !== 'limit_wall' && end !== 'limit_processes')).toEqual([]);
    expect(tries.at(-1)).toEqual(['limit_processes', 'limit_processes']);
  });
});

describe('the tier auto', () => {
  it('selects the strongest tier where user namespaces are allowed', async () => {
    const report = await runAsUser('auto');
    expect(report).toMatchObject({ tier: 'bwrap', rejected: [], failed: [] });
    expect(report.checks).toBeGreaterThan(180);
  });

  it('falls back to Landlock where a container forbids namespaces, and reports why', async () => {
    const report = await runAsUser('auto', { noNamespaces: true });
    expect(report).toMatchObject({ tier: 'landlock', failed: [], end: 'exit', exitCode: 0 });
    expect(report.checks).toBeGreaterThan(180);
    expect(report.rejected).toEqual([{ tier: 'bwrap', reason: expect.stringMatching(/namespace/) }]);
  });
});

describe('without a sandbox', () => {
  it('lets the same attacker succeed in most attempts, which shows that the attempts are effective', async () => {
    const fixture = await openFixture(1, 'none');
    const report = await fixture.sandbox.selfTest();
    await fixture.close();
    const seen = new Map(report.checks.map(({ attempt, seen }) => [attempt, seen]));
    for (const attempt of [
      'read a file of the host',
      'learn whether a host file exists',
      'read an input of another job',
      'read /etc/passwd',
      'read /proc',
      'read /sys',
      'open a device',
      'lock a file for another job to see',
      'open a socket: Unix',
      'open a socket: internet',
      'open a socket: netlink',
      'make a socket pair',
      'have the kernel signal the service',
      'open a handle to a process',
      'map writable and executable memory',
      'make memory executable',
      'make a file in memory',
      'change the personality',
      'tune the clock',
    ]) {
      if (!isRoot || attempt !== 'read an input of another job')
        expect(Number(seen.get(attempt)), attempt).toBeGreaterThanOrEqual(0);
    }
    expect(report.passed).toBe(false);
    const tried = report.checks.filter(({ attempt }) => !/descriptor|must work/.test(attempt));
    expect(tried.filter(({ passed }) => !passed).length).toBeGreaterThan(tried.length / 2);
  });
});

describe.runIf(isRoot && existsSync('/usr/bin/runsc'))(`the attacker in gVisor${note}`, () => {
  it('cannot escape, and FFmpeg works', async () => {
    const fixture = await openFixture(1, 'gvisor');
    try {
      const report = await fixture.sandbox.selfTest();
      expect(failedOf(report)).toEqual([]);
      // gVisor rejects further threads at 1024, before they exhaust the memory.
      const threads = report.checks.find(({ attempt }) => attempt === 'start threads without end');
      expect(threads).toMatchObject({ seen: expect.stringMatching(/^limit_wall/), promised: false });
      const encoded = await fixture.sandbox.run({
        program: 'ffmpeg',
        args: [...ENCODE, 'testsrc=s=64x64:d=1', '-c:v', 'libx264', '/out/out.mp4'],
        inputs: [],
        outputs: ['out.mp4'],
        limits: { ...LIMITS, memoryBytes: 1024 * MIB },
        slot: 0,
      });
      await encoded.release();
      expect(encoded, encoded.stderr).toMatchObject({ end: 'exit', exitCode: 0 });
      expect(descendants(process.pid).filter((pid) => /runsc|exe/.test(commandOf(pid)))).toEqual([]);
    } finally {
      await fixture.close();
    }
  });
});

interface UserReport {
  uid: number;
  tier: SandboxTier;
  rejected: { tier: string; reason: string }[];
  checks: number;
  failed: unknown[];
  end: string;
  exitCode: number;
}

/** Runs `cell-child.ts`, as `nobody` if the tests run as root. With `noNamespaces`, it runs under a filter as container runtimes apply. */
async function runAsUser(choice: string, { noNamespaces = false, mode = 'user' } = {}): Promise<UserReport> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-user-'));
  try {
    chmodSync(folder, 0o755);
    const dataDir = join(folder, 'data dir');
    mkdirSync(dataDir, { mode: 0o700 });
    if (isRoot) for (const path of [folder, dataDir]) chownSync(path, 65534, 65534);
    await linkRootImage(dataDir, isRoot ? 65534 : undefined);
    const filter = join(folder, 'container.bpf');
    writeFileSync(filter, containerFilter(), { mode: 0o644 });
    const node = [process.execPath, CHILD, mode, dataDir, choice];
    const command = noNamespaces ? ['/usr/bin/setpriv', '--no-new-privs', '--seccomp-filter', filter, ...node] : node;
    const child = spawn(command[0]!, command.slice(1), {
      ...(isRoot && { uid: 65534, gid: 65534 }),
      env: { PATH: '/usr/bin:/bin', HOME: '/tmp' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return await reportOf(child);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a probe in slot 0 of a worker. Returns its result and its output. */
async function runProbe(context: RunContext, calls: readonly ProbeCall[], limits: CellLimits) {
  const path = join(context.cells, `probe-${randomUUID()}`);
  writeFileSync(path, assembleProbe(calls), { mode: 0o700 });
  const output: Buffer[] = [];
  const result = await runProgram(context, {
    program: '/in/probe',
    filter: 'media',
    args: [],
    inputs: [{ name: 'probe', path, executable: true }],
    limits,
    onStdout: (chunk) => output.push(chunk),
    slot: 0,
  });
  await result.release();
  return { result, output: Buffer.concat(output) };
}

async function runCalls(context: RunContext, calls: readonly ProbeCall[]): Promise<number[]> {
  const { result, output } = await runProbe(context, calls, LIMITS);
  expect(result).toMatchObject({ end: 'exit', exitCode: 0 });
  return readProbe(output, calls.length)!;
}

/** Returns a filter that forbids only namespaces and mounts, which is the relevant part of Docker's default profile. */
function containerFilter(): Buffer {
  const { table } = seccompArchitecture();
  const { EPERM, ENOSYS } = constants.errno;
  const NAMESPACES = 0x7e020000;
  return encode([
    load(DATA_NR),
    ...when(BPF.JEQ_K, table.clone3!, [retErrno(ENOSYS)]),
    ...['unshare', 'setns', 'mount', 'umount2', 'pivot_root'].flatMap((name) =>
      when(BPF.JEQ_K, table[name]!, [retErrno(EPERM)]),
    ),
    ...when(BPF.JEQ_K, table.clone!, [load(argumentLow(0)), ...when(BPF.JSET_K, NAMESPACES, [retErrno(EPERM)])]),
    ret(SECCOMP_RET.ALLOW),
  ]);
}
