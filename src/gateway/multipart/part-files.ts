import { constants } from 'node:fs';
import { lstat, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { etagOf } from '../etag.ts';

const ABOUT = 'about';

/** Returns the path of the file in which parts are written at their positions in the object. */
export function joinedPath(folder: string): string {
  return join(folder, 'joined');
}

/** An incomplete multipart upload. */
export interface Upload {
  id: string;
  key: string;
  contentType: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Size of every part except the last, in bytes. Null or absent if the parts may have different sizes. */
  partSize?: number | null;
}

/** A stored part, and the file that contains it. */
export interface PartFile {
  number: number;
  path: string;
  /** Position of the part's first byte in the file. */
  start: number;
  size: number;
  /** Whether the part was written at its position in the object. */
  isInPlace: boolean;
  /** The file whose existence shows that the part is stored. */
  entry: string;
  /** Commit time, microseconds since 1970. */
  version: number;
  etag: string;
}

/** Writes the description of a new upload into its folder. */
export function writeAbout(folder: string, upload: Upload): Promise<void> {
  return writeDurably(join(folder, ABOUT), JSON.stringify(upload));
}

/** Reads all uploads. Deletes uploads whose description a crash left incomplete, because their ids were never returned. */
export async function readUploads(folder: string): Promise<Map<string, Upload>> {
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
    const hasPartSize = about.partSize == null || Number.isSafeInteger(about.partSize);
    return about.id === id && isComplete && hasPartSize && Number.isFinite(about.startedAt) ? about : null;
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

export async function createDurably(path: string): Promise<void> {
  await writeDurably(path, '');
}

export function partName(number: number, version: number): string {
  return `${String(number).padStart(5, '0')}~${version.toString(16).padStart(14, '0')}`;
}

/**
 * Returns the stored versions of all parts, sorted by number and then by version, oldest first. Ignores entries that are not regular files.
 */
export async function readParts(folder: string, { partSize }: Pick<Upload, 'partSize'>): Promise<PartFile[]> {
  const parts: PartFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const match = /^(\d{5})~([0-9a-f]{14})(?:@([0-9a-f]{1,13}))?$/.exec(name);
    if (!match) continue;
    const entry = join(folder, name);
    const stats = await lstat(entry);
    if (!stats.isFile()) continue;
    const number = Number(match[1]);
    const version = Number.parseInt(match[2]!, 16);
    const common = { number, version, entry };
    if (match[3] === undefined) {
      const { size } = stats;
      parts.push({ ...common, path: entry, start: 0, size, isInPlace: false, etag: etagOf(version, size) });
    } else if (partSize) {
      const size = Number.parseInt(match[3], 16);
      const start = (number - 1) * partSize;
      parts.push({ ...common, path: joinedPath(folder), start, size, isInPlace: true, etag: etagOf(version, size) });
    }
  }
  return parts;
}

/** Returns the newest version of each part. `parts` must be sorted by number and version. */
export function current(parts: PartFile[]): PartFile[] {
  return parts.filter((part, index) => parts[index + 1]?.number !== part.number);
}

export function totalSize(parts: readonly PartFile[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}
