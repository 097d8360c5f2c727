import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skipNote } from '../../test/helpers/skip-note.ts';
import { findCurrent, objectFolder, versionName } from '../storage/embedded/disk-layout.ts';
import { type Disk, openDisk } from './disk.ts';
import { listObjects } from './listing.ts';

let root: string;
let disk: Disk;

beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'airlock-disk-')), 'storage');
  disk = await openDisk(root);
});
afterEach(() => rm(join(root, '..'), { recursive: true, force: true }));

async function put(key: string, body: string, contentType = 'video/mp4'): Promise<void> {
  const temp = await disk.createTemp();
  await temp.handle.write(body);
  await temp.commit(key, contentType);
}

async function read(key: string): Promise<string | null> {
  const object = await disk.open(key);
  if (!object) return null;
  const text = String(await object.handle.readFile());
  await object.handle.close();
  return text;
}

describe('the disk', () => {
  it('shows only committed objects after a restart', async () => {
    await put('kept', 'bytes', 'audio/ogg');
    const unfinished = await disk.createTemp();
    await unfinished.handle.write('half');
    await unfinished.handle.close();
    const again = await openDisk(root);
    const object = await again.open('kept');
    expect(object).toMatchObject({ size: 5, contentType: 'audio/ogg' });
    await object!.handle.close();
    expect(await again.sweepTemp()).toBe(1);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  it('deletes an object whose bytes are still being made durable when the deletion is requested', async () => {
    const temp = await disk.createTemp();
    await temp.handle.write('bytes');
    const written = temp.commit('k', 'video/mp4');
    const deleted = disk.delete('k');
    await written;
    expect(await deleted).toBe(true);
    expect(await read('k')).toBeNull();
  });

  it('copies an object that is replaced while the copies wait for each other', async () => {
    await put('uploads/a/1', '0');
    const copies = Array.from({ length: 10 }, () => disk.copy('uploads/a/1', 'sealed/a/1'));
    for (const body of '12345') await put('uploads/a/1', body);
    expect(await Promise.all(copies)).not.toContain(null);
    expect(await read('sealed/a/1')).toMatch(/^[0-5]$/);
  });

  it('counts the bytes of objects under the prefix of unconfirmed uploads, also after a restart', async () => {
    for (const [key, body] of [
      ['uploads/a/1', '12345'],
      ['uploads/a/2', '12'],
      ['sealed/a/3', '123'],
    ] as const) {
      await put(key, body);
    }
    await put('uploads/a/2', '1234');
    expect(disk.stagedBytes()).toBe(9);
    expect((await openDisk(root)).stagedBytes()).toBe(9);
    await disk.delete('uploads/a/1');
    await disk.close('uploads/a/2', Date.now() / 1000 + 60);
    expect(disk.stagedBytes()).toBe(0);
  });

  it('deletes leftover temp files, but not the files of running uploads', async () => {
    const temp = await disk.createTemp();
    await writeFile(join(root, 'tmp', 'leftover'), 'x');
    await utimes(join(root, 'tmp', 'leftover'), 0, 0);
    expect(await disk.sweepTemp()).toBe(1);
    await temp.handle.write('still here');
    await temp.commit('k', 'video/mp4');
    expect(await read('k')).toBe('still here');
    expect(await disk.sweepTemp()).toBe(0);
  });

  it('shows the newer version of an object if a crash left an older version, and deletes both on the next write', async () => {
    await put('k', 'newer');
    await writeFile(join(objectFolder(root, 'k'), versionName(1, 'video/mp4')), 'older');
    expect(await read('k')).toBe('newer');
    await put('k', 'newest');
    expect(await readdir(objectFolder(root, 'k'))).toHaveLength(1);
  });

  it('shows a new object even if the clock was set back', async () => {
    await writeFile(join(root, 'tmp', 'x'), '');
    await put('k', 'first');
    const future = versionName(Date.now() * 1000 + 3.6e9, 'video/mp4');
    await writeFile(join(objectFolder(root, 'k'), future), 'from the future');
    await put('k', 'after');
    expect(await read('k')).toBe('after');
    // The version of the new object is higher, so readers prefer it while the older file still exists, also after a crash.
    const [name] = await readdir(objectFolder(root, 'k'));
    expect(name! > future).toBe(true);
  });

  it('copies by hard link, with a new modification time', async () => {
    await put('from', 'x');
    const before = Date.now();
    const copy = await disk.copy('from', 'to');
    expect(copy!.lastModified.getTime()).toBeGreaterThanOrEqual(before);
    const inode = async (key: string): Promise<number> => (await stat((await findCurrent(root, key))!.path)).ino;
    expect(await inode('from')).toBe(await inode('to'));
    expect(await disk.copy('absent', 'to2')).toBeNull();
    expect(await readdir(join(root, 'objects'))).toHaveLength(2);
  });

  it('supports concurrent puts, copies, deletes and lists of sibling keys', async () => {
    const errors: unknown[] = [];
    const churn = async (id: number): Promise<void> => {
      for (let round = 0; round < 25; round++) {
        await put(`a/b/${id}`, `${id}`);
        await disk.copy(`a/b/${id}`, `a/c/${id}`);
        for await (const _ of listObjects(root, 'a/', '')) void _;
        await disk.delete(`a/b/${id}`);
        await disk.delete(`a/c/${id}`);
      }
    };
    await Promise.all([1, 2, 3, 4].map((id) => churn(id).catch((error) => errors.push(error))));
    expect(errors).toEqual([]);
    expect(await readdir(join(root, 'objects'))).toEqual([]);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });
});

/** Whether this machine supports user namespaces. A disk of four megabytes requires a mount, and a mount requires a user namespace. */
const namespaces = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true']).status === 0;

describe('a gateway whose disk is full', () => {
  it.skipIf(!namespaces)(
    `rejects an upload with 507 before the reserve is used, keeps no bytes of the upload, and serves other requests${skipNote(!namespaces && 'needs user namespaces')}`,
    () => {
      const script = fileURLToPath(new URL('../../test/conformance/full-disk.ts', import.meta.url));
      const folder = join(root, '..');
      const shell = 'mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" --import tsx "$3" "$1"';
      const output = execFileSync(
        'unshare',
        ['--user', '--map-root-user', '--mount', 'sh', '-c', shell, 'sh', folder, process.execPath, script],
        { encoding: 'utf8', timeout: 30_000 },
      );
      expect(JSON.parse(output)).toEqual({
        full: { status: 507, code: 'InsufficientStorage', afterwards: null, tempFiles: [] },
        atOnce: [200, 200, 507],
        keepsReserve: true,
        overtaken: 507,
        low: { spare: true, small: 507 },
        small: 200,
        own: { retry: true, status: 507 },
      });
    },
  );
});
