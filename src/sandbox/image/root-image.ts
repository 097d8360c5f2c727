import { randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ImagePart, ProgramPaths } from '../programs/program.ts';
import { buildInThread } from './build-in-thread.ts';
import { type ImageFacts, isFresh, readManifest, writeManifest } from './manifest.ts';
import { findImage, takeImage } from './prepared-image.ts';

/**
 * The read-only `/` of every cell. It contains the programs, their libraries and files, but no shell, no passwd file and no interpreter.
 */
export interface RootImage {
  path: string;
  fingerprint: string;
  /** Host paths of the image's programs. */
  programs: ProgramPaths;
  facts: ImageFacts | null;
}

/**
 * Finds the image that matches the installed programs, takes it from the installation, or builds it. A warm start needs one `stat` per
 * source and per image file (about 2 × 500) and no process. A changed path, size or mtime of any source requires a new image. Two processes
 * may build concurrently: each process uses its own temporary folder, and the first rename wins.
 * @param folder `<dataDir>/rootimg`, which is created if needed
 * @param table every program that may be installed
 * @param prepared folder of the images of the installation
 */
export async function openRootImage(
  folder: string,
  table: readonly ImagePart[],
  programs: ProgramPaths,
  prepared?: string,
): Promise<RootImage> {
  await mkdir(folder, { recursive: true });
  // World-readable regardless of the umask, because the cell runs with an unprivileged uid.
  await chmod(folder, 0o755);
  const found = findImage(folder, programs);
  // Update the ctime, so that no process removes the image before its user is registered.
  if (found) await chmod(join(folder, found.fingerprint), 0o755);
  const image = found ?? (prepared ? await takeImage(prepared, folder, programs) : null);
  if (image) {
    const { fingerprint, manifest } = image;
    return { path: join(folder, fingerprint), fingerprint, programs, facts: manifest.facts };
  }
  const parts = table
    .filter(({ name }) => programs[name] !== undefined)
    .map(({ name, libraries, files }) => ({ name, libraries, files }));
  const fingerprint = await buildInThread({ folder, parts, programs });
  return { path: join(folder, fingerprint), fingerprint, programs, facts: null };
}

/** Whether the image matches the currently installed programs. Makes one `stat` call per source, and starts no process. */
export function imageIsCurrent(folder: string, fingerprint: string, programs: ProgramPaths): boolean {
  const manifest = readManifest(folder, fingerprint);
  return manifest !== null && isDeepStrictEqual(manifest.programs, programs) && isFresh(manifest);
}

/** Stores the facts about the programs, so that a warm start does not query them. */
export async function storeFacts(folder: string, fingerprint: string, facts: ImageFacts): Promise<void> {
  const manifest = readManifest(folder, fingerprint);
  if (manifest) await writeManifest(folder, fingerprint, { ...manifest, facts });
}

/**
 * Removes unused images and temporary folders. Keeps the images in `used`, and recent images, which may belong to another process that has
 * not registered them yet.
 */
export async function removeOldImages(folder: string, used: ReadonlySet<string>, now = Date.now()): Promise<void> {
  const youngest = now - 60_000;
  for (const name of readdirSync(folder)) {
    const fingerprint = /^([0-9a-f]{32})(?:\.json)?$/.exec(name)?.[1];
    if (fingerprint ? used.has(fingerprint) : !name.startsWith('.')) continue;
    if ((statSync(join(folder, name), { throwIfNoEntry: false })?.ctimeMs ?? 0) > youngest) continue;
    const trash = join(folder, `.old-${randomUUID()}`);
    // Rename first, because a partly removed image must not look like an image.
    await rename(join(folder, name), trash)
      .then(() => rm(trash, { recursive: true, force: true }))
      .catch(() => {});
  }
}
