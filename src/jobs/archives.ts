import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { requireStorage } from '../accounts/require-storage.ts';
import { recentSpace } from '../accounts/store-space.ts';
import { ApiError } from '../contract/errors.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { inSeconds } from '../database/clock.ts';
import type { Context } from '../database/context.ts';
import { dropReserved, lockObjects, type StoredObject } from '../objects/objects.ts';
import { readTree, type TreeFile } from '../objects/tree.ts';
import { ChangedFile, zipOf, zipSize } from '../objects/zip.ts';
import { FairPool } from '../pools/fair-pool.ts';
import type { PoolShape } from '../pools/share.ts';
import { treeArchiveKey, treeFileKey } from '../storage/keys.ts';

/*
 * The API makes a zip of a tree when a client first requests it, and stores it below the prefix of the tree. The zip has its
 * own row: it counts in the quota of the account, and is deleted with the tree. While the API makes it, the files of the tree
 * stream through this process, one part at a time.
 *
 *   none ── insert ──► pending ── all parts stored, tree still live ──► live
 *                         └── failure, or the end of this process ──► deleting
 */

/** Bytes of every part except the last. Some storages require parts of one size. */
const PART_BYTES = 8 * 2 ** 20;
/** Limits how many archives this process makes at the same time. An archive that waits for its turn has read up to 9 MiB of files ahead. */
export const ARCHIVE_POOL: PoolShape = { places: 64, share: 1, reserved: 16, quiet: 1 };
/**
 * Limits how many archives make and store a part at the same time. The archives take turns, so that a small archive doesn't wait for large
 * archives.
 */
export const ARCHIVE_PART_POOL: PoolShape = { places: 4, share: 1, reserved: 0, quiet: 1 };
/** Number of following files that are read ahead if they are small, and the maximum size of a small file in bytes. */
const READ_AHEAD = 8;
const SMALL_BYTES = 2 ** 20;
/** Seconds after which an archive counts as abandoned if its process does not renew its lease, so that a later request makes another one. */
const LEASE_SECONDS = 60;
const RENEW_MS = 15_000;
/** Milliseconds for which a request waits for an archive. */
const WAIT_MS = 20_000;
const POLL_MS = 250;

export type Tree = Pick<StoredObject, 'id' | 'account_id' | 'job_id' | 'key' | 'sha256'>;

export interface Archives {
  /**
   * Returns the key of a zip of the tree, and makes a zip if none exists. Throws `archive_not_ready` if the zip is not ready by the end of
   * the wait. Also throws `output_damaged`, `output_deleted`, `storage_quota` and `storage_full`.
   */
  keyOf(tree: Tree, signal: AbortSignal): Promise<string>;
  /** Stops making archives. */
  close(): Promise<void>;
}

type ArchiveContext = Pick<Context, 'db' | 'store' | 'rows'>;

export function createArchives(
  context: ArchiveContext,
  { waitMs = WAIT_MS, onError }: { waitMs?: number; onError: (error: unknown) => void },
): Archives {
  const stop = new AbortController();
  const places = new FairPool(ARCHIVE_POOL);
  const turns = new FairPool(ARCHIVE_PART_POOL);
  /** The archives in progress, by the id of their tree. */
  const making = new Map<string, Promise<void>>();

  /** Makes the archive of a tree. Does nothing if another process is already making this archive. */
  async function make(tree: Tree): Promise<void> {
    const files = await filesOf(context, tree);
    const id = uuidv7();
    const archive = { id, key: treeArchiveKey(tree.key, id) };
    if (!(await insertArchive(context, tree, archive, zipSize(files)))) return;
    try {
      await makeArchive(context, tree, archive, { files, turns, signal: stop.signal });
    } catch (error) {
      await dropReserved(context, id).catch(onError);
      throw error instanceof ChangedFile ? damaged() : error;
    }
  }

  /** Begins to make an archive. Does nothing if the account may not make another archive now. */
  function start(tree: Tree): void {
    const leave = places.tryTake(tree.account_id);
    if (!leave) return;
    const done = make(tree);
    making.set(tree.id, done);
    const end = () => {
      making.delete(tree.id);
      leave();
    };
    done.then(end, end);
  }

  return {
    async keyOf(tree, signal) {
      const until = performance.now() + waitMs;
      for (;;) {
        const found = await findArchive(context, tree);
        if (found?.state === 'live') return found.key;
        if (!found && !making.has(tree.id)) start(tree);
        const left = until - performance.now();
        if (left <= 0 || signal.aborted) throw new ApiError('archive_not_ready');
        const own = making.get(tree.id);
        await settled(own, own ? left : Math.min(left, POLL_MS), signal);
      }
    },
    async close() {
      stop.abort();
      await Promise.allSettled(making.values());
    },
  };
}

/** Waits at most `ms` milliseconds for the promise. Rejects if the promise rejects. */
async function settled(done: Promise<void> | undefined, ms: number, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  // An aborted sleep rejects.
  const timeout = sleep(ms, undefined, { signal: AbortSignal.any([ended.signal, signal]) }).catch(() => {});
  try {
    await Promise.race([timeout, ...(done ? [done] : [])]);
  } finally {
    ended.abort();
  }
}

/** Returns the files of a tree. Throws `output_damaged` if the manifest of the tree is missing or was changed in storage. */
export async function filesOf(
  { store }: Pick<Context, 'store'>,
  tree: Pick<Tree, 'key' | 'sha256'>,
): Promise<readonly TreeFile[]> {
  const files = await readTree(store, tree);
  if (!files) throw damaged();
  return files;
}

function damaged(): ApiError {
  return new ApiError('output_damaged');
}

function findArchive({ db }: ArchiveContext, { id }: Tree) {
  return db
    .selectFrom('objects')
    .select(['key', 'state'])
    .where('archive_of', '=', id)
    .where('archive_of', 'is not', null)
    .where('state', 'in', ['pending', 'live'])
    .executeTakeFirst();
}

/**
 * Inserts the row of an archive. Returns false if another process is making this archive. Throws if the tree is no longer live, or if there
 * is no space.
 */
async function insertArchive(
  context: ArchiveContext,
  tree: Tree,
  { id, key }: { id: string; key: string },
  size: number,
): Promise<boolean> {
  const space = await recentSpace(context);
  return context.db.transaction().execute(async (tx) => {
    await requireStorage(tx, tree.account_id, size, space);
    await lockObjects(tx, [tree.id]);
    const live = tx.selectFrom('objects').select('id').where('id', '=', tree.id).where('state', '=', 'live');
    if (!(await live.executeTakeFirst())) throw new ApiError('output_deleted');
    const inserted = await tx
      .insertInto('objects')
      .values({
        id,
        account_id: tree.account_id,
        key,
        kind: 'output',
        job_id: tree.job_id,
        size,
        content_type: 'application/zip',
        state: 'pending',
        delete_after: leaseEnd,
        archive_of: tree.id,
      })
      // Conflicts if another process has inserted an archive of this tree, because the index on `archive_of` is unique.
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    return inserted !== undefined;
  });
}

async function makeArchive(
  context: ArchiveContext,
  tree: Tree,
  { id, key }: { id: string; key: string },
  { files, turns, signal }: { files: readonly TreeFile[]; turns: FairPool; signal: AbortSignal },
): Promise<void> {
  const { store } = context;
  const uploadId = await store.createMultipart(key, { contentType: 'application/zip' });
  await changeArchive(context, id, { multipart_id: uploadId });
  const read = readAhead(files, async ({ path }) => store.get(treeFileKey(tree.key, path)));
  const parts: { partNumber: number; etag: string }[] = [];
  const made = partsOf(zipOf(files, read));
  /** Stores the next part. Returns false after the last part. */
  const storeNext = async (): Promise<boolean> => {
    const { value: bytes } = await made.next();
    if (!bytes) return false;
    const partNumber = parts.length + 1;
    parts.push({ partNumber, etag: await store.putPart(key, { uploadId, partNumber, bytes }) });
    return true;
  };
  // A part may wait for its turn for longer than the lease.
  const renewing = setInterval(() => void changeArchive(context, id, {}).catch(() => {}), RENEW_MS);
  try {
    while (await turns.run(tree.account_id, { signal }, storeNext));
  } finally {
    clearInterval(renewing);
    // Closes the files of an archive that failed.
    await made.return(undefined);
  }
  if (!(await store.completeMultipart(key, uploadId, parts)) && !(await store.head(key))) {
    throw new Error('the parts of an archive were deleted while it was being stored');
  }
  await publishArchive(context, tree, id);
}

/**
 * Reads files in their order. Reads the next small files concurrently, because reading them one by one would cost the latency of the
 * storage each time. Streams larger files.
 */
function readAhead(files: readonly TreeFile[], open: (file: TreeFile) => Promise<AsyncIterable<Buffer> | null>) {
  const ahead = new Map<string, Promise<Buffer[]>>();
  let next = 0;
  const readSmall = async (file: TreeFile): Promise<Buffer[]> => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of (await open(file)) ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      // The file has changed in storage. The code that writes the archive detects this.
      if (size > file.size) break;
    }
    return chunks;
  };
  return async (path: string, index: number): Promise<AsyncIterable<Buffer> | Iterable<Buffer> | null> => {
    for (next = Math.max(next, index); next < files.length && next <= index + READ_AHEAD; next += 1) {
      const file = files[next]!;
      if (file.size > SMALL_BYTES) continue;
      const reading = readSmall(file);
      reading.catch(() => {});
      ahead.set(file.path, reading);
    }
    const reading = ahead.get(path);
    ahead.delete(path);
    return reading ?? open(files[index]!);
  };
}

/** Makes the archive live. Throws `output_deleted` if the tree was deleted in the meantime. */
async function publishArchive({ db }: ArchiveContext, tree: Tree, id: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lockObjects(tx, [tree.id, id]);
    const published = await tx
      .updateTable('objects')
      .set({ state: 'live', multipart_id: null, delete_after: null })
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('objects as tree')
            .select('tree.id')
            .where('tree.id', '=', tree.id)
            .where('tree.state', '=', 'live'),
        ),
      )
      .returning('id')
      .executeTakeFirst();
    if (!published) throw new ApiError('output_deleted');
  });
}

const leaseEnd = inSeconds(sql.lit(LEASE_SECONDS));

/**
 * Changes the row of a pending archive, and renews its lease. Throws `output_deleted` if the archive is no longer
 * pending.
 */
async function changeArchive({ db }: ArchiveContext, id: string, change: { multipart_id?: string }): Promise<void> {
  const changed = await db
    .updateTable('objects')
    .set({ ...change, delete_after: leaseEnd })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .returning('id')
    .executeTakeFirst();
  if (!changed) throw new ApiError('output_deleted');
}

async function* partsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (let chunk of chunks) {
    while (size + chunk.length >= PART_BYTES) {
      const taken = PART_BYTES - size;
      yield Buffer.concat([...waiting, chunk.subarray(0, taken)]);
      chunk = chunk.subarray(taken);
      [waiting, size] = [[], 0];
    }
    if (chunk.length > 0) waiting.push(chunk);
    size += chunk.length;
  }
  if (size > 0) yield Buffer.concat(waiting);
}
