import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode, ret, SECCOMP_RET } from '../../src/sandbox/bpf.ts';
import { type CellAccounts, claimAccounts } from '../../src/sandbox/cell-account.ts';
import { assembleProbe } from '../../src/sandbox/probe-elf.ts';
import type { RunContext } from '../../src/sandbox/run.ts';
import { selfTest } from '../../src/sandbox/self-test.ts';
import { bwrapTier } from '../../src/sandbox/tier-bwrap.ts';
import { makeTier } from '../../src/sandbox/tiers.ts';
import { type Fixture, openFixture } from './cell-fixture.ts';

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
      rootImage: join(images, image),
      cells,
      dataDir: fixture.dataDir,
      account: accounts.of,
      cgroup: () => null,
    };
  });
  afterAll(async () => {
    accounts.release();
    await fixture.close();
  });
  const failed = async (changes: Partial<RunContext>) =>
    (await selfTest({ ...context, ...changes }, [0, 1, 2])).checks
      .filter(({ passed }) => !passed)
      .map(({ attempt }) => attempt);

  it('passes on this machine, with and without control groups', async () => {
    const report = await fixture.sandbox.selfTest();
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(report.passed).toBe(true);
    expect(report.checks.length).toBeGreaterThan(80);
    expect(await failed({})).toEqual([]);
  });

  it('fails when the filter lets everything through', async () => {
    const seccompFile = join(context.cells, 'open.bpf');
    writeFileSync(seccompFile, encode([ret(SECCOMP_RET.ALLOW)]));
    const tier = bwrapTier({ bwrap: '/usr/bin/bwrap', prlimit: '/usr/bin/prlimit', seccompFile });
    expect(await failed({ tier })).toEqual(
      expect.arrayContaining([
        'open a socket: internet',
        'map writable and executable memory',
        'trace a process',
        'fork',
      ]),
    );
  });

  it('fails when the root image holds what it must not', async () => {
    const rootImage = join(fixture.folder, 'root');
    for (const name of ['tmp', 'in', 'out', 'etc', 'usr/bin']) mkdirSync(join(rootImage, name), { recursive: true });
    writeFileSync(join(rootImage, 'etc/passwd'), '', { mode: 0o644 });
    expect(await failed({ rootImage })).toContain('read /etc/passwd');
    mkdirSync(join(rootImage, 'bin'));
    writeFileSync(join(rootImage, 'bin/sh'), assembleProbe([]), { mode: 0o755 });
    // Started, the shell takes the place of the probe, which then has nothing to report.
    expect(await failed({ rootImage })).not.toEqual([]);
  });

  it('is refused, not passed, when no cell can be made', async () => {
    await expect(selfTest({ ...context, rootImage: '/does/not/exist' }, [0])).rejects.toThrow(
      /could not make the cell/,
    );
  });
});
