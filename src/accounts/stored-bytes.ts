import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { JobFailure } from '../contract/failures.ts';
import { compileOnce } from '../database/compile-once.ts';
import { ACCOUNT_COLUMNS } from '../database/every-column.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { StoreSpace } from '../storage/types.ts';
import { type Account, lockAccount } from './accounts.ts';
import { type RowFigures, requireFewDeliveries, requireRowShare, rowBytesOf, rowFiguresOf } from './row-bytes.ts';
import { EARLIER_BYTES, type MeasuredSpace, SpaceNearlyFull } from './store-space.ts';

/*
 * Storage quotas. An account's usage is the size of its uploads and outputs plus the bytes that its open upload URLs may still add.
 * Triggers on `objects` and `uploads` maintain these numbers (0013_stored_bytes.sql), so deleting a row in any way frees its bytes.
 */

const DISK_LOCK = 0x44_49_53_4b; // "DISK"

/**
 * Returns the bytes of an account's uploads and outputs, including bytes reserved for unconfirmed upload URLs. Exact while the caller holds the
 * account's lock.
 */
export async function readStoredBytes(db: Db, accountId: string): Promise<number> {
  const [row] = await selectStored(db, { accountId });
  return row!.stored;
}

const selectStored = compileOnce(
  (_db, { accountId }: { accountId: string }) => sql<{ stored: number }>`SELECT ${storedBytesOf(accountId)} AS stored`,
);

/** Returns an account, and the result of `readStoredBytes`. */
export async function readAccountAndBytes(
  db: Db,
  id: string,
): Promise<{ account: Account; stored: number } | undefined> {
  const [row] = await selectAccountAndBytes(db, { id });
  if (!row) return undefined;
  const { stored, ...account } = row;
  return { account, stored };
}

const selectAccountAndBytes = compileOnce((db, { id }: Pick<Account, 'id'>) =>
  db.selectFrom('accounts').select(ACCOUNT_COLUMNS).select(storedBytesOf(id).as('stored')).where('id', '=', id),
);

/**
 * Returns SQL for the bytes of an account's uploads and outputs. An upload counts by its row until it is confirmed, and after that by its
 * object.
 */
export function storedBytesOf(accountId: string) {
  return sql<number>`(SELECT coalesce(sum(object_bytes + open_bytes), 0)::float8 FROM account_storage
    WHERE account_id = ${accountId})`;
}

/** Returns the bytes of the objects of all accounts, without unconfirmed uploads. */
export async function storedByAll(db: Db): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    SELECT coalesce(sum(object_bytes), 0)::float8 AS bytes FROM account_storage`.execute(db);
  return rows[0]!.bytes;
}

/** Returns the number of an account's uploads that are in the given state, or that are not deleted if `state` is null. */
export async function countUploads(
  db: Db,
  accountId: string,
  state: 'pending' | 'confirming' | 'confirmed' | null,
): Promise<number> {
  const counted = state === null ? sql`pending + confirming + confirmed` : sql.ref(state);
  const { rows } = await sql<{ count: number }>`
    SELECT coalesce(sum(${counted}), 0)::float8 AS count FROM account_storage
    WHERE account_id = ${accountId}`.execute(db);
  return rows[0]!.count;
}

function openOf(accountId: string) {
  return sql<number>`(SELECT coalesce(sum(pending), 0)::float8 FROM account_storage WHERE account_id = ${accountId})`;
}

/** Bytes that the service has promised to store. */
export interface Promised {
  /** Sizes that unconfirmed uploads declared, whether or not their bytes have arrived. */
  uploads: number;
  /** Sizes of the outputs that are being stored. */
  outputs: number;
  /** Number of enabled accounts, at most 2. If there is more than one, they share the disk. */
  accounts: number;
}

export async function promisedToAll(db: Db): Promise<Promised> {
  const [figures] = await selectPromised(db, {});
  return figures!;
}

const selectPromised = compileOnce(() => sql<Promised>`SELECT ${promisedFigures}`);

const promisedFigures = sql`
  (SELECT coalesce(sum(declared_size), 0) FROM uploads WHERE state = 'pending')::float8 AS uploads,
  (SELECT coalesce(sum(size), 0) FROM objects WHERE state = 'pending' AND kind = 'output')::float8 AS outputs,
  (SELECT count(*) FROM (SELECT FROM accounts WHERE disabled_at IS NULL LIMIT 2) AS enabled)::int AS accounts`;

/**
 * Returns the promised bytes that the disk does not contain yet. An output counts completely until it is stored, even if a part of it is
 * already written, so the result may be too high.
 */
export function bytesToCome({ uploads, outputs }: Pick<Promised, 'uploads' | 'outputs'>, stagedBytes: number): number {
  return Math.max(0, uploads - stagedBytes) + outputs;
}

/**
 * Checks whether an upload of this size may be promised. Its locks keep other transactions from promising the same bytes. Throws
 * `storage_quota` (the account's quota), `storage_full` (the disk's reserve), `too_many_open_uploads` or `SpaceNearlyFull` (see
 * `spaceForUploads`).
 */
export async function requireUploadCapacity(
  tx: Tx,
  account: Account,
  bytes: number,
  space: MeasuredSpace | null,
): Promise<void> {
  // The figures need a separate statement, because a statement that waits for a lock sees rows from before the wait.
  const [, [figures]] = await Promise.all([
    space ? lockDisk(tx, account) : lockAccount(tx, account.id),
    selectUploadFigures(tx, account),
  ]);
  const { open, stored, rows: rowBytes, ...promised } = figures!;
  if (open >= account.max_open_uploads) {
    throw new ApiError('too_many_open_uploads', {
      metric: 'open_uploads',
      limit: account.max_open_uploads,
      open,
      reason: `${open} upload URLs are not confirmed yet`,
      remedy:
        'Confirm them, or wait: Airlock deletes an unconfirmed upload after an hour, or after 23 hours if it is in parts',
    });
  }
  if (stored + bytes > account.max_stored_bytes) throw overQuota(account.max_stored_bytes, stored, bytes);
  if (!space) return;
  const available = space.spareBytes - bytesToCome(promised, space.stagedBytes);
  // The disk space that the account uses, including its rows.
  const taken = stored + rowBytes;
  const isFull = (left: number) => bytes > left || space.spareFiles <= 0;
  const isOverShare = (left: number) => promised.accounts > 1 && taken + bytes > fairShare(taken, left);
  const certain = available - EARLIER_BYTES;
  if (space.isEarlier && (isFull(certain) || isOverShare(certain))) throw new SpaceNearlyFull();
  if (isFull(available)) throw diskFull(bytes);
  if (isOverShare(available)) {
    throw overQuota(fairShare(taken, available), taken, bytes, ' of a disk that other accounts share');
  }
}

const selectUploadFigures = compileOnce(
  (_db, { id }: Pick<Account, 'id'>) => sql<{ open: number; stored: number; rows: number } & Promised>`
    SELECT ${openOf(id)} AS open, ${storedBytesOf(id)} AS stored, ${rowBytesOf(id)} AS rows, ${promisedFigures}`,
);

/** Locks the account, and after that the promises to all accounts. */
const lockDisk = compileOnce(
  (_db, { id }: Pick<Account, 'id'>) => sql`
    SELECT pg_advisory_xact_lock(${DISK_LOCK})
    FROM (SELECT FROM accounts WHERE id = ${id} FOR NO KEY UPDATE) AS locked`,
);

/**
 * Checks that there is space for new jobs, and for the output of a job that stores something. Throws `storage_quota`,
 * `storage_full` or `queue_full`.
 */
export async function requireJobCapacity(
  tx: Tx,
  account: Account,
  space: StoreSpace | null,
  { jobs, stores }: { jobs: number; stores: boolean },
): Promise<void> {
  const [figures] = await selectJobFigures(tx, account);
  const { stored, ...found } = figures!;
  if (stores && stored >= account.max_stored_bytes) throw overQuota(account.max_stored_bytes, stored, 0);
  requireFewDeliveries(found);
  if (!space) return;
  if (!hasSpaceLeft(space, found)) throw diskFull(0);
  if (found.accounts > 1) requireRowShare(found, jobs, space.spareBytes - bytesToCome(found, space.stagedBytes));
}

const selectJobFigures = compileOnce(
  (_db, { id }: Pick<Account, 'id'>) => sql<{ stored: number } & RowFigures & Promised>`
    SELECT ${storedBytesOf(id)} AS stored, ${rowFiguresOf(id)}, ${promisedFigures}`,
);

/** Whether further bytes can be promised. */
export function hasSpaceLeft(space: StoreSpace, promised: Pick<Promised, 'uploads' | 'outputs'>): boolean {
  return space.spareBytes - bytesToCome(promised, space.stagedBytes) > 0 && space.spareFiles > 0;
}

/**
 * Returns the bytes that an account may store if it shares the disk: half of the space that other accounts do not use. A second account
 * then gets half of the rest, and so on, so that the next account still finds space.
 */
export function fairShare(stored: number, available: number): number {
  return Math.floor((stored + available) / 2);
}

/**
 * Checks the quota for an output that is about to be stored, and locks the account until the output's row is committed.
 * Throws `JobFailure` with `storage_quota`.
 */
export async function requireOutputQuota(tx: Tx, accountId: string, bytes: number): Promise<void> {
  const [account, stored] = await Promise.all([lockAccount(tx, accountId), readStoredBytes(tx, accountId)]);
  if (account && stored + bytes > account.max_stored_bytes) throw outputOverQuota(account);
}

/** Returns the bytes that the account may still store. */
export function remainingQuota(account: Account, stored: number): number {
  return Math.max(0, account.max_stored_bytes - stored);
}

export function outputOverQuota({ max_stored_bytes }: Pick<Account, 'max_stored_bytes'>): JobFailure {
  return new JobFailure(
    'storage_quota',
    `The output does not fit into the ${max_stored_bytes} bytes that the account may store.`,
  );
}

export function overQuota(limit: number, stored: number, required: number, why = ''): ApiError {
  return new ApiError('storage_quota', {
    metric: 'stored_bytes',
    limit,
    stored: stored,
    required,
    reason: `${stored} bytes are stored or promised, and this account may store ${limit}${why}`,
    remedy:
      'Erase jobs that you no longer need, confirm or delete open uploads, or ask the operator to raise the quota',
  });
}

export function diskFull(required: number): ApiError {
  return new ApiError('storage_full', {
    metric: 'free_bytes',
    required,
    reason: 'the server keeps the rest of its disk in reserve',
    remedy: 'Erase jobs that you no longer need, or try again later',
  });
}
