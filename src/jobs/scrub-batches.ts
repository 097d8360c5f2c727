import type { ExpressionBuilder } from 'kysely';
import { scrubResponses } from '../accounts/idempotency.ts';
import { databaseNow } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { Tables } from '../database/tables.ts';

/** Condition on a row of `batches`: its retention has ended, and it still has texts. */
export function isDueBatch(where: ExpressionBuilder<Tables, 'batches'>) {
  return where.and([
    where('expires_at', '<=', databaseNow),
    where.or([
      where('refusals_sealed', 'is not', null),
      where('metadata_sealed', 'is not', null),
      where('webhook_sealed', 'is not', null),
    ]),
  ]);
}

const NO_TEXTS = { refusals_sealed: null, metadata_sealed: null, webhook_sealed: null };

/** Erases the texts of each of these batches that is complete and whose jobs are all erased. The caller has locked the jobs. */
export async function scrubErasedBatches(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  // If two transactions erase the last two jobs, the second transaction waits here, and then sees the job that the first has erased.
  await tx.selectFrom('batches').select('id').where('id', 'in', ids).orderBy('id').forUpdate().execute();
  await tx
    .updateTable('batches')
    .set(NO_TEXTS)
    .where('id', 'in', ids)
    .where('completed_at', 'is not', null)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('jobs')
            .select('jobs.id')
            .whereRef('jobs.batch_id', '=', 'batches.id')
            .where('jobs.erased_at', 'is', null),
        ),
      ),
    )
    .execute();
}

/** Maximum number of batches whose texts one statement erases. */
const ERASED_AT_ONCE = 500;

/** Erases the texts of batches whose retention has ended. */
export async function scrubBatches(db: Db): Promise<{ done: number; isFull: boolean }> {
  const due = await db
    .updateTable('batches')
    .set(NO_TEXTS)
    .where('id', 'in', (select) => select.selectFrom('batches').select('id').where(isDueBatch).limit(ERASED_AT_ONCE))
    .returning('id')
    .execute();
  await scrubResponses(
    db,
    'batch_id',
    due.map(({ id }) => id),
  );
  return { done: due.length, isFull: due.length === ERASED_AT_ONCE };
}
