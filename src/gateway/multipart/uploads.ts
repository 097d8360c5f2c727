import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { partsFolder } from '../../storage/embedded/disk-layout.ts';
import { isUploadKey } from '../../storage/keys.ts';
import { S3Error } from '../errors.ts';
import { nextVersion } from '../etag.ts';
import { makeRealFolder, syncFolder } from '../folders.ts';
import { keyedLock } from '../lock.ts';
import { containsExactly, openJoined } from './joined-file.ts';
import {
  createDurably,
  current,
  type PartFile,
  partName,
  readParts,
  readUploads,
  totalSize,
  type Upload,
  writeAbout,
} from './part-files.ts';

/** Milliseconds after which an upload is aborted. Signed URLs for parts expire earlier. */
const MAX_AGE_MS = 86_400_000;

/** Opens the incomplete uploads below `root`, which must be a real path. `now` returns milliseconds since 1970. */
export async function openUploads(root: string, now: () => number = Date.now): Promise<Uploads> {
  const folder = partsFolder(root);
  await makeRealFolder(folder);
  const uploads = new Uploads(folder, await readUploads(folder), now);
  await uploads.count();
  return uploads;
}

/**
 * The incomplete uploads, which survive restarts. Each upload is a folder `<root>/parts/<random id>`, whose file `about` describes the
 * upload. A file `<number>~<version>` contains a part. An empty file `<number>~<version>@<size>` shows that a part is complete in the file
 * of `joined-file.ts`. A part that is sent again is added before its old file is deleted. The highest version is valid. Create the object
 * with `openUploads`.
 */
export class Uploads {
  readonly #folder: string;
  readonly #known: Map<string, Upload>;
  readonly #now: () => number;
  /** Bytes of the parts of each upload of a client. */
  readonly #bytes = new Map<string, number>();
  /** For each upload, the numbers of the parts that are being written at their positions in the object. */
  readonly #writing = new Map<string, Set<number>>();
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

  async begin(key: string, contentType: string, partSize: number | null = null): Promise<Upload> {
    const upload = { id: randomBytes(16).toString('hex'), key, contentType, startedAt: this.#now(), partSize };
    const folder = this.#folderOf(upload);
    await mkdir(folder, { mode: 0o700 });
    await writeAbout(folder, upload);
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

  /** Returns the stored parts in the order of their numbers. Throws `NoSuchUpload` if the upload no longer exists. */
  parts(upload: Upload): Promise<PartFile[]> {
    return this.#inUpload(upload, () => this.#readParts(upload));
  }

  /**
   * Moves a file into the upload. Returns the part and the number of stored parts. Throws `EntityTooLarge` if the total size of all parts
   * would exceed `maxBytes`.
   */
  addPart(
    upload: Upload,
    number: number,
    { path, size }: { path: string; size: number },
    maxBytes: number,
  ): Promise<{ part: PartFile; count: number }> {
    return this.#inUpload(upload, async () => {
      const name = (version: number) => partName(number, version);
      return this.#add(upload, number, { size, maxBytes, name, move: (target) => rename(path, target) });
    });
  }

  /**
   * Opens the position of a part in the object, for the first PUT of the part. Returns null if the part needs its own file: for example,
   * because parts may have different sizes, or because the part is already stored or being sent.
   */
  openSlot(upload: Upload, number: number, { size, maxBytes }: { size: number; maxBytes: number }) {
    return this.#inUpload(upload, async () => {
      const { partSize } = upload;
      const writing = this.#writing.get(upload.id) ?? new Set();
      if (!partSize || size > partSize || number * partSize > maxBytes + partSize || writing.has(number)) return null;
      if ((await this.#readParts(upload)).some((part) => part.number === number)) return null;
      const handle = await openJoined(this.#folderOf(upload));
      if (!handle) return null;
      this.#writing.set(upload.id, writing.add(number));
      return this.#slot(upload, number, { handle, start: (number - 1) * partSize, size, maxBytes });
    });
  }

  /** Returns a receiver that writes at the position of the part. The position becomes free when `keep` or `discard` has closed the file. */
  #slot(
    upload: Upload,
    number: number,
    { handle, start, size, maxBytes }: { handle: FileHandle; start: number; size: number; maxBytes: number },
  ) {
    const close = async (sync: boolean) => {
      try {
        if (sync) await handle.datasync();
      } finally {
        await handle.close().catch(() => undefined);
        this.#writing.get(upload.id)?.delete(number);
      }
    };
    const name = (version: number) => `${partName(number, version)}@${size.toString(16)}`;
    const keep = async () => {
      await close(true);
      return this.#inUpload(upload, () => this.#add(upload, number, { size, maxBytes, name, move: createDurably }));
    };
    return { handle, start, keep, discard: () => close(false) };
  }

  /** Adds a part, and deletes older versions of the part. `move` must create the entry of the part at the given path. */
  async #add(
    upload: Upload,
    number: number,
    added: {
      size: number;
      maxBytes: number;
      name: (version: number) => string;
      move: (target: string) => Promise<void>;
    },
  ): Promise<{ part: PartFile; count: number }> {
    const folder = this.#folderOf(upload);
    const all = await readParts(folder, upload);
    const others = current(all).filter((part) => part.number !== number);
    if (totalSize(others) + added.size > added.maxBytes) throw tooLarge(added.maxBytes);
    const old = all.filter((part) => part.number === number);
    const entry = added.name(nextVersion(old.at(-1)?.version));
    await added.move(join(folder, entry));
    await syncFolder(folder);
    for (const each of old) await rm(each.entry, { force: true });
    const part = (await readParts(folder, upload)).find((one) => one.entry === join(folder, entry));
    if (!part) throw new Error('a part in the storage folder is missing');
    this.#countParts(upload, [...others, part]);
    return { part, count: others.length + 1 };
  }

  /**
   * Runs `assemble` with the upload locked, and deletes the upload if `assemble` succeeds. `joinedIn` returns the folder of a file that
   * contains exactly the selected parts, or null if no such file exists.
   */
  complete<T>(
    upload: Upload,
    assemble: (parts: PartFile[], joinedIn: (selected: readonly PartFile[]) => string | null) => Promise<T>,
  ): Promise<T> {
    return this.#inUpload(upload, async () => {
      const stored = await this.#readParts(upload);
      const isWriting = (this.#writing.get(upload.id)?.size ?? 0) > 0;
      const joinedIn = (selected: readonly PartFile[]) =>
        !isWriting && containsExactly(selected, stored, upload.partSize ?? null) ? this.#folderOf(upload) : null;
      const assembled = await assemble(stored, joinedIn);
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

  /** Returns the total size of the parts of clients' uploads, in bytes. */
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
    return current(await readParts(this.#folderOf(upload), upload));
  }

  async #drop(upload: Upload): Promise<void> {
    this.#known.delete(upload.id);
    this.#bytes.delete(upload.id);
    this.#writing.delete(upload.id);
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
