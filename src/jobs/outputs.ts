import { type RawBuilder, sql, type Updateable } from 'kysely';
import { lockAccount } from '../accounts/accounts.ts';
import { outputOverQuota, requireOutputQuota, storedBytesOf } from '../accounts/stored-bytes.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { compileEach, compileOnce } from '../database/compile-once.ts';
import type { Database, Db, Tx } from '../database/pool.ts';
import { type RowOf, sealColumn } from '../database/sealed-columns.ts';
import type { ObjectsTable } from '../database/tables.ts';
import { withPipelinedTransaction } from '../database/transaction-retry.ts';
import { insertEvents } from '../events/record.ts';
import { archivesOf, lockUnread, markDeleting } from '../objects/objects.ts';
import { recordCommands } from './attempts.ts';
import { eventType } from './job-events.ts';
import type { Failure, JobsContext } from './kind.ts';
import { lockOwned, outputsOf } from './read.ts';
import { type Claim, type Job, type OutputFacts, outputFacts } from './rows.ts';

/** An output of an attempt, after its bytes were stored. */
export interface StoredOutput {
  /** Id of the row in `job_outputs`. */
  outputId: string;
  objectId: string;
  facts: OutputFacts;
  /** The key that decrypts the files of the output. Absent for an output that is not encrypted. */
  key?: Buffer;
  /** Whether the output is already visible. Defaults to false. */
  isPublished?: boolean;
}

/**
 * Records the key of an output before its bytes are stored: if the worker dies in between, the sweeper finds the row. Returns the object's
 * id. Throws `JobFailure` with `storage_quota` if the output exceeds the account's quota.
 */
export async function reserveOutput(
  context: Pick<JobsContext, 'db'>,
  claim: Claim,
  object: { key: string; contentType: string; size: number; sha256: string },
): Promise<string> {
  return reserveWithinQuota(context.db, claim, object);
}

/** Like `reserveOutput`, for an output whose parts are stored while it is made. `sizeOutput` records its size before it is published. */
export async function reserveGrowingOutput(
  context: Pick<JobsContext, 'db'>,
  claim: Claim,
  object: { key: string; contentType: string },
): Promise<string> {
  return insertOutput(context.db, claim, { ...object, size: null, sha256: null });
}

/**
 * Records the prefix of a tree and reserves its space, before any of its files is stored. `maxBytes` is the maximum total size of the
 * files. `recordTree` replaces it by the actual size. Returns the object's id. Throws like `reserveOutput`.
 */
export async function reserveTree(
  context: Pick<JobsContext, 'db'>,
  claim: Claim,
  tree: { prefix: string; contentType: string; maxBytes: number },
): Promise<string> {
  const { prefix, contentType, maxBytes } = tree;
  return reserveWithinQuota(context.db, claim, { key: prefix, contentType, size: maxBytes, sha256: null, files: 0 });
}

/** Records the total bytes of a reserved tree that has been stored, and the hash of its manifest. */
export async function recordTree(
  context: Pick<JobsContext, 'db'>,
  objectId: string,
  { size, files, sha256 }: { size: number; files: number; sha256: string },
): Promise<void> {
  await changeReserved(context.db, objectId, { size, files, sha256 });
}

interface ReservedObject {
  key: string;
  contentType: string;
  size: number | null;
  sha256: string | null;
  files?: number;
}

/**
 * Reserves an object within the quota of the account, in one round trip. The lock is a separate statement, so that the next statement sees
 * the space that other transactions have reserved.
 */
async function reserveWithinQuota(
  db: Database,
  claim: Claim,
  object: ReservedObject & { size: number },
): Promise<string> {
  const row = rowOf(claim, object);
  const [, [reserved]] = await withPipelinedTransaction(db, (tx) =>
    Promise.all([lockAccount(tx, row.accountId), insertWithinQuota(tx, row)]),
  );
  const { id, is_over, max_stored_bytes } = reserved!;
  if (is_over) throw outputOverQuota({ max_stored_bytes });
  if (id === null) throw replaced();
  return id;
}

/** Inserts the row of an output. If an attempt starts over, the key already has a row, which is updated. */
async function insertOutput(db: Db, claim: Claim, object: ReservedObject): Promise<string> {
  const [reserved] = await insertRow(db, rowOf(claim, object));
  if (!reserved) throw replaced();
  return reserved.id;
}

function replaced(): Error {
  return new Error('a reserved output was deleted or replaced while it was being stored');
}

function rowOf(
  { job, attemptId }: Claim,
  { key, contentType, size, sha256, files = null }: Omit<ReservedObject, 'files'> & { files?: number | null },
) {
  const { account_id: accountId, id: jobId } = job;
  return { id: uuidv7(), accountId, jobId, attemptId, key, contentType, size, sha256, files };
}

type OutputRow = ReturnType<typeof rowOf>;

const insertRow = compileOnce(
  (_db, row: OutputRow) => sql<{ id: string }>`${insertObject(row, sql`SELECT`)} RETURNING id`,
);

const insertWithinQuota = compileOnce(
  (_db, row: OutputRow) => sql<{ id: string | null; is_over: boolean; max_stored_bytes: number }>`
    WITH quota AS (
      SELECT max_stored_bytes, ${storedBytesOf(row.accountId)} + ${row.size}::bigint > max_stored_bytes AS is_over
      FROM accounts WHERE id = ${row.accountId}
    ), made AS (${insertObject(row, sql`SELECT FROM quota WHERE NOT is_over`)} RETURNING id)
    SELECT (SELECT id FROM made) AS id, is_over, max_stored_bytes FROM quota`,
);

/** Inserts the object once for each row of `rows`. */
function insertObject(row: OutputRow, rows: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    INSERT INTO objects (id, account_id, key, kind, job_id, attempt_id, content_type, size, sha256, files, state)
    SELECT ${row.id}::uuid, ${row.accountId}::uuid, ${row.key}::text, 'output', ${row.jobId}::uuid, ${row.attemptId}::uuid,
      ${row.contentType}::text, ${row.size}::bigint, ${row.sha256}::text, ${row.files}::integer, 'pending'
    FROM (${rows}) AS allowed
    ON CONFLICT (key) DO UPDATE SET size = EXCLUDED.size, sha256 = EXCLUDED.sha256 WHERE objects.state = 'pending'`;
}

/**
 * Records the upload in parts of a growing output, before any part is stored, so that the sweeper can delete the parts. Throws if the
 * output was deleted in the meantime, or has parts of another upload.
 */
export async function recordMultipart(
  context: Pick<JobsContext, 'db'>,
  objectId: string,
  multipartId: string,
): Promise<void> {
  await changeReserved(context.db, objectId, { multipart_id: multipartId }, multipartId);
}

/** Records that this upload in parts was aborted. */
export async function clearMultipart(
  context: Pick<JobsContext, 'db'>,
  objectId: string,
  multipartId: string,
): Promise<void> {
  await changeReserved(context.db, objectId, { multipart_id: null }, multipartId);
}

/** Records the final size and hash of a growing output. Throws like `reserveOutput`. */
export async function sizeOutput(
  context: Pick<JobsContext, 'db'>,
  claim: Claim,
  objectId: string,
  { size, sha256 }: { size: number; sha256: string },
): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    await requireOutputQuota(tx, claim.job.account_id, size);
    await changeReserved(tx, objectId, { size, sha256 });
  });
}

/** Changes a reserved object. Throws if it was deleted or replaced. If `multipartId` is set, the row must name this upload in parts or none. */
async function changeReserved(
  db: Db,
  objectId: string,
  change: Updateable<ObjectsTable>,
  multipartId?: string,
): Promise<void> {
  const changed = await db
    .updateTable('objects')
    .set(change)
    .where('id', '=', objectId)
    .where('state', '=', 'pending')
    .$if(multipartId !== undefined, (query) =>
      query.where(sql<boolean>`coalesce(multipart_id, ${multipartId!}) = ${multipartId!}`),
    )
    .returning('id')
    .executeTakeFirst();
  if (!changed) throw replaced();
}

/**
 * Makes an output visible before its job ends, and records its event. Returns false if the attempt no longer owns the job. Repeating the
 * call after a lost response changes nothing.
 */
export async function publishOutput(context: JobsContext, claim: Claim, output: StoredOutput): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const [job, rows] = await Promise.all([lockOwned(tx, claim), outputsOf(tx, [claim.job.id])]);
    if (!job) return false;
    const isVisible = rows.some(({ id, object_id }) => id === output.outputId && object_id === output.objectId);
    if (!isVisible) await Promise.all([showOutputs(context, tx, claim, [output]), recordCommands(tx, claim)]);
    return true;
  });
}

/**
 * Makes outputs visible, and records their events in their order, in one statement. The statement fails if an output has been deleted or was
 * made by another attempt.
 */
export async function showOutputs(
  context: JobsContext,
  tx: Tx,
  claim: Claim,
  outputs: readonly StoredOutput[],
): Promise<void> {
  if (outputs.length === 0) return;
  const type = eventType(context, claim.job, 'output_ready');
  const rows = outputs.map(({ outputId, ...output }) => ({
    ...output,
    row: claim.outputs.find(({ id }) => id === outputId)!,
  }));
  await makeVisible(
    tx,
    { hasEvents: type !== null },
    {
      accountId: claim.job.account_id,
      jobId: claim.job.id,
      type,
      ids: rows.map(({ row }) => row.id),
      objectIds: rows.map(({ objectId }) => objectId),
      facts: rows.map(({ facts }) => outputFacts.write(facts)),
      keys: rows.map(
        ({ row, key }) => key && sealColumn(context.vault, 'job_outputs', 'key_sealed', row, key.toString('hex')),
      ),
      events: rows.map(({ row: { position, format } }) => JSON.stringify({ v: 1, position, format })),
    },
  );
}

interface VisibleOutputs extends Record<'ids' | 'objectIds' | 'facts' | 'events', string[]> {
  accountId: string;
  jobId: string;
  /** Type of the events. Null for a kind without events. */
  type: string | null;
  /** Sealed keys of encrypted outputs. */
  keys: (Buffer | undefined)[];
}

// The objects that a run takes from its children are already live.
const makeVisible = compileEach<{ hasEvents: boolean }, VisibleOutputs, unknown>((_db, made, { hasEvents }) => {
  const events = insertEvents(sql`
    SELECT ${made.accountId}::uuid AS account_id, ${made.jobId}::uuid AS job_id, NULL::uuid AS upload_id,
      ${made.type}::text AS type, data::jsonb AS data
    FROM unnest(${made.events}::text[]) WITH ORDINALITY AS ready (data, number) ORDER BY number`);
  return sql`
    WITH object AS (
      UPDATE objects SET state = 'live', delete_after = NULL
      WHERE id = ANY(${made.objectIds}::uuid[]) AND state IN ('pending', 'live') RETURNING id
    )${hasEvents ? sql`, ${events}` : sql``}, output AS (
      UPDATE job_outputs SET status = 'completed', object_id = made.object_id, facts = made.facts::jsonb,
        key_sealed = coalesce(made.key, key_sealed)
      FROM unnest(${made.ids}::uuid[], ${made.objectIds}::uuid[], ${made.facts}::text[], ${made.keys}::bytea[])
        AS made (id, object_id, facts, key) JOIN object ON object.id = made.object_id
      WHERE job_outputs.id = made.id AND job_outputs.status = 'pending' RETURNING job_outputs.id
    )
    SELECT require_count((SELECT count(*) FROM output), cardinality(${made.ids}::uuid[]))`;
});

/** Records that one output of a job was not made. Other outputs of the job may have been made. */
export async function failOutput(
  { vault }: Pick<JobsContext, 'vault'>,
  tx: Tx,
  row: RowOf<'job_outputs'>,
  { code, message }: Failure,
): Promise<void> {
  const error_sealed = sealColumn(vault, 'job_outputs', 'error_sealed', row, message);
  const change = { status: 'failed' as const, error_code: code, error_sealed };
  await tx
    .updateTable('job_outputs')
    .set(change)
    .where('id', '=', row.id as string)
    .execute();
}

/** Fails the pending outputs of a job that ends without them. `code` is null for a canceled job. */
export async function failOutputs(tx: Tx, job: Pick<Job, 'id'>, code: string | null = null): Promise<void> {
  await tx
    .updateTable('job_outputs')
    .set({ status: 'failed', error_code: code })
    .where('job_id', '=', job.id)
    .where('status', '=', 'pending')
    .execute();
}

/**
 * Deletes the outputs of a job that is canceled, because a canceled job has no output. Keeps the object of an output while another open job
 * reads it. The sweep deletes such an object when the retention of the canceled job has ended and no open job reads the object.
 */
export async function dropOutputs(tx: Tx, job: Pick<Job, 'id'>): Promise<void> {
  const dropped = await tx
    .updateTable('job_outputs')
    .set({ status: 'failed', facts: null, key_sealed: null })
    .where('job_id', '=', job.id)
    .where('status', '=', 'completed')
    .returning('object_id')
    .execute();
  const objects = dropped.flatMap(({ object_id }) => object_id ?? []);
  const unread = await lockUnread(tx, [...objects, ...(await archivesOf(tx, objects))]);
  await markDeleting(tx, unread, 'erased');
}

/** Whether the job's outputs refer to these objects. */
export async function hasOutputs(tx: Tx, job: Pick<Job, 'id'>, outputs: readonly StoredOutput[]): Promise<boolean> {
  const rows = await tx.selectFrom('job_outputs').select('object_id').where('job_id', '=', job.id).execute();
  const stored = new Set(rows.map((row) => row.object_id));
  return outputs.every(({ objectId }) => stored.has(objectId));
}
