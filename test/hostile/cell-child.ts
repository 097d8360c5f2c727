/**
 * Runs in a process of its own: `long <dataDir> [tier]` encodes until it is killed; `user <dataDir> [tier]` attacks,
 * encodes, reports and ends; with the tier `auto` it takes what holds; `widths <dataDir> <tier>` attacks with one cell at
 * a time and with eight.
 */
import { dirname } from 'node:path';
import { chooseSandbox, type SandboxChoice } from '../../src/sandbox/choose.ts';
import { openSandbox } from '../../src/sandbox/index.ts';
import { selfTest } from '../../src/sandbox/self-test.ts';
import type { SandboxTier } from '../../src/sandbox/types.ts';
import { LIMITS, openRunContext, SLOW_OUTPUT, slowEncode } from './cell-fixture.ts';

const [mode, dataDir, choice = 'bwrap'] = process.argv.slice(2) as [string, string, SandboxChoice?];
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
} else if (mode === 'widths') {
  const widths = [];
  for (const width of [1, 8]) {
    const context = await openRunContext({ dataDir, folder: dirname(dataDir) }, choice as SandboxTier);
    const slots = Array.from({ length: width }, (_, index) => index);
    const { checks } = await selfTest(context, slots, { full: true });
    await context.close();
    widths.push({ width, checks: checks.length, failed: checks.filter(({ passed }) => !passed) });
  }
  process.stdout.write(JSON.stringify({ uid: process.getuid!(), widths }));
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
