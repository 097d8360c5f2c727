import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { partsFolder } from '../../storage/embedded/disk-layout.ts';
import { isUploadKey } from '../../storage/keys.ts';
import { S3Error } from '../errors.ts';
import { etagOf, nextVersion } from '../etag.ts';
import { makeRealFolder, syncFolder } from '../folders.ts';
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

/** Signed URLs for parts expire earlier, so an older upload can no longer be completed. */
const MAX_AGE_MS = 86_400_000;
const ABOUT = 'about';

/** `root` is a real path; `now`: milliseconds since 1970. */
export async function openUploads(root: string, now: () => number = Date.now): Promise<Uploads> {
  const folder = partsFolder(root);
  await makeRealFolder(folder);
  const uploads = new Uploads(folder, await readUploads(folder), now);
  await uploads.count();
  return uploads;
}

/**
 * Uploads survive restarts: each is a folder `<root>/parts/<random id>`. Its file `about` describes the upload;
 * `<number>~<version>` are its parts. A part that is sent again is added before the old file is removed; the highest
 * version counts. Create it with `openUploads`.
 */
export class Uploads {
  readonly #folder: string;
  readonly #known: Map<string, Upload>;
  readonly #now: () => number;
  /** Bytes of the parts of each upload of a client. */
  readonly #bytes = new Map<string, number>();
  readonly #lock = keyedLock();

  constructor(folder: string, known: Map<string, Upload>, now: () => number) {
    this.#folder = folder;
    this.#known = known;
    this.#now = now;
  }

  /** Counts the bytes of all stored parts. */
  async count(): Promise<void> {
    for (const upload of this.#known.values()) this.#countParts(upload, await this.#readParts(upload));
  }

  async begin(key: string, contentType: string): Promise<Upload> {
    const upload = { id: randomBytes(16).toString('hex'), key, contentType, startedAt: this.#now() };
    const folder = this.#folderOf(upload);
    await mkdir(folder, { mode: 0o700 });
    await writeDurably(join(folder, ABOUT), JSON.stringify(upload));
    await syncFolder(folder);
    await syncFolder(this.#folder);
    this.#known.set(upload.id, upload);
    return upload;
  }

  /** Throws `NoSuchUpload` if the key has no upload of that id. */
  find(key: string, id: string): Upload {
    const upload = this.#known.get(id);
    if (upload?.key !== key) throw noSuchUpload();
    return upload;
  }

  /** Parts by number. Throws `NoSuchUpload` if the upload was aborted meanwhile. */
  parts(upload: Upload): Promise<PartFile[]> {
    return this.#inUpload(upload, () => this.#readParts(upload));
  }

  /** Moves a file into the upload. Returns the part and the number of parts that are stored. Throws `EntityTooLarge` if all parts together would exceed `maxBytes`. */
  addPart(
    upload: Upload,
    number: number,
    { path, size }: { path: string; size: number },
    maxBytes: number,
  ): Promise<{ part: PartFile; count: number }> {
    return this.#inUpload(upload, async () => {
      const folder = this.#folderOf(upload);
      const all = await readParts(folder);
      const others = current(all).filter((part) => part.number !== number);
      if (totalSize(others) + size > maxBytes) throw tooLarge(maxBytes);
      const old = all.filter((part) => part.number === number);
      const version = nextVersion(old.at(-1)?.version);
      const target = join(folder, partName(number, version));
      await rename(path, target);
      await syncFolder(folder);
      for (const each of old) await rm(each.path, { force: true });
      const part = { number, path: target, size, version, etag: etagOf(version, size) };
      this.#countParts(upload, [...others, part]);
      return { part, count: others.length + 1 };
    });
  }

  /** Runs `assemble` with the upload locked, and deletes the upload if that succeeds. */
  complete<T>(upload: Upload, assemble: (parts: PartFile[]) => Promise<T>): Promise<T> {
    return this.#inUpload(upload, async () => {
      const assembled = await assemble(await this.#readParts(upload));
      await this.#drop(upload);
      return assembled;
    });
  }

  abort(upload: Upload): Promise<void> {
    return this.#lock(upload.id, () => this.#drop(upload));
  }

  async abortAllOf(key: string): Promise<void> {
    for (const upload of [...this.#known.values()]) if (upload.key === key) await this.abort(upload);
  }

  /** Bytes of the parts of uploads of clients. */
  stagedBytes(): number {
    return [...this.#bytes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Aborts uploads that began a day ago. Returns their number. */
  async sweep(): Promise<number> {
    const old = [...this.#known.values()].filter(({ startedAt }) => this.#now() - startedAt >= MAX_AGE_MS);
    for (const upload of old) await this.abort(upload);
    return old.length;
  }

  #inUpload<T>(upload: Upload, work: () => Promise<T>): Promise<T> {
    return this.#lock(upload.id, () => {
      if (!this.#known.has(upload.id)) throw noSuchUpload();
      return work();
    });
  }

  async #readParts(upload: Upload): Promise<PartFile[]> {
    return current(await readParts(this.#folderOf(upload)));
  }

  async #drop(upload: Upload): Promise<void> {
    this.#known.delete(upload.id);
    this.#bytes.delete(upload.id);
    await rm(this.#folderOf(upload), { recursive: true, force: true });
    await syncFolder(this.#folder);
  }

  #countParts(upload: Upload, parts: readonly PartFile[]): void {
    if (isUploadKey(upload.key)) this.#bytes.set(upload.id, totalSize(parts));
  }

  #folderOf(upload: Upload): string {
    return join(this.#folder, upload.id);
  }
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
    const isComplete = typeof about.key === 'string' && typeof about.contentType === 'string';
    return about.id === id && isComplete && Number.isFinite(about.startedAt) ? about : null;
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
