import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { programArgs } from '../../testkit/program.ts';
import { skipNote } from '../helpers/skip-note.ts';

const NOBODY = 65534;
/** Makes the effects of `ProtectSystem=`, `ProtectProc=` and a read-only container in the test's own mount namespace. */
const HARDEN = `
mount --make-rprivate / && mount --bind /usr /usr && mount -o remount,bind,ro /usr &&
mount -t proc -o hidepid=invisible,nosuid,nodev,noexec proc /proc &&
exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs "$@"`;

const rootNote = skipNote(process.getuid!() !== 0 && 'needs root');

describe.skipIf(process.getuid!() !== 0)(`the self-test on a read-only system that hides processes${rootNote}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-hardened-'));
    await chmod(folder, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['bwrap', 'landlock'])(
    'passes in the tier %s',
    async (tier) => {
      const dataDir = join(folder, tier);
      await mkdir(dataDir, { mode: 0o700 });
      await chown(dataDir, NOBODY, NOBODY);
      await linkRootImage(dataDir, NOBODY);
      const env = { PATH: '/usr/bin:/bin', HOME: dataDir, AIRLOCK_DATA_DIR: dataDir, AIRLOCK_SANDBOX: tier };
      const args = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', HARDEN, 'sh'];
      const run = promisify(execFile)(
        'unshare',
        [...args, process.execPath, ...programArgs(['doctor', '--sandbox', '--json'])],
        {
          env,
          cwd: '/',
          maxBuffer: 2 ** 24,
        },
      );
      const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => {
        if (!error.stdout) throw new Error(error.stderr);
        return error;
      });
      const report: { tier: string; checks: { attempt: string; passed: boolean; seen: string }[] } = JSON.parse(stdout);
      expect(report.tier).toBe(tier);
      expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
      const hidden = report.checks.find(({ attempt }) => attempt === 'read the environment of process 1');
      expect(hidden).toMatchObject({ seen: 'ENOENT' });
    },
    60_000,
  );
});
