/**
 * A program for a separate process. `long <dataDir> [tier]` encodes until it is killed. `waiting <dataDir>` runs a short cell, and then
 * waits until it is killed. `user <dataDir> [tier]` attacks, encodes, reports and exits; the tier `auto` selects a tier. `eight <dataDir>
 * <tier>` attacks with eight concurrent cells and reports. `series <dataDir>` starts a series of one cell, whose program does not end.
 * `blocked <dataDir> <tier> <limit>` blocks its event loop while a cell reaches that limit, until the file `free` exists in the data
 * directory.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chooseSandbox, type SandboxChoice } from '../../src/sandbox/choose.ts';
import { openSandbox } from '../../src/sandbox/index.ts';
import type { Plan } from '../../src/sandbox/self-test/plans.ts';
import { selfTest } from '../../src/sandbox/self-test/self-test.ts';
import { runSeries } from '../../src/sandbox/self-test/series.ts';
import type { SandboxTier } from '../../src/sandbox/types.ts';
import { cellPrograms, LIMITS, openRunContext, SLOW_OUTPUT, slowEncode } from './cell-fixture.ts';

const [mode, dataDir, choice = 'bwrap', limit] = process.argv.slice(2) as [string, string, SandboxChoice?, string?];
const chosen =
  mode !== 'user'
    ? { sandbox: await openSandbox({ dataDir, slots: 1, tier: choice as SandboxTier }), report: null, rejected: [] }
    : await chooseSandbox({ dataDir, slots: 1 }, choice, { full: true });
const { sandbox } = chosen;
if (mode === 'long') {
  let told = false;
  await sandbox.run({
    program: 'ffmpeg',
    args: slowEncode(60),
    outputs: [SLOW_OUTPUT],
    inputs: [],
    limits: LIMITS,
    slot: 0,
    onStdout: () => {
      if (!told) process.stdout.write('running\n');
      told = true;
    },
  });
} else if (mode === 'waiting') {
  const spec = { program: 'ffmpeg', args: ['-version'], inputs: [], limits: LIMITS, slot: 0 } as const;
  await (await sandbox.run({ ...spec, onStdout: () => {} })).release();
  process.stdout.write('waiting\n');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
} else if (mode === 'blocked') {
  // Writes several outputs, because the kernel does not limit their sum. Pictures have 12 kB each, so the outputs of two seconds exceed the
  // limit.
  const outputs = Array.from({ length: 300 }, (_, index) => `${index}.nut`);
  const segments = ['-f', 'segment', '-segment_time', '0.3', '-c:v', 'rawvideo', '/out/%d.nut'];
  let blocked = false;
  const result = await sandbox.run({
    program: 'ffmpeg',
    args: limit === 'limit_wall' ? slowEncode(60) : [...slowEncode(60).slice(0, -3), ...segments],
    inputs: [],
    outputs: limit === 'limit_wall' ? [SLOW_OUTPUT] : outputs,
    limits: { ...LIMITS, ...(limit === 'limit_wall' ? { wallMs: 6000 } : { outputBytes: 240 * 1024 }) },
    slot: 0,
    onStdout() {
      if (blocked) return;
      blocked = true;
      process.send!(cellPrograms(process.pid));
      const nobody = new Int32Array(new SharedArrayBuffer(4));
      while (!existsSync(join(dataDir, 'free'))) Atomics.wait(nobody, 0, 0, 20);
    },
  });
  await result.release();
  process.stdout.write(JSON.stringify({ end: result.end }));
  process.disconnect();
} else if (mode === 'eight') {
  const context = await openRunContext({ dataDir, folder: dirname(dataDir) }, choice as SandboxTier);
  const { checks } = await selfTest(
    context,
    Array.from({ length: 8 }, (_, slot) => slot),
  );
  await context.close();
  const failed = checks.filter(({ passed }) => !passed);
  process.stdout.write(JSON.stringify({ uid: process.getuid!(), checks: checks.length, failed }));
} else if (mode === 'series') {
  const { tier, ...context } = await openRunContext({ dataDir, folder: dirname(dataDir) }, 'bwrap');
  const plan: Plan = {
    ...{ attempt: 'writes forever', calls: [], filter: 'media', timed: false, inSeries: true },
    limits: LIMITS,
    evaluate: () => [],
  };
  const { launchSeries } = tier;
  await runSeries({ ...context, tier: { ...tier, launchSeries: launchSeries! } }, 0, [plan], ['/usr/bin/yes']);
} else {
  const report = chosen.report!;
  const args = ['-nostdin', '-y', '-f', 'lavfi', '-i', 'testsrc=s=64x64:d=1', '-c:v', 'libx264', '/out/out.mp4'];
  const encoded = await sandbox.run({
    program: 'ffmpeg',
    args,
    inputs: [],
    outputs: ['out.mp4'],
    limits: LIMITS,
    slot: 0,
  });
  await encoded.release();
  process.stdout.write(
    JSON.stringify({
      uid: process.getuid!(),
      limits: sandbox.limits,
      tier: sandbox.tier,
      rejected: chosen.rejected,
      checks: report.checks.length,
      failed: report.checks.filter(({ passed }) => !passed),
      end: encoded.end,
      exitCode: encoded.exitCode,
      stderr: encoded.stderr.slice(-300),
    }),
  );
}
await sandbox.close();
