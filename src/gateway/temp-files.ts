import { randomUUID } from 'node:crypto';
import { constants, fchmodSync } from 'node:fs';
import { access, copyFile, type FileHandle, link, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file under `tmp` that readers cannot see. Call exactly one of `finish` and `discard`. */
export interface TempFile {
  handle: FileHandle;
  /** Makes the bytes durable, then calls `move`, which must move the file away from `path`. Discards the file if this fails. */
  finish<T>(move: (path: string) => Promise<T>): Promise<T>;
  discard(): Promise<void>;
}

/** Files that are written before they become objects, in a separate folder on the same file system. */
export class TempFiles {
  readonly #folder: string;
  readonly #inProgress = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async create(): Promise<TempFile> {
    const { name, path } = this.#begin();
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    const handle = await open(path, flags, 0o600).catch((error) => {
      this.#inProgress.delete(name);
      throw error;
    });
    const discard = async (): Promise<void> => {
      await handle.close().catch(() => undefined);
      await rm(path, { force: true });
      this.#inProgress.delete(name);
    };
    const finish: TempFile['finish'] = async (move) => {
      try {
        fchmodSync(handle.fd, 0o444);
        await handle.sync();
        await handle.close();
        const moved = await move(path);
        this.#inProgress.delete(name);
        return moved;
      } catch (error) {
        await discard();
        throw error;
      }
    };
    return { handle, finish, discard };
  }

  /**
   * Links the file. Copies and renames it instead if the file system does not support hard links, or if the file has reached its maximum
   * number of links.
   */
  async linkOrCopy(from: string, to: string): Promise<void> {
    try {
      await link(from, to);
    } catch (error) {
      if (!['EMLINK', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      const { name, path } = this.#begin();
      try {
        await copyFile(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        const handle = await open(path, constants.O_RDONLY);
        await handle.sync().finally(() => handle.close());
        await rename(path, to);
      } finally {
        await rm(path, { force: true });
        this.#inProgress.delete(name);
      }
    }
  }

  /** Deletes files that belong to no running request. Returns their number. */
  async sweep(): Promise<number> {
    const names = (await readdir(this.#folder)).filter((name) => !this.#inProgress.has(name));
    for (const name of names) await rm(join(this.#folder, name), { recursive: true, force: true });
    return names.length;
  }

  /** Rejects if the folder is not writable. */
  check(): Promise<void> {
    return access(this.#folder, constants.W_OK);
  }

  #begin(): { name: string; path: string } {
    const name = randomUUID();
    this.#inProgress.add(name);
    return { name, path: join(this.#folder, name) };
  }
}
