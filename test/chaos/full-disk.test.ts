import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRoot } from '../../src/supervisor/account.ts';
import { makeClip } from '../../testkit/media.ts';
import { skipNote } from '../helpers/skip-note.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('full-disk/run.ts', import.meta.url));
/** Mounts the image so that only the script and its children see it. */
const SHELL = 'mount -o loop "$1" "$2" && mkdir -m 711 "$2/data" && exec "$3" --import tsx "$4" "$2" "$5"';

describe.skipIf(!isRoot())(`a disk of 900 MB that an account fills${skipNote(!isRoot() && 'needs root')}`, () => {
  let folder: string;
  /** The observations that the script has printed, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: looked at field by field
  let seen: any;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-full-'));
    await chmod(folder, 0o711);
    seen = await onSmallDisk();
  }, 240_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs the script on a new disk that only it and its children see. */
  async function onSmallDisk() {
    const [image, disk] = [join(folder, 'image'), join(folder, 'disk')];
    await mkdir(disk);
    await run('truncate', ['-s', '900M', image]);
    await run('mkfs.ext4', ['-q', '-F', image]);
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 2 });
    const inside = ['sh', '-c', SHELL, 'sh', image, disk, process.execPath, SCRIPT, clip];
    // The script does not share a service, because the process that creates keys for other tests does not see this mount.
    const { TEST_SHARING_URL: _, ...env } = process.env;
    const namespace = ['--mount', '--propagation', 'private'];
    const { stdout } = await run('unshare', [...namespace, ...inside], { env, timeout: 210_000 });
    const line = stdout.trim().split('\n').at(-1)!;
    console.info(line);
    return JSON.parse(line);
  }

  it('a disk that an account fills with files does not affect another account’s jobs or PostgreSQL', () => {
    expect(seen.files.jobs).toEqual(Array(4).fill('completed'));
    expect(seen.files.responses['presign 507']).toBeGreaterThan(0);
    // The limit is half of the reserve, because bytes may be written between two checks of the free space.
    expect(seen.files.lowestMb).toBeGreaterThan(50);
    expect(seen.noSpace).toEqual([false, false]);
  });

  it('does not prevent a service that died on it from starting again, reporting low space, deleting expired uploads and stopping', () => {
    expect(seen.beforeMb).toBeLessThan(20);
    expect(seen).toMatchObject({ swept: true, health: { ok: false, low_space: true }, exitCode: 0 });
  });

  it('a disk that an account fills with rows of canceled batches still has space for another account’s jobs, because each account gets only its share', () => {
    expect(seen.rows.responses['batch 201']).toBeGreaterThan(1);
    expect(seen.rows.responses['batch 507 storage_quota']).toBeGreaterThan(2);
    expect(seen.rows.lowestMb).toBeGreaterThan(80);
    expect(seen.rows.jobs).toEqual(['completed', 'completed']);
  });
});
