import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  access,
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  unlink,
} from 'node:fs/promises';
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
import { makeFolder, pruneFolder, syncFolder } from './folders.ts';
import { listObjects } from './listing.ts';
import { keyedLock } from './lock.ts';

interface StoredObject {
  size: number;
  contentType: string;
  lastModified: Date;
  /** See `etagOf`. */
  etag: string;
}

export interface OpenObject extends StoredObject {
  handle: FileHandle;
}

/** A file under `tmp` that readers cannot see. Call exactly one of `commit`, `finish` and `discard`. */
export interface TempFile {
  handle: FileHandle;
  /** Makes the bytes durable, then calls `move`, which must move the file from `path`. Discards it on failure. */
  finish<T>(move: (path: string) => Promise<T>): Promise<T>;
  /** Makes the bytes durable, then atomically visible under the key. */
  commit(key: string, contentType: string): Promise<StoredObject>;
  discard(): Promise<void>;
}

export interface Disk {
  /** The folder itself, without symbolic links. */
  readonly root: string;
  open(key: string): Promise<OpenObject | null>;
  createTemp(): Promise<TempFile>;
  /** Creates a hard link; copies no bytes. Null if the source does not exist. */
  copy(from: string, to: string): Promise<StoredObject | null>;
  /** Deletes the object. Returns whether it existed. */
  delete(key: string): Promise<boolean>;
  /** Bytes stored under `UPLOADS`. */
  stagedBytes(): number;
  /** Keys that currently accept no object. */
  readonly closed: ClosedKeys;
  /** Deletes the object and closes its key until that time (seconds since 1970), running PUTs included. */
  close(key: string, until: number): Promise<void>;
  /** Removes temp files of no running request. Returns their number. */
  sweepTemp(): Promise<number>;
  /** Rejects if the disk is not writable. */
  check(): Promise<void>;
}

/**
 * Opens the gateway's folder; creates it if it is missing. Only one process may write to it. Objects are read-only
 * files (0444) in a private folder (0700), so a sandboxed job can get one by hard link without access to the others.
 */
export async function openDisk(folder: string, now: () => number = Date.now): Promise<Disk> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const root = await realpath(folder);
  for (const each of [objectsFolder(root), tempFolder(root)]) {
    await mkdir(each, { recursive: true, mode: 0o700 });
    if (!(await isReal(each))) throw new Error('the storage folder contains a symbolic link in place of a folder');
  }
  const closed = await openClosedKeys(root, now);
  await syncFolder(root);
  const inProgress = new Set<string>();
  const lock = keyedLock();
  const staged = new Map<string, number>();
  for await (const { key, size } of listObjects(root, UPLOADS, '')) staged.set(key, size);

  /** `place` moves or links the file to the given path, atomically. Call it with the lock of the key. */
  async function publish(
    key: string,
    contentType: string,
    place: (path: string) => Promise<void>,
  ): Promise<StoredObject> {
    if (closed.has(key)) throw closedKey();
    const target = objectFolder(root, key);
    const changed = await makeFolder(target);
    const old = await readVersions(target);
    const version = nextVersion(old.at(-1)?.version);
    const path = join(target, versionName(version, contentType));
    try {
      await place(path);
    } catch (error) {
      await pruneFolder(objectsFolder(root), target);
      throw error;
    }
    await Promise.all([...changed, target].map(syncFolder));
    for (const each of old) await rm(each.path, { force: true });
    const object = describe(await lstat(path), { path, version, contentType });
    if (key.startsWith(UPLOADS)) staged.set(key, object.size);
    return object;
  }

  async function remove(key: string): Promise<boolean> {
    const target = objectFolder(root, key);
    if (!(await isReal(target))) return false;
    const versions = await readVersions(target);
    for (const { path } of versions) await unlink(path);
    staged.delete(key);
    await pruneFolder(objectsFolder(root), target);
    return versions.length > 0;
  }

  return {
    root,
    closed,
    stagedBytes: () => [...staged.values()].reduce((sum, size) => sum + size, 0),

    async open(key) {
      // If the object is replaced between lookup and open, its old name is gone: look it up again.
      for (let attempt = 1; ; attempt++) {
        const current = await findCurrent(root, key);
        if (!current) return null;
        try {
          const handle = await open(current.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
          const stats = await handle.stat();
          if (stats.isFile()) return { handle, ...describe(stats, current) };
          await handle.close();
          return null;
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === 'ELOOP') return null;
          if (code !== 'ENOENT' || attempt === 10) throw error;
        }
      }
    },

    async createTemp() {
      const name = randomUUID();
      const path = join(tempFolder(root), name);
      const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
      inProgress.add(name);
      const handle = await open(path, flags, 0o600).catch((error) => {
        inProgress.delete(name);
        throw error;
      });
      const discard = async (): Promise<void> => {
        await handle.close().catch(() => undefined);
        await rm(path, { force: true });
        inProgress.delete(name);
      };
      const finish: TempFile['finish'] = async (move) => {
        try {
          await handle.chmod(0o444);
          await handle.sync();
          await handle.close();
          const moved = await move(path);
          inProgress.delete(name);
          return moved;
        } catch (error) {
          await discard();
          throw error;
        }
      };
      return {
        handle,
        discard,
        finish,
        commit: (key, contentType) =>
          finish((from) => lock(key, () => publish(key, contentType, (target) => rename(from, target)))),
      };
    },

    copy(from, to) {
      return lock(to, async () => {
        // If a PUT replaces the source between lookup and link, its old name is gone: look it up again.
        for (let attempt = 1; ; attempt++) {
          const source = await findCurrent(root, from);
          if (!source) return null;
          try {
            return await publish(to, source.contentType, (target) => linkOrCopy(source.path, target, root, inProgress));
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 10) throw error;
          }
        }
      });
    },

    delete: (key) => lock(key, () => remove(key)),

    close(key, until) {
      return lock(key, async () => {
        try {
          await closed.add(key, until);
        } finally {
          await remove(key);
        }
      });
    },

    async sweepTemp() {
      const names = (await readdir(tempFolder(root))).filter((name) => !inProgress.has(name));
      for (const name of names) await rm(join(tempFolder(root), name), { recursive: true, force: true });
      return names.length;
    },

    check: () => access(tempFolder(root), constants.W_OK),
  };
}

function describe(stats: Stats, { version, contentType }: StoredVersion): StoredObject {
  return {
    size: stats.size,
    contentType,
    lastModified: new Date(Math.floor(version / 1000)),
    etag: etagOf(version, stats.size),
  };
}

/** Copies and renames if the file system has no hard links, or if the file has reached its maximum of links. */
async function linkOrCopy(from: string, to: string, root: string, inProgress: Set<string>): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EMLINK', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const name = randomUUID();
    const temp = join(tempFolder(root), name);
    inProgress.add(name);
    try {
      await copyFile(from, temp, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      const handle = await open(temp, constants.O_RDONLY);
      await handle.sync().finally(() => handle.close());
      await rename(temp, to);
    } finally {
      await rm(temp, { force: true });
      inProgress.delete(name);
    }
  }
}
