import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isReal, partsFolder } from '../../storage/embedded/disk-layout.ts';
import { isUploadKey } from '../../storage/keys.ts';
import { S3Error } from '../errors.ts';
import { etagOf, nextVersion } from '../etag.ts';
import { syncFolder } from '../folders.ts';
import { keyedLock } from '../lock.ts';

/** An incomplete multipart upload. */
export interface Upload {
  id: string;
  key: string;
  contentType: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** A stored part and its file. */
export interface PartFile {
  number: number;
  path: string;
  size: number;
  /** Commit time, microseconds since 1970. */
  version: number;
  etag: string;
}

/**
 * Uploads survive restarts: each is a folder `<root>/parts/<random id>`. Its file `about` describes the upload;
 * `<number>~<version>` are its parts. A part that is sent again is added before the old file is removed; the highest
 * version counts.
 */
export interface Uploads {
  begin(key: string, contentType: string): Promise<Upload>;
  /** Throws `NoSuchUpload` if the key has no upload of that id. */
  find(key: string, id: string): Upload;
  /** Parts by number. Throws `NoSuchUpload` if the upload was aborted meanwhile. */
  parts(upload: Upload): Promise<PartFile[]>;
  /** Moves a file into the upload. Throws `EntityTooLarge` if all parts together would exceed `maxBytes`. */
  addPart(upload: Upload, number: number, file: { path: string; size: number }, maxBytes: number): Promise<PartFile>;
  /** Runs `assemble` with the upload locked, and deletes the upload if that succeeds. */
  complete<T>(upload: Upload, assemble: (parts: PartFile[]) => Promise<T>): Promise<T>;
  abort(upload: Upload): Promise<void>;
  abortAllOf(key: string): Promise<void>;
  /** Bytes of the parts of uploads of clients. */
  stagedBytes(): number;
  /** Aborts uploads that began a day ago. Returns their number. */
  sweep(): Promise<number>;
}

/** Signed URLs for parts expire earlier, so an older upload can no longer be completed. */
const MAX_AGE_MS = 86_400_000;
const ABOUT = 'about';

/** `root` is a real path; `now`: milliseconds since 1970. */
export async function openUploads(root: string, now: () => number = Date.now): Promise<Uploads> {
  const folder = partsFolder(root);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await isReal(folder))) throw new Error('the storage folder contains a symbolic link in place of a folder');
  const known = await readUploads(folder);
  const bytes = new Map<string, number>();
  const lock = keyedLock();
  const folderOf = (upload: Upload) => join(folder, upload.id);
  const requireKnown = (upload: Upload): void => {
    if (!known.has(upload.id)) throw noSuchUpload();
  };
  const drop = async (upload: Upload): Promise<void> => {
    known.delete(upload.id);
    bytes.delete(upload.id);
    await rm(folderOf(upload), { recursive: true, force: true });
    await syncFolder(folder);
  };
  const count = (upload: Upload, parts: readonly PartFile[]) => {
    if (isUploadKey(upload.key)) bytes.set(upload.id, totalSize(parts));
  };
  for (const upload of known.values()) count(upload, current(await readParts(folderOf(upload))));
  const abort = (upload: Upload) => lock(upload.id, () => drop(upload));

  return {
    async begin(key, contentType) {
      const upload = { id: randomBytes(16).toString('hex'), key, contentType, startedAt: now() };
      await mkdir(folderOf(upload), { mode: 0o700 });
      await writeDurably(join(folderOf(upload), ABOUT), JSON.stringify(upload));
      await syncFolder(folderOf(upload));
      await syncFolder(folder);
      known.set(upload.id, upload);
      return upload;
    },

    find(key, id) {
      const upload = known.get(id);
      if (upload?.key !== key) throw noSuchUpload();
      return upload;
    },

    parts: (upload) =>
      lock(upload.id, async () => {
        requireKnown(upload);
        return current(await readParts(folderOf(upload)));
      }),

    addPart: (upload, number, { path, size }, maxBytes) =>
      lock(upload.id, async () => {
        requireKnown(upload);
        const all = await readParts(folderOf(upload));
        const others = current(all).filter((part) => part.number !== number);
        if (totalSize(others) + size > maxBytes) throw tooLarge(maxBytes);
        const old = all.filter((part) => part.number === number);
        const version = nextVersion(old.at(-1)?.version);
        const target = join(folderOf(upload), partName(number, version));
        await rename(path, target);
        await syncFolder(folderOf(upload));
        for (const each of old) await rm(each.path, { force: true });
        const part = { number, path: target, size, version, etag: etagOf(version, size) };
        count(upload, [...others, part]);
        return part;
      }),

    complete: (upload, assemble) =>
      lock(upload.id, async () => {
        requireKnown(upload);
        const assembled = await assemble(current(await readParts(folderOf(upload))));
        await drop(upload);
        return assembled;
      }),

    abort,

    async abortAllOf(key) {
      for (const upload of [...known.values()]) if (upload.key === key) await abort(upload);
    },

    stagedBytes: () => [...bytes.values()].reduce((sum, size) => sum + size, 0),

    async sweep() {
      const old = [...known.values()].filter(({ startedAt }) => now() - startedAt >= MAX_AGE_MS);
      for (const upload of old) await abort(upload);
      return old.length;
    },
  };
}

function noSuchUpload(): S3Error {
  return new S3Error(
    'NoSuchUpload',
    'The upload does not exist: it was completed, aborted or has expired, or it never began.',
  );
}

export function tooLarge(maxBytes: number): S3Error {
  return new S3Error('EntityTooLarge', 'The parts together exceed the maximum allowed object size.', {
    MaxSizeAllowed: String(maxBytes),
  });
}

/** Reads all uploads. Removes those that a crash left incomplete: their ids were never returned. */
async function readUploads(folder: string): Promise<Map<string, Upload>> {
  const known = new Map<string, Upload>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const upload = entry.isDirectory() ? await readAbout(path, entry.name) : null;
    if (upload) known.set(upload.id, upload);
    else await rm(path, { recursive: true, force: true });
  }
  return known;
}

async function readAbout(path: string, id: string): Promise<Upload | null> {
  try {
    const about = JSON.parse(await readFile(join(path, ABOUT), 'utf8')) as Upload;
    const whole = typeof about.key === 'string' && typeof about.contentType === 'string';
    return about.id === id && whole && Number.isFinite(about.startedAt) ? about : null;
  } catch {
    return null;
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function partName(number: number, version: number): string {
  return `${String(number).padStart(5, '0')}~${version.toString(16).padStart(14, '0')}`;
}

/** Regular files of parts, by number and version, oldest first. */
async function readParts(folder: string): Promise<PartFile[]> {
  const parts: PartFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const match = /^(\d{5})~([0-9a-f]{14})$/.exec(name);
    if (!match) continue;
    const path = join(folder, name);
    const stats = await lstat(path);
    if (!stats.isFile()) continue;
    const version = Number.parseInt(match[2]!, 16);
    parts.push({ number: Number(match[1]), path, size: stats.size, version, etag: etagOf(version, stats.size) });
  }
  return parts;
}

/** The newest file of each number. */
function current(parts: PartFile[]): PartFile[] {
  return parts.filter((part, index) => parts[index + 1]?.number !== part.number);
}

function totalSize(parts: readonly PartFile[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}
