import { sql } from 'kysely';
import { secondsAgo } from '../database/clock.ts';
import type { Context } from '../database/context.ts';
import type { Tx } from '../database/pool.ts';
import { archivesOf, lockObjects, markDeleting } from '../objects/objects.ts';
import { isArchiveKey, treePrefixOf } from '../storage/keys.ts';
import { mergeByKey } from '../storage/merge-keys.ts';
import { scrubUploads } from '../uploads/upload.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { type KnownKey, knownKeys } from './known-keys.ts';
import { scrubJobs } from './scrub.ts';

/** Minimum age in seconds of the keys and rows that are repaired. A younger key may belong to a transaction that has not committed yet. */
const SETTLE_SECONDS = 3600;
const BATCH = 500;

export interface ReconcileReport {
  /** Number of keys in storage without a row. Their bytes were deleted. */
  unknownKeys: number;
  /** Number of rows whose bytes are missing. The rows were marked as deleted, so that no client gets a link to them. */
  lostObjects: number;
}

/**
 * Compares storage and rows in both directions, and repairs differences. Reads both in the order of their keys, one page at a time. Because
 * the two streams are not one snapshot, a missing object is checked a second time. If the repair of a key or row fails, the failure is
 * reported, and the comparison continues. The keys of a tree follow its row, because they share its prefix.
 */
export async function reconcileStorage(context: JobsContext, settleSeconds = SETTLE_SECONDS): Promise<ReconcileReport> {
  const { rows } = await sql<{ settled: Date }>`SELECT ${secondsAgo(settleSeconds)} AS settled`.execute(context.db);
  const { settled } = rows[0]!;
  const report: ReconcileReport = { unknownKeys: 0, lostObjects: 0 };
  let unknown: string[] = [];
  let missing: LiveRow[] = [];
  let tree: OpenTree | null = null;
  const scrub = async (row: LiveRow) => {
    if (!(await isComplete(context, row)) && (await scrubMissingObject(context, row.id))) report.lostObjects += 1;
  };
  const flush = async () => {
    report.unknownKeys += await deleteUnknown(context, unknown);
    await context.rows.each('reconciliation', missing, scrub, { idOf: ({ id }) => id });
    [unknown, missing] = [[], []];
  };
  const isDue = ({ live }: KnownKey) => live !== null && live.since < settled;
  const endTree = ({ row, seen }: OpenTree) => {
    if (isDue(row) && seen < keysOf(row)) missing.push({ ...row, id: row.live!.id });
  };
  for await (const { left: stored, right: row } of mergeByKey(context.store.list(''), knownKeys(context.db))) {
    const { key } = (stored ?? row)!;
    if (tree && !key.startsWith(tree.row.key)) {
      endTree(tree);
      tree = null;
    }
    if (row?.files != null) tree = { row, seen: 0 };
    else if (tree && stored && !row && isPartOf(tree.row.key, key)) tree.seen += 1;
    else if (stored && !row && stored.lastModified < settled) unknown.push(stored.key);
    else if (!stored && row && isDue(row)) missing.push({ ...row, id: row.live!.id });
    if (unknown.length + missing.length >= BATCH) await flush();
  }
  if (tree) endTree(tree);
  await flush();
  return report;
}

/** The tree whose keys the comparison has reached. */
interface OpenTree {
  row: KnownKey;
  /** Number of keys of the tree that were found in storage. */
  seen: number;
}

type LiveRow = Pick<KnownKey, 'key' | 'files'> & { id: string };

/** Returns the number of keys of a complete tree: its files and its manifest. The zip does not count, because it has its own row. */
function keysOf({ files }: Pick<KnownKey, 'files'>): number {
  return (files ?? 0) + 1;
}

/** Whether storage has all bytes of an object. */
async function isComplete({ store }: Pick<Context, 'store'>, row: LiveRow): Promise<boolean> {
  if (row.files === null) return (await store.head(row.key)) !== null;
  let found = 0;
  for await (const { key } of store.list(row.key)) if (isPartOf(row.key, key)) found += 1;
  return found >= keysOf(row);
}

/** Whether the row of a tree covers a key with the prefix of the tree. */
function isPartOf(prefix: string, key: string): boolean {
  return !isArchiveKey(prefix, key);
}

async function deleteUnknown(context: Pick<Context, 'db' | 'store' | 'rows'>, keys: string[]): Promise<number> {
  if (keys.length === 0) return 0;
  const prefixes = keys.flatMap((key) => treePrefixOf(key) ?? []);
  const objects = await context.db
    .selectFrom('objects')
    .select('key')
    .where('key', 'in', [...keys, ...new Set(prefixes)])
    .where('state', '!=', 'deleted')
    .execute();
  const staging = await context.db
    .selectFrom('uploads')
    .select('staging_key')
    .where('staging_key', 'in', keys)
    .where('state', '=', 'pending')
    .execute();
  const known = new Set([...objects.map((row) => row.key), ...staging.map((row) => row.staging_key)]);
  const isKnown = (key: string) => {
    const prefix = treePrefixOf(key);
    return known.has(key) || (prefix !== null && known.has(prefix) && isPartOf(prefix, key));
  };
  const unknown = keys.filter((key) => !isKnown(key));
  const { deleted, failed } = await context.store.deleteMany(unknown);
  for (const [key, error] of failed) await context.rows.failed('reconciliation', key, error);
  return deleted.length;
}

/**
 * Deletes an object whose bytes are missing. If its job has no other stored output, erases the job too. Returns false if the row is no
 * longer live, because its bytes were deleted on purpose.
 */
async function scrubMissingObject(context: JobsContext, objectId: string): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    await lockObjects(tx, [objectId]);
    const live = await tx
      .selectFrom('objects')
      .select('id')
      .where('id', '=', objectId)
      .where('state', '=', 'live')
      .executeTakeFirst();
    if (!live) return false;
    await markDeleting(tx, [objectId, ...(await archivesOf(tx, [objectId]))], 'lost');
    const uploads = await tx.selectFrom('uploads').select('id').where('object_id', '=', objectId).execute();
    await scrubUploads(
      tx,
      uploads.map((upload) => upload.id),
      'lost',
    );
    const job = await jobWithout(tx, objectId);
    if (!job) return true;
    await scrubJobs(tx, [job.id], 'lost');
    await recordJobEvent(context, tx, job, 'deleted', { reason: 'lost' });
    return true;
  });
}

/** Returns the job that made an output, unless the job has another output in storage. */
function jobWithout(tx: Tx, objectId: string) {
  const others = tx
    .selectFrom('job_outputs as other')
    .innerJoin('objects', 'objects.id', 'other.object_id')
    .select('other.id')
    .where(sql<boolean>`other.job_id = jobs.id`)
    .where('objects.state', '=', 'live');
  return tx
    .selectFrom('job_outputs')
    .innerJoin('jobs', 'jobs.id', 'job_outputs.job_id')
    .select(['jobs.id', 'jobs.account_id', 'jobs.kind'])
    .where('job_outputs.object_id', '=', objectId)
    .where('jobs.erased_at', 'is', null)
    .where((where) => where.not(where.exists(others)))
    .executeTakeFirst();
}
