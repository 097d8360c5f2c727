import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sandboxTable } from '../../src/cli/commands/doctor-sandbox.ts';
import { type CellAccounts, claimAccounts } from '../../src/sandbox/cell/account.ts';
import type { RunContext } from '../../src/sandbox/cell/run.ts';
import { encode, ret, SECCOMP_RET } from '../../src/sandbox/seccomp/bpf.ts';
import { assembleProbe } from '../../src/sandbox/self-test/probe-elf.ts';
import { selfTest } from '../../src/sandbox/self-test/self-test.ts';
import { bwrapTier } from '../../src/sandbox/tiers/bwrap.ts';
import { makeTier } from '../../src/sandbox/tiers/make-tier.ts';
import type { LaunchSpec, Tier } from '../../src/sandbox/tiers/tier.ts';
import { Watchdog } from '../../src/sandbox/watchdog/watchdog.ts';
import { type Fixture, openFixture, TIMEOUT } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

describe('the self-test', () => {
  let fixture: Fixture;
  let context: RunContext;
  let accounts: CellAccounts;
  beforeAll(async () => {
    fixture = await openFixture();
    const images = join(fixture.dataDir, 'rootimg');
    const image = readdirSync(images).find((name) => /^[0-9a-f]{32}$/.test(name))!;
    const cells = join(fixture.folder, 'cells');
    mkdirSync(cells, { mode: 0o711 });
    accounts = claimAccounts(3, fixture.dataDir);
    context = {
      tier: await makeTier('bwrap', cells),
      watchdog: await Watchdog.open(),
      rootImage: join(images, image),
      cells,
      dataDir: fixture.dataDir,
      account: accounts.of,
      cgroup: () => null,
    };
  });
  afterAll(async () => {
    await context.watchdog.close();
    accounts.release();
    await fixture.close();
  });
  const failed = async (changes: Partial<RunContext>) =>
    (await selfTest({ ...context, ...changes }, [0, 1, 2])).checks
      .filter(({ passed }) => !passed)
      .map(({ attempt }) => attempt);

  // cell-tiers.test.ts runs the same attacks with control groups.
  it('passes on this machine without control groups', async () => {
    const report = await selfTest(context, [0, 1, 2]);
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(report.passed).toBe(true);
    expect(report.checks.length).toBeGreaterThan(180);
  });

  it('fails when the filter allows everything', async () => {
    const open = join(context.cells, 'open.bpf');
    writeFileSync(open, encode([ret(SECCOMP_RET.ALLOW)]));
    const filters = { media: open, strict: open, linked: open };
    const programs = {
      bwrap: '/usr/bin/bwrap',
      prlimit: '/usr/bin/prlimit',
      setpriv: '/usr/bin/setpriv',
      sh: '/bin/sh',
    };
    const tier = bwrapTier({ ...programs, filters });
    const { checks } = await selfTest({ ...context, tier }, [0, 1, 2], { filters: ['media', 'strict'] });
    // An attack that succeeds is not run again.
    expect(checks.filter(({ firstTry }) => firstTry)).toEqual([]);
    expect(checks.filter(({ passed }) => !passed).map(({ attempt }) => attempt)).toEqual(
      expect.arrayContaining([
        'open a socket: internet',
        'map writable and executable memory',
        'trace a process',
        'fork',
        'strict: map code',
        'strict: open a Unix socket',
        'strict: fork',
      ]),
    );
  });

  it('passes without the source of random numbers, and reports that the source is missing', async () => {
    const tier: Tier = {
      ...context.tier,
      launch: (spec) => context.tier.launch({ ...spec, randomDevice: false }),
    };
    const report = await selfTest({ ...context, tier }, [0, 1, 2]);
    expect(report.passed).toBe(true);
    expect(report.checks.filter(({ promised }) => !promised)).toEqual([
      expect.objectContaining({
        attempt: 'read a random number',
        expected: expect.stringMatching(/harmless/),
        seen: '0',
      }),
    ]);
  });

  it('runs an attempt alone if its cell could not be started in a series', async () => {
    let [lost, launched] = [0, 0];
    const launch: Tier['launch'] = (spec) => {
      launched += 1;
      return context.tier.launch(spec);
    };
    const launchSeries: Tier['launchSeries'] = (spec) => {
      const { kill, ended } = context.tier.launchSeries!(spec);
      const loseOne = async () => {
        const { codes, stderr } = await ended;
        lost += 1;
        return { stderr, codes: codes.map((code, index) => (index === 0 ? null : code)) };
      };
      return { kill, ended: loseOne() };
    };
    const complete = await selfTest({ ...context, tier: { ...context.tier, launch } }, [0, 1, 2]);
    const launchedWithSeries = launched;
    const report = await selfTest({ ...context, tier: { ...context.tier, launch, launchSeries } }, [0, 1, 2]);
    expect([lost, launched - launchedWithSeries]).toEqual([3, launchedWithSeries + 3]);
    expect(report.passed).toBe(true);
    expect(report.checks.map(({ attempt }) => attempt)).toEqual(complete.checks.map(({ attempt }) => attempt));
  });

  it('fails when the root image contains forbidden files', async () => {
    const rootImage = join(fixture.folder, 'root');
    for (const name of ['tmp', 'in', 'out', 'etc', 'dev', 'usr/bin'])
      mkdirSync(join(rootImage, name), { recursive: true });
    writeFileSync(join(rootImage, 'dev/urandom'), '');
    writeFileSync(join(rootImage, 'etc/passwd'), '', { mode: 0o644 });
    expect(await failed({ rootImage })).toContain('read /etc/passwd');
    writeFileSync(join(rootImage, 'dev/zero'), '', { mode: 0o644 });
    expect(await failed({ rootImage })).toEqual(
      expect.arrayContaining(['find a device other than the source of random numbers', 'open the source of zeros']),
    );
    mkdirSync(join(rootImage, 'bin'));
    writeFileSync(join(rootImage, 'bin/sh'), assembleProbe([]), { mode: 0o755 });
    // A shell that starts would run instead of the probe, which then reports nothing.
    expect(await failed({ rootImage })).not.toEqual([]);
  });

  describe('on an overloaded machine', () => {
    /** Returns a tier that kills or does not create the first `times` cells that `choose` selects. */
    const disturbed = (choose: (spec: LaunchSpec) => boolean, instead: 'killed' | 'not made', times = 1): Tier => {
      let left = times;
      return {
        ...context.tier,
        async launch(spec) {
          if (!choose(spec) || left === 0) return context.tier.launch(spec);
          left -= 1;
          if (instead === 'not made') throw new Error('spawn EAGAIN');
          const launched = await context.tier.launch(spec);
          launched.kill();
          return launched;
        },
      };
    };
    const isWallBomb = ({ limits }: LaunchSpec) => limits.wallMs === 100;
    const isThreadBomb = ({ limits }: LaunchSpec) => limits.tasks === 64;

    it('retries a limit once, alone, and reports the retry and the first result', async () => {
      let running = 0;
      let mostAtTheSecond = 0;
      let threadBombs = 0;
      const tier = disturbed(isThreadBomb, 'killed');
      const counted: Tier = {
        ...tier,
        async launch(spec) {
          running += 1;
          if (isThreadBomb(spec)) threadBombs += 1;
          if (threadBombs === 2) mostAtTheSecond = Math.max(mostAtTheSecond, running);
          const launched = await tier.launch(spec);
          const gone = () => {
            running -= 1;
          };
          launched.ended.then(gone, gone);
          return launched;
        },
      };
      const report = await selfTest({ ...context, tier: counted }, [0, 1, 2]);
      expect(report.passed).toBe(true);
      expect(report.checks.filter(({ firstTry }) => firstTry)).toEqual([
        expect.objectContaining({
          attempt: 'start threads without end',
          seen: expect.stringMatching(/^limit_processes \(.*\), second try$/),
          firstTry: expect.stringMatching(
            /^expected limit_processes, saw crash .* after \d+ of 120000 ms, .* ms of CPU time, .* machine load [\d.]+ on \d+ CPUs/,
          ),
        }),
      ]);
      expect([threadBombs, mostAtTheSecond]).toEqual([2, 1]);
      expect(sandboxTable(report)).toMatch(/start threads without end .*second try\S*\n.*first try: expected/);
    });

    it('fails for a limit that fails twice', async () => {
      const report = await selfTest({ ...context, tier: disturbed(isThreadBomb, 'killed', 2) }, [0, 1, 2]);
      expect(report.checks.filter(({ passed }) => !passed)).toEqual([
        expect.objectContaining({
          attempt: 'start threads without end',
          seen: expect.stringContaining('second try'),
          detail: expect.stringContaining('machine load'),
        }),
      ]);
    });

    it('retries a cell that cannot be created once, and then fails', async () => {
      const again = await selfTest({ ...context, tier: disturbed(isWallBomb, 'not made') }, [0, 1, 2]);
      expect(again.passed).toBe(true);
      expect(again.checks.filter(({ firstTry }) => firstTry?.includes('spawn EAGAIN'))).toHaveLength(1);
      const never = selfTest({ ...context, tier: disturbed(isWallBomb, 'not made', 2) }, [0, 1, 2]);
      await expect(never).rejects.toThrow('spawn EAGAIN');
    });

    it('never retries checks that do not depend on time', async () => {
      // The first cell runs all attempts that must be rejected with an error.
      const report = await selfTest({ ...context, tier: disturbed(() => true, 'killed') }, [0]);
      expect(report.checks.filter(({ passed }) => !passed)).toEqual([
        expect.objectContaining({ attempt: 'run the probe', seen: 'crash (SIGKILL)' }),
      ]);
      expect(report.checks.filter(({ firstTry }) => firstTry)).toEqual([]);
    });
  });

  it('rejects, rather than passes, when no cell can be created', async () => {
    await expect(selfTest({ ...context, rootImage: '/does/not/exist' }, [0])).rejects.toThrow(
      /could not create the cell/,
    );
  });
});
