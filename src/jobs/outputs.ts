import { sql, type Updateable } from 'kysely';
import { requireOutputQuota } from '../accounts/stored-bytes.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Db, Tx } from '../database/pool.ts';
import { type RowOf, sealColumn } from '../database/sealed-columns.ts';
import type { ObjectsTable } from '../database/tables.ts';
import { recordJobEvent } from './job-events.ts';
import type { Failure, JobsContext } from './kind.ts';
import { type Claim, type Job, type OutputFacts, outputFacts } from './rows.ts';

/** Seconds after which a reserved object that never became live is deleted. */
export const RESERVED_SECONDS = 3600;

/** An output of an attempt, after its bytes were stored. */
export interface StoredOutput {
  /** Id of the row in `job_outputs`. */
  outputId: string;
  objectId: string;
  facts: OutputFacts;
  /** Decrypts its files; absent for an output that is not encrypted. */
  key?: Buffer;
}

/**
 * Records the key of an output before its bytes are stored: if the worker dies in between, the sweeper finds the row.
 * Returns the object's id. Throws `JobFailure` with `storage_quota` when the output exceeds the account's quota.
 */
export async function reserveOutput(
  context: Pick<JobsContext, 'db'>,
  claim: Claim,
  object: { key: string; contentType: string; size: number; sha256: string },
): Promise<string> {
  const { size, sha256 } = object;
  return context.db.transaction().execute(async (tx) => {
    // In one round trip; a rejection undoes the insert.
    const [, id] = await Promise.all([
      requireOutputQuota(tx, claim.job.account_id, size),
      insertOutput(tx, claim, { ...object, size, sha256 }),
    ]);
    return id;
  });
}

/**
 * Like `reserveOutput`, for an output whose parts are stored while it is made: its size is recorded by `sizeOutput`,
 * before it is published.
 */
export async function reserveGrowingOutput(
  context: Pick<JobsContext, 'db'>,
  claim: Claim,
  object: { key: string; contentType: string },
): Promise<string> {
  return insertOutput(context.db, claim, { ...object, size: null, sha256: null });
}

/**
 * Records the prefix of a tree and reserves its space, before any of its files is stored. `maxBytes` bounds all of its
 * files together; `recordTree` corrects it. Returns the object's id. Throws as `reserveOutput` does.
 */
export async function reserveTree(
  context: Pick<JobsContext, 'db'>,
  claim: Claim,
  tree: { prefix: string; contentType: string; maxBytes: number },
): Promise<string> {
  const { prefix, contentType, maxBytes } = tree;
  return context.db.transaction().execute(async (tx) => {
    const [, id] = await Promise.all([
      requireOutputQuota(tx, claim.job.account_id, maxBytes),
      insertOutput(tx, claim, { key: prefix, contentType, size: maxBytes, sha256: null, files: 0 }),
    ]);
    return id;
  });
}

/** Records what was stored of a reserved tree: all bytes, and the hash of its manifest. Also postpones its deletion. */
export async function recordTree(
  context: Pick<JobsContext, 'db'>,
  objectId: string,
  { size, files, sha256 }: { size: number; files: number; sha256: string },
): Promise<void> {
  await changeReserved(context.db, objectId, { size, files, sha256 });
}

/** Postpones the deletion of an output that takes long to store. */
export async function postponeDeletion(context: Pick<JobsContext, 'db'>, objectId: string): Promise<void> {
  await changeReserved(context.db, objectId, {});
}

/** An attempt that starts over has a row for the key already. */
async function insertOutput(
  db: Db,
  claim: Claim,
  object: { key: string; contentType: string; size: number | null; sha256: string | null; files?: number },
): Promise<string> {
  const { key, contentType, size, sha256, files = null } = object;
  const { account_id, id: job_id } = claim.job;
  const { id } = await db
    .insertInto('objects')
    .values({
      ...{ id: uuidv7(), account_id, key, kind: 'output', job_id, content_type: contentType, size, sha256, files },
      ...{ state: 'pending', delete_after: reservedUntil() },
    })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet({ size, sha256, delete_after: reservedUntil() })
        .where('objects.state', '=', 'pending'),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * Records the upload in parts of a growing output, before any part is stored, so that the sweeper can delete the parts.
 * Also postpones that. Throws if the output has been deleted meanwhile, or has parts of another upload.
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

/** Records what a growing output has become. Throws as `reserveOutput` does. */
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

/** @param multipartId the only upload in parts that the row may name; any by default. */
async function changeReserved(
  db: Db,
  objectId: string,
  change: Updateable<ObjectsTable>,
  multipartId?: string,
): Promise<void> {
  const changed = await db
    .updateTable('objects')
    .set({ ...change, delete_after: reservedUntil() })
    .where('id', '=', objectId)
    .where('state', '=', 'pending')
    .$if(multipartId !== undefined, (query) =>
      query.where(sql<boolean>`coalesce(multipart_id, ${multipartId!}) = ${multipartId!}`),
    )
    .returning('id')
    .executeTakeFirst();
  if (!changed) throw new Error('a reserved output was deleted or replaced while it was being stored');
}

function reservedUntil(): Date {
  return new Date(Date.now() + RESERVED_SECONDS * 1000);
}

/** Makes the outputs of a completed job visible. */
export async function completeOutputs(
  context: JobsContext,
  tx: Tx,
  claim: Claim,
  outputs: readonly StoredOutput[],
  expiresAt: Date,
): Promise<void> {
  const statements = outputs.flatMap(({ outputId, objectId, facts, key }) => {
    const row = claim.outputs.find(({ id }) => id === outputId)!;
    const { position, format } = row;
    const sealed = key && sealColumn(context.vault, 'job_outputs', 'key_sealed', row, key.toString('hex'));
    return [
      tx
        .with('object', (query) =>
          query
            .updateTable('objects')
            .set({ state: 'live', delete_after: expiresAt })
            .where('id', '=', objectId)
            .where('state', '=', 'pending'),
        )
        .updateTable('job_outputs')
        .set({
          ...{ status: 'completed', object_id: objectId, facts: outputFacts.write(facts) },
          ...(sealed && { key_sealed: sealed }),
        })
        .where('id', '=', outputId)
        .execute(),
      recordJobEvent(context, tx, claim.job, 'output_ready', { position, format }),
    ];
  });
  await Promise.all(statements);
}

/** Records that one output of a job was not made; others may be. */
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

/** Fails what is left of a job that ends without its outputs. A canceled job has no code. */
export async function failOutputs(tx: Tx, job: Pick<Job, 'id'>, code: string | null = null): Promise<void> {
  await tx
    .updateTable('job_outputs')
    .set({ status: 'failed', error_code: code })
    .where('job_id', '=', job.id)
    .where('status', '=', 'pending')
    .execute();
}

/** Whether the job's outputs refer to these objects. */
export async function hasOutputs(tx: Tx, job: Pick<Job, 'id'>, outputs: readonly StoredOutput[]): Promise<boolean> {
  const rows = await tx.selectFrom('job_outputs').select('object_id').where('job_id', '=', job.id).execute();
  const stored = new Set(rows.map((row) => row.object_id));
  return outputs.every(({ objectId }) => stored.has(objectId));
}
