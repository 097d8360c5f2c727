import { constants, fstatSync, lstatSync, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  findCurrent,
  isReal,
  objectFolder,
  objectsFolder,
  readVersions,
  type StoredVersion,
  tempFolder,
  versionName,
} from '../storage/embedded/disk-layout.ts';
import { UPLOADS } from '../storage/keys.ts';
import { type ClosedKeys, closedKey, openClosedKeys } from './closed-keys.ts';
import { etagOf, nextVersion } from './etag.ts';
import { makeFolder, makeRealFolder, pruneFolder, syncFolder } from './folders.ts';
import { listObjects } from './listing.ts';
import { keyedLock } from './lock.ts';
import { type TempFile, TempFiles } from './temp-files.ts';

interface StoredObject {
  size: number;
  contentType: string;
  lastModified: Date;
  /** Entity tag of the object, from `etagOf`. */
  etag: string;
}

export interface OpenObject extends StoredObject {
  handle: FileHandle;
}

/** A temp file that can become an object. Call exactly one of `commit`, `finish` and `discard`. */
export interface NewObject extends TempFile {
  /**
   * Makes the bytes durable, and then publishes them atomically under the key. A deletion of the key that is requested meanwhile waits
   * until the bytes are published, and then deletes them.
   */
  commit(key: string, contentType: string): Promise<StoredObject>;
}

/** Maximum number of lookups of an object that is replaced each time, before a request fails. */
const LOOKUPS = 10;

/**
 * Opens the gateway's folder, and creates the folder if it is missing. Only one process may write to the folder. Objects are read-only
 * files (0444) in a private folder (0700), so a sandboxed job can get an object by hard link without access to other objects.
 */
export async function openDisk(folder: string, now: () => number = Date.now): Promise<Disk> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const root = await realpath(folder);
  for (const each of [objectsFolder(root), tempFolder(root)]) await makeRealFolder(each);
  const closed = await openClosedKeys(root, now);
  await syncFolder(root);
  const staged = new Map<string, number>();
  for await (const { key, size } of listObjects(root, UPLOADS, '')) staged.set(key, size);
  return new Disk(root, closed, staged);
}

/** The objects in a folder. Create an instance with `openDisk`. */
export class Disk {
  /** Path of the folder, without symbolic links. */
  readonly root: string;
  /** Keys that currently accept no object. */
  readonly closed: ClosedKeys;
  /** Bytes of each object under `UPLOADS`. */
  readonly #staged: Map<string, number>;
  readonly #lock = keyedLock();
  readonly #temp: TempFiles;

  constructor(root: string, closed: ClosedKeys, staged: Map<string, number>) {
    this.root = root;
    this.closed = closed;
    this.#staged = staged;
    this.#temp = new TempFiles(tempFolder(root));
  }

  /** Returns the number of bytes that are stored under `UPLOADS`. */
  stagedBytes(): number {
    return [...this.#staged.values()].reduce((sum, size) => sum + size, 0);
  }

  open(key: string): Promise<OpenObject | null> {
    return withCurrent(this.root, key, async (current) => {
      const handle = await open(current.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const stats = fstatSync(handle.fd);
      if (stats.isFile()) return { handle, ...describe(stats, current) };
      await handle.close();
      return null;
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP') return null;
      throw error;
    });
  }

  async createTemp(): Promise<NewObject> {
    const file = await this.#temp.create();
    const commit: NewObject['commit'] = (key, contentType) =>
      this.#lock(key, () => file.finish((from) => this.#publish(key, contentType, (target) => rename(from, target))));
    return { ...file, commit };
  }

  /**
   * Publishes a file atomically. `move` must make the file durable and read-only, and then move or link the file to the given path. A
   * deletion of the key that is requested meanwhile waits until the file is published, and then deletes it.
   */
  adopt(key: string, contentType: string, move: (path: string) => Promise<void>): Promise<StoredObject> {
    return this.#lock(key, () => this.#publish(key, contentType, move));
  }

  /**
   * Copies an object by hard link. Copies its bytes only if the file system cannot create the link. Returns null if the source does not
   * exist.
   */
  copy(from: string, to: string): Promise<StoredObject | null> {
    return this.#lock(to, () =>
      withCurrent(this.root, from, ({ path, contentType }) =>
        this.#publish(to, contentType, (target) => this.#temp.linkOrCopy(path, target)),
      ),
    );
  }

  /** Deletes the object. Returns whether the object existed. */
  delete(key: string): Promise<boolean> {
    return this.#lock(key, () => this.#remove(key));
  }

  /** Deletes the object, closes its key until that time (seconds since 1970), and aborts running PUTs. */
  close(key: string, until: number): Promise<void> {
    return this.#lock(key, async () => {
      try {
        await this.closed.add(key, until);
      } finally {
        await this.#remove(key);
      }
    });
  }

  /** Deletes temporary files that belong to no running request. Returns their number. */
  sweepTemp(): Promise<number> {
    return this.#temp.sweep();
  }

  /** Rejects if the disk is not writable. */
  check(): Promise<void> {
    return this.#temp.check();
  }

  /**
   * Publishes a file as the current version of an object. `moveTo` must move or link the file to the given path, atomically. Call this
   * method with the lock of the key.
   */
  async #publish(key: string, contentType: string, moveTo: (path: string) => Promise<void>): Promise<StoredObject> {
    if (this.closed.has(key)) throw closedKey();
    const target = objectFolder(this.root, key);
    const { changed, isNew } = await makeFolder(target);
    const old = isNew ? [] : readVersions(target);
    const version = nextVersion(old.at(-1)?.version);
    const path = join(target, versionName(version, contentType));
    try {
      await moveTo(path);
    } catch (error) {
      await pruneFolder(objectsFolder(this.root), target);
      throw error;
    }
    await Promise.all([...changed, target].map(syncFolder));
    for (const each of old) await rm(each.path, { force: true });
    const object = describe(lstatSync(path), { path, version, contentType });
    if (key.startsWith(UPLOADS)) this.#staged.set(key, object.size);
    return object;
  }

  /** Deletes the object. Call this method with the lock of the key. */
  async #remove(key: string): Promise<boolean> {
    const target = objectFolder(this.root, key);
    if (!isReal(target)) return false;
    const versions = readVersions(target);
    for (const { path } of versions) await unlink(path);
    this.#staged.delete(key);
    await pruneFolder(objectsFolder(this.root), target);
    return versions.length > 0;
  }
}

/**
 * Calls `use` with the current version of an object. Returns null if the object does not exist. If the object is replaced between lookup
 * and use, its old path no longer exists, so the object is looked up again.
 */
async function withCurrent<T>(
  root: string,
  key: string,
  use: (current: StoredVersion) => Promise<T>,
): Promise<T | null> {
  for (let lookup = 1; ; lookup += 1) {
    const current = findCurrent(root, key);
    if (!current) return null;
    try {
      return await use(current);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || lookup === LOOKUPS) throw error;
    }
  }
}

function describe(stats: Stats, { version, contentType }: StoredVersion): StoredObject {
  return {
    size: stats.size,
    contentType,
    lastModified: new Date(Math.floor(version / 1000)),
    etag: etagOf(version, stats.size),
  };
}
