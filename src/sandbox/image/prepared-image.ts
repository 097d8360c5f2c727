import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isLinked, isOnlyOurs } from '../../config/prepared-files.ts';
import type { ProgramPaths } from '../programs/program.ts';
import { isFresh, isIntact, type Manifest, readManifest, writeManifest } from './manifest.ts';

/*
 * The installation keeps an image of its programs, which have already been queried, so that a new data directory needs no build, which
 * would read 200 MB of libraries. A data directory links the files of this image. Links need no space, and keep a service's image when the
 * prepared image is replaced.
 */

/** An image in `folder` that matches the installed programs. */
export interface MatchingImage {
  fingerprint: string;
  manifest: Manifest;
}

/** Finds the complete and current image of these programs. Returns null if there is none. */
export function findImage(folder: string, programs: ProgramPaths): MatchingImage | null {
  for (const name of readdirSync(folder)) {
    const fingerprint = /^([0-9a-f]{32})\.json$/.exec(name)?.[1];
    const manifest = fingerprint ? readManifest(folder, fingerprint) : null;
    if (!fingerprint || !manifest || !isDeepStrictEqual(manifest.programs, programs)) continue;
    if (isFresh(manifest) && isIntact(join(folder, fingerprint), manifest)) return { fingerprint, manifest };
  }
  return null;
}

/**
 * Finds an image like `findImage`, in the folder of an installation. Also returns null if an account other than root and this account could
 * have changed the image.
 */
export function findTrustedImage(prepared: string, programs: ProgramPaths): MatchingImage | null {
  if (!isTrusted(dirname(prepared)) || !isTrusted(prepared)) return null;
  const found = findImage(prepared, programs);
  if (!found) return null;
  const paths = [join(prepared, found.fingerprint), join(prepared, `${found.fingerprint}.json`)];
  return paths.every(isTrusted) ? found : null;
}

/** Copies the image of these programs from the folder of the installation into `folder`. Resolves to null if there is no trusted image. */
export async function takeImage(
  prepared: string,
  folder: string,
  programs: ProgramPaths,
): Promise<MatchingImage | null> {
  const found = findTrustedImage(prepared, programs);
  if (!found) return null;
  // The installation may be replacing the image at this moment.
  const isCopied = await copyImage(prepared, folder, found).then(
    () => true,
    () => false,
  );
  return isCopied ? found : null;
}

/** Copies an image with its manifest to another folder, unless the folder contains the image. */
export async function copyImage(from: string, to: string, { fingerprint, manifest }: MatchingImage): Promise<void> {
  const target = join(to, fingerprint);
  if (!isIntact(target, manifest)) {
    const staged = join(to, `.build-${process.pid}-${randomUUID()}`);
    const sources = new Map(manifest.files.filter(({ stub }) => !stub).map((file) => [file.to, file.from]));
    try {
      linkTree(join(from, fingerprint), staged, { path: '', sources });
      publish(staged, target, manifest);
    } finally {
      rmSync(staged, { recursive: true, force: true });
      rmSync(`${staged}-broken`, { recursive: true, force: true });
    }
  }
  await writeManifest(to, fingerprint, manifest);
}

function publish(staged: string, target: string, manifest: Manifest): void {
  try {
    renameSync(staged, target);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // Either another process was first and its image is complete, or the existing image is damaged and is replaced.
    if (isIntact(target, manifest)) return;
    renameSync(target, `${staged}-broken`);
    renameSync(staged, target);
  }
}

/** The position of a tree in the image, and the host files from which the image was built, by their paths in the image. */
interface Position {
  path: string;
  sources: ReadonlyMap<string, string>;
}

function linkTree(from: string, to: string, { path, sources }: Position): void {
  mkdirSync(to);
  // World-readable regardless of the umask, because the cell runs with an unprivileged uid.
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target, inside] = [join(from, entry.name), join(to, entry.name), `${path}/${entry.name}`];
    if (entry.isDirectory()) linkTree(source, target, { path: inside, sources });
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkFile(source, target, sources.get(inside));
  }
  // fontconfig's cache is valid only with the times of the folders that it describes. These times are full seconds.
  const { atime, mtime } = statSync(from);
  utimesSync(to, atime, mtime);
}

/**
 * Links a file of the prepared image. If the file is on another file system, links the host file to which it is a link. Otherwise, copies
 * the file.
 */
function linkFile(from: string, to: string, source: string | undefined): void {
  if (isLinked(from, to)) return;
  if (source && lstatSync(source).ino === lstatSync(from).ino && isLinked(source, to)) return;
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, lstatSync(from).mode & 0o777);
}

function isTrusted(path: string): boolean {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (!info || info.isSymbolicLink()) return false;
  return isOnlyOurs(info);
}
