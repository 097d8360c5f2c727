/**
 * Runs in a process of its own: `long <dataDir> [tier]` encodes until it is killed; `user <dataDir> [tier]` attacks,
 * encodes, reports and ends; with the tier `auto` it takes what holds.
 */
import { chooseSandbox, type SandboxChoice } from '../../src/sandbox/choose.ts';
import { openSandbox } from '../../src/sandbox/index.ts';
import type { SandboxTier } from '../../src/sandbox/types.ts';
import { LIMITS, slowEncode } from './cell-fixture.ts';

const [mode, dataDir, choice = 'bwrap'] = process.argv.slice(2) as [string, string, SandboxChoice?];
const chosen =
  mode === 'long'
    ? { sandbox: await openSandbox({ dataDir, slots: 1, tier: choice as SandboxTier }), report: null, rejected: [] }
    : await chooseSandbox({ dataDir, slots: 1 }, choice, { full: true });
const { sandbox } = chosen;
if (mode === 'long') {
  let told = false;
  await sandbox.run({
    program: 'ffmpeg',
    args: slowEncode(60),
    inputs: [],
    limits: LIMITS,
    slot: 0,
    onStdout: () => {
      if (!told) process.stdout.write('running\n');
      told = true;
    },
  });
} else {
  const report = chosen.report!;
  const args = ['-nostdin', '-f', 'lavfi', '-i', 'testsrc=s=64x64:d=1', '-c:v', 'libx264', '/out/out.mp4'];
  const encoded = await sandbox.run({ program: 'ffmpeg', args, inputs: [], limits: LIMITS, slot: 0 });
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
