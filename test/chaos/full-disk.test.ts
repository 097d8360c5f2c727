import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRoot } from '../../src/supervisor/account.ts';
import { makeClip } from '../../testkit/media.ts';

const run = promisify(execFile);
const SCRIPTS = {
  files: fileURLToPath(new URL('full-disk/run.ts', import.meta.url)),
  rows: fileURLToPath(new URL('full-disk/rows.ts', import.meta.url)),
};
/** Mounts the image visibly only to the script and its children. */
const SHELL = 'mount -o loop "$1" "$2" && mkdir -m 711 "$2/data" && exec "$3" --import tsx "$4" "$2" "$5"';

describe('a disk of 900 MB that an account fills', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-full-'));
    await chmod(folder, 0o711);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs a script on a new disk that only it and its children see; returns what it has seen. */
  async function onSmallDisk(script: keyof typeof SCRIPTS) {
    const [image, disk] = [join(folder, `${script}.image`), join(folder, script)];
    await mkdir(disk, { recursive: true });
    await run('truncate', ['-s', '900M', image]);
    await run('mkfs.ext4', ['-q', '-F', image]);
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 2 });
    const inside = ['sh', '-c', SHELL, 'sh', image, disk, process.execPath, SCRIPTS[script], clip];
    // It shares no service, because the process that creates keys for other tests does not see this mount.
    const { TEST_SHARING_URL: _, ...env } = process.env;
    const namespace = ['--mount', '--propagation', 'private'];
    const { stdout } = await run('unshare', [...namespace, ...inside], { env, timeout: 150_000 });
    const seen = JSON.parse(stdout.trim().split('\n').at(-1)!);
    console.info(JSON.stringify(seen));
    return seen;
  }

  it.skipIf(!isRoot())(
    'does not affect another account’s jobs or PostgreSQL; the service stops and starts on it',
    async () => {
      const seen = await onSmallDisk('files');
      expect(seen.jobs).toEqual(Array(4).fill('completed'));
      expect(seen.noSpace).toBe(false);
      expect(seen.responses['presign 507']).toBeGreaterThan(0);
      // Half of the reserve allows for what is written between two checks.
      expect(seen.lowestMb).toBeGreaterThan(50);
      expect(seen.beforeMb).toBeLessThan(20);
      expect(seen).toMatchObject({ restart: 'up', swept: true, health: { ok: false, low_space: true } });
    },
    180_000,
  );

  it.skipIf(!isRoot())(
    'with rows of canceled batches gets only its share of it, and another account’s jobs run',
    async () => {
      const seen = await onSmallDisk('rows');
      expect(seen.responses['batch 201']).toBeGreaterThan(1);
      expect(seen.responses['batch 507 storage_quota']).toBeGreaterThan(2);
      expect(seen.noSpace).toBe(false);
      expect(seen.lowestMb).toBeGreaterThan(80);
      expect(seen.jobs).toEqual(['completed', 'completed']);
    },
    180_000,
  );
});
