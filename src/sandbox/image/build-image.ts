import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, readdirSync, statSync } from 'node:fs';
import { chmod, copyFile, link, mkdir, realpath, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findProgram, runTool } from '../host/commands.ts';
import { FONTS_CONF_PATH } from '../programs/fonts-conf.ts';
import type { ImagePart, ProgramPaths } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import { isIntact, LAYOUT, type Manifest, writeManifest } from './manifest.ts';
import { collectSources, type ImageSources } from './root-image-sources.ts';
import { openScratch } from './scratch.ts';
import { stubLibrary } from './stub-library.ts';

/** Folder of fontconfig's cache, and its parent. */
const FONT_CACHE = ['var/cache', 'var/cache/fontconfig'];

export interface BuildRequest {
  /** Path of `<dataDir>/rootimg`, which must exist. */
  folder: string;
  /** What the image contains for each program, as plain data. */
  parts: readonly ImagePart[];
  programs: ProgramPaths;
}

/** Builds the image of the installed programs unless it exists, and writes its manifest. Returns the image's fingerprint. */
export async function buildRootImage({ folder, parts, programs }: BuildRequest): Promise<string> {
  const sources = await collectSources(parts, programs);
  const fingerprint = fingerprintOf(sources);
  const target = join(folder, fingerprint);
  const manifest: Manifest = { layout: LAYOUT, programs, facts: null, ...sources };
  if (!isIntact(target, manifest)) await buildImage(target, sources);
  await writeManifest(folder, fingerprint, manifest);
  return fingerprint;
}

function fingerprintOf({ files, texts, watched }: ImageSources): string {
  const lines = [
    ...files.map(({ from, to, size, mtimeMs, stub }) => JSON.stringify([to, from, size, mtimeMs, stub])),
    ...texts.map(({ to, text }) => JSON.stringify([to, text])),
    ...watched.map(({ path, mtimeMs }) => JSON.stringify([path, mtimeMs])),
  ].sort();
  return createHash('sha256')
    .update(`${LAYOUT} ${process.arch}\n${lines.join('\n')}`)
    .digest('hex')
    .slice(0, 32);
}

async function buildImage(target: string, { files, texts }: ImageSources): Promise<void> {
  const temporary = join(dirname(target), `.build-${process.pid}-${randomUUID()}`);
  try {
    const hasFonts = texts.some(({ to }) => to === FONTS_CONF_PATH);
    const folders = new Set(['', 'usr', 'etc', 'var', 'tmp', 'in', 'out', ...(hasFonts ? FONT_CACHE : [])]);
    for (const { to } of [...files, ...texts]) {
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
      await Promise.all(real.slice(at, at + 16).map(({ from, to }) => install(from, join(temporary, to))));
    }
    for (const { to, sha256 } of files) if (sha256) await requireHash(join(temporary, to), sha256);
    for (const { to, text } of texts) {
      await writeFile(join(temporary, to), text);
      await chmod(join(temporary, to), 0o644);
    }
    // Set the times of folders to full seconds. Copies of the image keep these times, because fontconfig compares them with the times in
    // its cache.
    const seconds = Math.floor(Date.now() / 1000);
    for (const path of folders) await utimes(join(temporary, path), seconds, seconds);
    if (hasFonts) await cacheFonts(temporary);
    await rename(temporary, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      // Either another process was first and its image is complete, or the existing image is damaged and is replaced.
      if (isIntact(target, { files, texts })) return;
      await rename(target, `${temporary}-broken`);
      await rename(temporary, target);
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(`${temporary}-broken`, { recursive: true, force: true });
  }
}

/** Checks the hash of a file in the image, because the source may have been replaced since its hash was read. */
async function requireHash(path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  if (hash.digest('hex') === sha256) return;
  throw new SandboxError(`${basename(path)} has changed since it was installed`, 'Install it again');
}

/** Writes fontconfig's cache. Without the cache, every job with text scans all fonts. A missing fc-cache costs only time. */
async function cacheFonts(image: string): Promise<void> {
  const fcCache = findProgram('fc-cache');
  if (!fcCache) return;
  await runTool(fcCache, ['--sysroot', image]);
  const caches = join(image, ...FONT_CACHE.slice(-1));
  await Promise.all(readdirSync(caches).map((name) => chmod(join(caches, name), 0o644)));
}

/**
 * Hard-links a file where the file system allows it, which is instant and shares the page cache. Otherwise, reflinks or copies the file.
 * Links only files of the package manager, which replaces files by renaming. An operator may overwrite a custom build in place, which must
 * not change an image in use. Never changes the owner or the mode of a linked file.
 */
async function install(from: string, to: string): Promise<void> {
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

/** Creates a folder that is world-readable regardless of the umask, because the cell runs with an unprivileged uid. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}
