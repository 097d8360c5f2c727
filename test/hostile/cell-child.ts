/** Runs in a process of its own: `long <dataDir>` encodes until it is killed, `user <dataDir>` reports and ends. */
import { openSandbox } from '../../src/sandbox/index.ts';
import { LIMITS, slowEncode } from './cell-fixture.ts';

const [mode, dataDir] = process.argv.slice(2) as [string, string];
const sandbox = await openSandbox({ dataDir, slots: 1 });
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
  const report = await sandbox.selfTest();
  const args = ['-nostdin', '-f', 'lavfi', '-i', 'testsrc=s=64x64:d=1', '-c:v', 'libx264', '/out/out.mp4'];
  const encoded = await sandbox.run({ program: 'ffmpeg', args, inputs: [], limits: LIMITS, slot: 0 });
  await encoded.release();
  process.stdout.write(
    JSON.stringify({
      uid: process.getuid!(),
      limits: sandbox.limits,
      failed: report.checks.filter(({ passed }) => !passed),
      end: encoded.end,
      exitCode: encoded.exitCode,
      stderr: encoded.stderr.slice(-300),
    }),
  );
}
await sandbox.close();
