import { createHash, randomUUID } from 'node:crypto';
import { constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, copyFile, link, mkdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram, runTool } from '../host/commands.ts';
import { FONTS_CONF } from './fonts-conf.ts';
import { collectSources, type ImageSources, modified } from './root-image-sources.ts';
import { openScratch } from './scratch.ts';
import { stubLibrary } from './stub-library.ts';

/** Increment when the layout of an image or of its facts changes, so that images of an older version are rebuilt. */
const LAYOUT = 4;

export interface FfmpegFacts {
  /** First line of `ffmpeg -version`. */
  version: string;
  package: string | null;
  /** Path on the host. */
  path: string;
  /** Whether it can read the value of an option from a file (`-/name FILE`), as FFmpeg 7 and later do. */
  readsArguments: boolean;
}

interface Manifest extends ImageSources {
  layout: number;
  programs: { ffmpeg: string; ffprobe: string };
  /** Queried once per image, in a cell. */
  facts: FfmpegFacts | null;
}

/** The read-only `/` of every cell: FFmpeg, ffprobe, their libraries, fonts; no shell, no passwd, no interpreter. */
export interface RootImage {
  path: string;
  fingerprint: string;
  /** FFmpeg's path on the host. */
  source: string;
  facts: FfmpegFacts | null;
}

/**
 * Finds the image that matches the installed FFmpeg, or builds it. A warm start needs one `stat` per source and per
 * image file (about 2 × 500) and no process. A changed path, size or mtime of any source requires a new image. Two
 * processes may build concurrently: each uses its own temporary folder, and the first rename wins.
 * @param folder `<dataDir>/rootimg`, created if needed.
 */
export async function openRootImage(folder: string, programs: { ffmpeg: string; ffprobe: string }): Promise<RootImage> {
  await makeFolder(folder);
  for (const name of readdirSync(folder)) {
    const fingerprint = /^([0-9a-f]{32})\.json$/.exec(name)?.[1];
    const manifest = fingerprint ? readManifest(folder, fingerprint) : null;
    if (!fingerprint || !manifest) continue;
    if (manifest.programs.ffmpeg !== programs.ffmpeg || manifest.programs.ffprobe !== programs.ffprobe) continue;
    if (isFresh(manifest) && isWhole(join(folder, fingerprint), manifest)) {
      // Updates the ctime, so that no process removes the image before its user is registered.
      await chmod(join(folder, fingerprint), 0o755);
      return { path: join(folder, fingerprint), fingerprint, source: programs.ffmpeg, facts: manifest.facts };
    }
  }
  const sources = await collectSources(programs);
  const fingerprint = fingerprintOf(sources);
  const target = join(folder, fingerprint);
  const manifest: Manifest = { layout: LAYOUT, programs, facts: null, ...sources };
  if (!isWhole(target, manifest)) await buildImage(target, sources);
  await writeManifest(folder, fingerprint, manifest);
  return { path: target, fingerprint, source: programs.ffmpeg, facts: null };
}

/** Whether that image matches what is installed now. One `stat` per source, no process. */
export function imageIsCurrent(
  folder: string,
  fingerprint: string,
  programs: { ffmpeg: string; ffprobe: string },
): boolean {
  const manifest = readManifest(folder, fingerprint);
  return (
    manifest !== null &&
    manifest.programs.ffmpeg === programs.ffmpeg &&
    manifest.programs.ffprobe === programs.ffprobe &&
    isFresh(manifest)
  );
}

/** Stores the facts about FFmpeg, so that a warm start need not query them. */
export async function storeFacts(folder: string, fingerprint: string, facts: FfmpegFacts): Promise<void> {
  const manifest = readManifest(folder, fingerprint);
  if (manifest) await writeManifest(folder, fingerprint, { ...manifest, facts });
}

/**
 * Removes unused images and temporary folders. Keeps those in `used`, and recent ones, which may belong to another
 * process that has not registered them yet.
 */
export async function removeOldImages(folder: string, used: ReadonlySet<string>, now = Date.now()): Promise<void> {
  const youngest = now - 60_000;
  for (const name of readdirSync(folder)) {
    const fingerprint = /^([0-9a-f]{32})(?:\.json)?$/.exec(name)?.[1];
    if (fingerprint ? used.has(fingerprint) : !name.startsWith('.')) continue;
    if ((statSync(join(folder, name), { throwIfNoEntry: false })?.ctimeMs ?? 0) > youngest) continue;
    const trash = join(folder, `.old-${randomUUID()}`);
    // Renamed first: a half-removed image must not look like an image.
    await rename(join(folder, name), trash)
      .then(() => rm(trash, { recursive: true, force: true }))
      .catch(() => {});
  }
}

function fingerprintOf({ files, watched }: ImageSources): string {
  const lines = [
    ...files.map(({ from, to, size, mtimeMs, stub }) => JSON.stringify([to, from, size, mtimeMs, stub])),
    ...watched.map(({ path, mtimeMs }) => JSON.stringify([path, mtimeMs])),
  ].sort();
  return createHash('sha256')
    .update(`${LAYOUT} ${process.arch}\n${lines.join('\n')}`)
    .digest('hex')
    .slice(0, 32);
}

function isFresh({ files, watched }: ImageSources): boolean {
  return (
    files.every(({ from, size, mtimeMs }) => {
      const stats = statSync(from, { throwIfNoEntry: false });
      return stats?.size === size && stats.mtimeMs === mtimeMs;
    }) && watched.every(({ path, mtimeMs }) => modified(path) === mtimeMs)
  );
}

/** Whether no file is missing. An image is renamed into place complete, but a person or a disk may damage it later. */
function isWhole(image: string, { files }: ImageSources): boolean {
  return (
    statSync(join(image, 'etc/fonts/fonts.conf'), { throwIfNoEntry: false }) !== undefined &&
    files.every(({ to, size }) => statSync(join(image, to), { throwIfNoEntry: false })?.size === size)
  );
}

async function buildImage(target: string, { files }: ImageSources): Promise<void> {
  const temporary = join(dirname(target), `.build-${process.pid}-${randomUUID()}`);
  try {
    const folders = new Set([
      '',
      'usr',
      'etc',
      'etc/fonts',
      'var',
      'var/cache',
      'var/cache/fontconfig',
      'tmp',
      'in',
      'out',
    ]);
    for (const { to } of files) {
      for (let path = dirname(to); path !== '/'; path = dirname(path)) folders.add(path.slice(1));
    }
    for (const path of [...folders].sort()) await makeFolder(join(temporary, path));
    for (const name of ['lib', 'lib64', 'bin']) await symlink(`usr/${name}`, join(temporary, name));
    const scratch = openScratch();
    for (const { from, to } of files.filter(({ stub }) => stub)) {
      await writeFile(join(temporary, to), stubLibrary(scratch.read(from)));
      await chmod(join(temporary, to), 0o644);
    }
    const real = files.filter(({ stub }) => !stub);
    for (let at = 0; at < real.length; at += 16) {
      await Promise.all(real.slice(at, at + 16).map(({ from, to }) => place(from, join(temporary, to))));
    }
    await writeFile(join(temporary, 'etc/fonts/fonts.conf'), FONTS_CONF);
    await chmod(join(temporary, 'etc/fonts/fonts.conf'), 0o644);
    // Without a cache, every job with text scans all fonts; a missing fc-cache costs only time.
    const fcCache = findProgram('fc-cache');
    if (fcCache) {
      await runTool(fcCache, ['--sysroot', temporary]);
      const caches = join(temporary, 'var/cache/fontconfig');
      await Promise.all(readdirSync(caches).map((name) => chmod(join(caches, name), 0o644)));
    }
    await rename(temporary, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      // Another process was first and its image is complete; or the existing one is damaged and is replaced.
      if (isWhole(target, { files, watched: [] })) return;
      await rename(target, `${temporary}-broken`);
      await rename(temporary, target);
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(`${temporary}-broken`, { recursive: true, force: true });
  }
}

/**
 * Hard-links where the file system allows it (instant, shares the page cache), else reflinks or copies. Links only
 * files of the package manager, which replaces files by renaming; an operator may overwrite a custom build in place,
 * which must not change an image in use.
 */
async function place(from: string, to: string): Promise<void> {
  const real = await realpath(from);
  const executable = (statSync(real).mode & 0o111) !== 0;
  const isPackaged = /^\/(?:usr\/(?!local\/)|lib)/.test(real);
  if (isPackaged && (statSync(real).mode & 0o004) !== 0) {
    const linked = await link(real, to).then(
      () => true,
      () => false,
    );
    if (linked) return;
  }
  await copyFile(real, to, constants.COPYFILE_FICLONE);
  await chmod(to, executable ? 0o755 : 0o644);
}

/** Creates a world-readable folder regardless of the umask: the cell runs with an unprivileged uid. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}

function readManifest(folder: string, fingerprint: string): Manifest | null {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, `${fingerprint}.json`), 'utf8')) as Manifest;
    return manifest.layout === LAYOUT ? manifest : null;
  } catch {
    return null;
  }
}

async function writeManifest(folder: string, fingerprint: string, manifest: Manifest): Promise<void> {
  const temporary = join(folder, `.manifest-${randomUUID()}`);
  await writeFile(temporary, JSON.stringify(manifest), { mode: 0o600 });
  await rename(temporary, join(folder, `${fingerprint}.json`));
}
