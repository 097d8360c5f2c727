import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROGRAMS } from '../programs/table.ts';
import { openRootImage, removeOldImages, storeFacts } from './root-image.ts';
import { collectSources, parseLdd } from './root-image-sources.ts';

let folder: string;
let programs: { ffmpeg: string; ffprobe: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-image-'));
  // Small dynamic programs replace FFmpeg, so that the test does not depend on FFmpeg's 200 libraries.
  programs = { ffmpeg: join(folder, 'ffmpeg'), ffprobe: join(folder, 'ffprobe') };
  for (const path of Object.values(programs)) {
    writeFileSync(path, readFileSync('/usr/bin/true'));
    chmodSync(path, 0o755);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('parseLdd', () => {
  it('places every library next to libc, and the loader where programs expect it', () => {
    const output = [
      '/usr/bin/ffmpeg:',
      '\tlinux-vdso.so.1 (0x00007ff4d4bd1000)',
      '\tlibblas.so.3 => /lib/x86_64-linux-gnu/libblas.so.3 (0x00007f)',
      '\tlibpulsecommon-17.0.so => /usr/lib/x86_64-linux-gnu/pulseaudio/libpulsecommon-17.0.so (0x00007f)',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f)',
    ].join('\n');
    expect(parseLdd(output)).toEqual(
      new Map([
        ['/usr/lib/x86_64-linux-gnu/libblas.so.3', '/lib/x86_64-linux-gnu/libblas.so.3'],
        [
          '/usr/lib/x86_64-linux-gnu/libpulsecommon-17.0.so',
          '/usr/lib/x86_64-linux-gnu/pulseaudio/libpulsecommon-17.0.so',
        ],
        ['/usr/lib/x86_64-linux-gnu/libc.so.6', '/lib/x86_64-linux-gnu/libc.so.6'],
        ['/usr/lib64/ld-linux-x86-64.so.2', '/lib64/ld-linux-x86-64.so.2'],
      ]),
    );
  });

  it('throws an error that names a library that is not installed', () => {
    expect(() => parseLdd('\tlibx264.so.164 => not found\n')).toThrow(/libx264\.so\.164.*Reinstall its package/);
  });
});

describe('the libraries of FFmpeg', () => {
  it('are stubs if no job uses them, without the libraries that only unused libraries need', async () => {
    const { files } = await collectSources(PROGRAMS, { ffmpeg: '/usr/bin/ffmpeg', ffprobe: '/usr/bin/ffprobe' });
    const named = (part: string) => files.filter(({ to }) => basename(to).startsWith(part)).map(({ stub }) => stub);
    expect([named('libgnutls.so'), named('libX11.so'), named('libpulse.so')]).toEqual([[true], [true], [true]]);
    expect(['libp11-kit.so', 'libXau.so', 'libpulsecommon', 'libcrypto.so'].flatMap(named)).toEqual([]);
    expect(['libavcodec.so', 'libx264.so', 'libc.so', 'ld-linux'].map(named)).toEqual(Array(4).fill([false]));
  });
});

describe('openRootImage', () => {
  const images = () => readdirSync(join(folder, 'rootimg')).filter((name) => /^[0-9a-f]{32}$/.test(name));

  it('makes a world-readable image with the programs, their libraries and the loader, but without a shell or a passwd file', async () => {
    const { path } = await openRootImage(join(folder, 'rootimg'), PROGRAMS, programs);
    expect(statSync(join(path, 'usr/bin/ffmpeg')).mode & 0o005).toBe(0o005);
    expect(readdirSync(join(path, 'usr/bin')).sort()).toEqual(['ffmpeg', 'ffprobe']);
    expect(readdirSync(path).sort()).toEqual(['bin', 'dev', 'etc', 'in', 'lib', 'lib64', 'out', 'tmp', 'usr', 'var']);
    expect(existsSync(join(path, 'etc/passwd'))).toBe(false);
    expect(readdirSync(join(path, 'etc'))).toEqual(['fonts']);
    expect(readdirSync(join(path, 'dev'))).toEqual(['urandom']);
    expect(statSync(join(path, 'dev/urandom'))).toMatchObject({ size: 0 });
  });

  it('reuses an image while no source changes, and keeps the facts about its programs', async () => {
    const first = await openRootImage(join(folder, 'rootimg'), PROGRAMS, programs);
    const facts = {
      ffmpeg: { version: 'ffmpeg version 7', package: null, path: programs.ffmpeg, readsArguments: true },
    };
    await storeFacts(join(folder, 'rootimg'), first.fingerprint, facts);
    expect(await openRootImage(join(folder, 'rootimg'), PROGRAMS, programs)).toEqual({ ...first, facts });
    expect(images()).toHaveLength(1);
  });

  it('builds a new image if a program was updated, and repairs an image if a file is missing', async () => {
    const first = await openRootImage(join(folder, 'rootimg'), PROGRAMS, programs);
    unlinkSync(join(first.path, 'usr/bin/ffprobe'));
    const repaired = await openRootImage(join(folder, 'rootimg'), PROGRAMS, programs);
    expect(repaired.fingerprint).toBe(first.fingerprint);
    expect(existsSync(join(repaired.path, 'usr/bin/ffprobe'))).toBe(true);
    utimesSync(programs.ffmpeg, 1000, 1000);
    expect((await openRootImage(join(folder, 'rootimg'), PROGRAMS, programs)).fingerprint).not.toBe(first.fingerprint);
  });

  it('makes a single image if several builders run concurrently', async () => {
    const built = await Promise.all(
      Array.from({ length: 4 }, () => openRootImage(join(folder, 'rootimg'), PROGRAMS, programs)),
    );
    expect(new Set(built.map(({ path }) => path)).size).toBe(1);
    expect(readdirSync(join(folder, 'rootimg')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('links the image of the installation and keeps its facts, unless another account could have changed the image', async () => {
    const prepared = join(folder, 'installation/rootimg');
    mkdirSync(prepared, { recursive: true, mode: 0o755 });
    const facts = { ffmpeg: { version: 'ffmpeg 7', package: null, path: programs.ffmpeg, readsArguments: true } };
    const built = await openRootImage(prepared, PROGRAMS, programs);
    await storeFacts(prepared, built.fingerprint, facts);
    const taken = await openRootImage(join(folder, 'rootimg'), PROGRAMS, programs, prepared);
    expect(taken).toMatchObject({ fingerprint: built.fingerprint, facts });
    expect(statSync(join(taken.path, 'usr/bin/ffmpeg')).ino).toBe(statSync(join(built.path, 'usr/bin/ffmpeg')).ino);
    const files = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
    expect(files(taken.path)).toEqual(files(built.path));
    const times = (path: string) =>
      files(path)
        .filter((name) => name.startsWith('usr/share/fonts'))
        .map((name) => statSync(join(path, name)).mtimeMs);
    expect(times(taken.path)).toEqual(times(built.path));
    chmodSync(prepared, 0o777);
    const other = await openRootImage(join(folder, 'other'), PROGRAMS, programs, prepared);
    expect(other.facts).toBeNull();
  });

  it('makes images that are kept while they are recent or in use', async () => {
    const { fingerprint } = await openRootImage(join(folder, 'rootimg'), PROGRAMS, programs);
    await removeOldImages(join(folder, 'rootimg'), new Set());
    expect(images()).toEqual([fingerprint]);
    const later = Date.now() + 120_000;
    await removeOldImages(join(folder, 'rootimg'), new Set([fingerprint]), later);
    expect(images()).toEqual([fingerprint]);
    await removeOldImages(join(folder, 'rootimg'), new Set(), later);
    expect(readdirSync(join(folder, 'rootimg'))).toEqual([]);
  });
});
