import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PROGRAMS } from '../programs/table.ts';
import { ImageWatch, type ImageWatchOptions } from './image-watch.ts';
import { openRootImage, removeOldImages } from './root-image.ts';

/** Waits long enough for a machine that also runs other tests. */
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000 });

let folder: string;
let programs: { ffmpeg: string; ffprobe: string };
let watch: ImageWatch | null = null;
const registered: string[][] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-watch-'));
  registered.length = 0;
  // Small dynamic programs replace FFmpeg, because the watch only looks at files.
  programs = { ffmpeg: join(folder, 'ffmpeg'), ffprobe: join(folder, 'ffprobe') };
  for (const path of Object.values(programs)) install(path, '/usr/bin/true', 1000);
});
afterEach(async () => {
  await watch?.close();
  watch = null;
  rmSync(folder, { recursive: true, force: true });
});

/** Installs a program as a package manager does: writes a new file, then renames it. */
function install(path: string, from: string, time: number): void {
  writeFileSync(`${path}.new`, readFileSync(from));
  chmodSync(`${path}.new`, 0o755);
  utimesSync(`${path}.new`, time, time);
  renameSync(`${path}.new`, path);
}

const factsOf = (version: string, path: string) => ({
  ffmpeg: { version, path, package: null, readsArguments: true },
});

async function open(options: Partial<ImageWatchOptions> = {}): Promise<ImageWatch> {
  const images = join(folder, 'rootimg');
  watch = await ImageWatch.start({
    folder: images,
    image: await openRootImage(images, PROGRAMS, programs),
    table: PROGRAMS,
    programs: () => programs,
    query: async ({ programs: { ffmpeg } }) => factsOf(`ffmpeg version ${readFileSync(ffmpeg!).length}`, ffmpeg!),
    registerUse: async (fingerprints) => void registered.push([...fingerprints]),
    usedByOthers: async () => new Set(),
    pollMs: 10,
    settleMs: 10,
    ...options,
  });
  return watch;
}

describe('ImageWatch', () => {
  it('switches new cells to the new build of FFmpeg, while running cells keep the old build', async () => {
    const changes = vi.fn();
    const it = await open({ onChange: changes });
    const before = it.lease();
    const old = it.current;
    install(programs.ffmpeg, '/usr/bin/false', 2000);
    await eventually(() => expect(it.current.fingerprint).not.toBe(old.fingerprint));
    const after = it.lease();
    expect(after.path).not.toBe(before.path);
    expect(readFileSync(join(before.path, 'usr/bin/ffmpeg'))).toEqual(readFileSync('/usr/bin/true'));
    expect(readFileSync(join(after.path, 'usr/bin/ffmpeg'))).toEqual(readFileSync('/usr/bin/false'));
    expect(changes).toHaveBeenCalledExactlyOnceWith(it.current, old);
    expect(it.current.since.getTime()).toBeGreaterThan(old.since.getTime());
    await eventually(() =>
      expect(registered.at(-1)!.toSorted()).toEqual([old.fingerprint, it.current.fingerprint].sort()),
    );
    before.release();
    before.release();
    await eventually(() => expect(registered.at(-1)).toEqual([it.current.fingerprint]));
    after.release();
  });

  it('registers both images as in use before the first cell of the new image can start', async () => {
    const order: string[] = [];
    const it = await open({
      registerUse: async (fingerprints) => void (fingerprints.length > 1 && order.push('registered')),
      onChange: () => order.push('changed'),
    });
    install(programs.ffprobe, '/usr/bin/false', 2000);
    await eventually(() => expect(order).toContain('changed'));
    expect(order[0]).toBe('registered');
    expect(it.current.facts.ffmpeg!.path).toBe(programs.ffmpeg);
  });

  it('keeps the current build while the new build does not run, and switches once the new build runs', async () => {
    const failures = vi.fn();
    let broken = false;
    const it = await open({
      query: async ({ programs: { ffmpeg } }) => {
        if (broken) throw new Error('does not run');
        return factsOf('ffmpeg version x', ffmpeg!);
      },
      onFailure: failures,
    });
    const old = it.current;
    broken = true;
    install(programs.ffmpeg, '/usr/bin/false', 2000);
    await eventually(() => expect(failures).toHaveBeenCalledWith(new Error('does not run')));
    expect(it.current).toBe(old);
    broken = false;
    await eventually(() => expect(it.current.fingerprint).not.toBe(old.fingerprint));
  });

  it('keeps the current build while FFmpeg is missing', async () => {
    const failures = vi.fn();
    const it = await open({ onFailure: failures });
    const { fingerprint, path } = it.current;
    rmSync(programs.ffmpeg);
    await eventually(() => expect(failures).toHaveBeenCalled());
    expect(it.current.fingerprint).toBe(fingerprint);
    install(programs.ffmpeg, '/usr/bin/true', 1000);
    expect(existsSync(join(path, 'usr/bin/ffmpeg'))).toBe(true);
  });

  it('keeps an image unchanged if a program is overwritten in place', async () => {
    const it = await open();
    const { path } = it.lease();
    writeFileSync(programs.ffmpeg, readFileSync('/usr/bin/false'));
    expect(readFileSync(join(path, 'usr/bin/ffmpeg'))).toEqual(readFileSync('/usr/bin/true'));
  });

  it('keeps an image that a cell uses when old images are removed', async () => {
    const it = await open();
    const lease = it.lease();
    install(programs.ffmpeg, '/usr/bin/false', 2000);
    const first = it.current.fingerprint;
    await eventually(() => expect(it.current.fingerprint).not.toBe(first));
    await removeOldImages(join(folder, 'rootimg'), new Set(registered.at(-1)), Date.now() + 120_000);
    expect(existsSync(join(lease.path, 'usr/bin/ffmpeg'))).toBe(true);
    lease.release();
  });
});
