import { requireOutputQuota } from '../accounts/stored-bytes.ts';
import type { Tx } from '../database/pool.ts';
import { uuidv7 } from '../ids/uuid.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { type Claim, type Job, type OutputFacts, outputFacts } from './rows.ts';

/** Seconds after which a reserved object that never became live is deleted. */
const RESERVED_SECONDS = 3600;

/** An output of an attempt, after its bytes were stored. */
export interface StoredOutput {
  /** Id of the row in `job_outputs`. */
  outputId: string;
  objectId: string;
  facts: OutputFacts;
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
  const id = uuidv7();
  const { account_id, id: job_id } = claim.job;
  await context.db.transaction().execute(async (tx) => {
    await requireOutputQuota(tx, account_id, object.size);
    await tx
      .insertInto('objects')
      .values({
        id,
        account_id,
        key: object.key,
        kind: 'output',
        job_id,
        content_type: object.contentType,
        size: object.size,
        sha256: object.sha256,
        state: 'pending',
        delete_after: new Date(Date.now() + RESERVED_SECONDS * 1000),
      })
      .execute();
  });
  return id;
}

/** Makes the outputs of a completed job visible. */
export async function completeOutputs(
  context: JobsContext,
  tx: Tx,
  claim: Claim,
  outputs: readonly StoredOutput[],
  expiresAt: Date,
): Promise<void> {
  const statements = outputs.flatMap(({ outputId, objectId, facts }) => {
    const { position, format } = claim.outputs.find(({ id }) => id === outputId)!;
    return [
      tx
        .updateTable('job_outputs')
        .set({ status: 'completed', object_id: objectId, facts: outputFacts.write(facts) })
        .where('id', '=', outputId)
        .execute(),
      tx
        .updateTable('objects')
        .set({ state: 'live', delete_after: expiresAt })
        .where('id', '=', objectId)
        .where('state', '=', 'pending')
        .execute(),
      recordJobEvent(context, tx, claim.job, 'output_ready', { position, format }),
    ];
  });
  await Promise.all(statements);
}

export async function failOutputs(tx: Tx, job: Pick<Job, 'id'>): Promise<void> {
  await tx
    .updateTable('job_outputs')
    .set({ status: 'failed' })
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
