import { createHash, randomUUID } from 'node:crypto';
import { constants, readdirSync, statSync } from 'node:fs';
import { chmod, copyFile, link, mkdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram, runTool } from '../host/commands.ts';
import { FONTS_CONF } from './fonts-conf.ts';
import { isWhole, LAYOUT, type Manifest, writeManifest } from './manifest.ts';
import { collectSources, type ImageSources } from './root-image-sources.ts';
import { openScratch } from './scratch.ts';
import { stubLibrary } from './stub-library.ts';

export interface BuildRequest {
  /** `<dataDir>/rootimg`, which exists. */
  folder: string;
  /** Paths on the host. */
  programs: { ffmpeg: string; ffprobe: string };
}

/** Builds the image of the installed FFmpeg unless it exists, and writes its manifest. Returns its fingerprint. */
export async function buildRootImage({ folder, programs }: BuildRequest): Promise<string> {
  const sources = await collectSources(programs);
  const fingerprint = fingerprintOf(sources);
  const target = join(folder, fingerprint);
  const manifest: Manifest = { layout: LAYOUT, programs, facts: null, ...sources };
  if (!isWhole(target, manifest)) await buildImage(target, sources);
  await writeManifest(folder, fingerprint, manifest);
  return fingerprint;
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
