import { type Dirent, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Maps keys of the embedded store to files below `<root>/objects`.
 *
 * A key is split at its slashes, and each segment into chunks of 60 bytes. Each chunk is a folder whose last character marks what follows:
 * `+` a slash, `&` more of the same segment, `=` nothing (the object). All bytes except `A-Z a-z 0-9 _ - .` are encoded as %XX. So no name
 * is `.` or `..`, none exceeds 255 bytes, two keys never share a folder, and the key can be decoded from the path. A 1024-byte key needs at
 * most about 3,200 bytes of path (PATH_MAX is 4,096).
 *
 * The folder of an object contains one file, `<version>~<content type>`, so that one rename publishes bytes and metadata. The version is
 * the time of the commit in microseconds, as 14 hex digits. While an object is being replaced, the folder may contain two files. The file
 * with the higher version is current.
 *
 * Lookups are synchronous. Each takes microseconds. In the thread pool, a lookup would use ten times as much processor time
 * (docs/decisions/0062-v8-optimizes-later.md).
 */

const CHUNK_BYTES = 60;
const VERSION_DIGITS = 14;

export type FolderKind = 'slash' | 'more' | 'object';

const SUFFIX: Record<FolderKind, string> = { slash: '+', more: '&', object: '=' };

export interface StoredVersion {
  /** Host path of the bytes. */
  path: string;
  /** Microseconds since 1970 at the commit; unique within the object. */
  version: number;
  contentType: string;
}

export function objectsFolder(root: string): string {
  return join(root, 'objects');
}

export function tempFolder(root: string): string {
  return join(root, 'tmp');
}

/** Folder for parts of incomplete objects. */
export function partsFolder(root: string): string {
  return join(root, 'parts');
}

/** Folder for records of keys that accept no more bytes. */
export function closedFolder(root: string): string {
  return join(root, 'closed');
}

/** Returns the names of the nested folders of a key. */
export function keyToFolders(key: string): string[] {
  const folders: string[] = [];
  const segments = key.split('/');
  segments.forEach((segment, index) => {
    const bytes = Buffer.from(segment);
    let start = 0;
    for (; bytes.length - start >= CHUNK_BYTES; start += CHUNK_BYTES) {
      folders.push(encodeBytes(bytes.subarray(start, start + CHUNK_BYTES)) + SUFFIX.more);
    }
    const kind = index === segments.length - 1 ? 'object' : 'slash';
    folders.push(encodeBytes(bytes.subarray(start)) + SUFFIX[kind]);
  });
  return folders;
}

/** Decodes a folder name. Null for a name that this layout never creates. */
export function parseFolder(name: string): { bytes: Buffer; kind: FolderKind } | null {
  const kind = (Object.keys(SUFFIX) as FolderKind[]).find((each) => name.endsWith(SUFFIX[each]));
  const bytes = kind && decodeBytes(name.slice(0, -1));
  return kind && bytes ? { bytes, kind } : null;
}

export function objectFolder(root: string, key: string): string {
  return join(objectsFolder(root), ...keyToFolders(key));
}

export function versionName(version: number, contentType: string): string {
  return `${version.toString(16).padStart(VERSION_DIGITS, '0')}~${encodeBytes(Buffer.from(contentType))}`;
}

/**
 * Returns the versions in an object's folder, oldest first. Empty if the object does not exist. Ignores links and other entries that are
 * not regular files.
 */
export function readVersions(folder: string): StoredVersion[] {
  const versions: StoredVersion[] = [];
  for (const entry of readFolder(folder)) {
    const { name } = entry;
    const match = entry.isFile() && /^([0-9a-f]{14})~(.+)$/.exec(name);
    const contentType = match && decodeBytes(match[2]!);
    if (match && contentType) {
      versions.push({
        path: join(folder, name),
        version: Number.parseInt(match[1]!, 16),
        contentType: contentType.toString(),
      });
    }
  }
  return versions.sort((left, right) => left.version - right.version);
}

/**
 * Returns the current version, or null. `root` is a real path. A folder behind a symbolic link counts as missing,
 * because this layout never creates links.
 */
export function findCurrent(root: string, key: string): StoredVersion | null {
  const folder = objectFolder(root, key);
  const current = readVersions(folder).at(-1);
  return current && isReal(folder) ? current : null;
}

/** Whether no component of the path is a symbolic link. */
export function isReal(path: string): boolean {
  try {
    return realpathSync.native(path) === path;
  } catch {
    return false;
  }
}

/** Returns the entries of a folder. Empty if the folder does not exist. */
function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function encodeBytes(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += /[A-Za-z0-9_.-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

function decodeBytes(text: string): Buffer | null {
  if (!/^(?:[A-Za-z0-9_.-]|%[0-9A-F]{2})*$/.test(text)) return null;
  const latin1 = text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1');
}
