import { isFinal } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { notify } from '../../database/notify.ts';
import type { Tx } from '../../database/pool.ts';
import type { Context } from '../context.ts';
import { addEvent } from '../events.ts';
import { closeInputs } from './finish.ts';
import { lockTranscode } from './read.ts';
import { endTimes, OPEN_STATUSES, type Transcode } from './row.ts';

/** Cancels an open job; 400 with the status when it is final, 404 when it is not there or not the account's. */
export async function cancelTranscode(context: Context, accountId: string, id: string): Promise<Transcode> {
  return context.db.transaction().execute(async (tx) => {
    const job = await lockTranscode(tx, accountId, id);
    if (isFinal(job.status)) throw new ApiError('cancel_final', null, { status: job.status });
    return endCanceled(context, tx, job);
  });
}

/** Sets an open job, whose row the caller holds, to canceled; its worker is told when the transaction commits. */
export async function endCanceled(context: Context, tx: Tx, job: Transcode): Promise<Transcode> {
  const now = new Date();
  const canceled = await tx
    .updateTable('transcodes')
    .set({
      status: 'canceled',
      eta_seconds: null,
      ...endTimes(job, now),
    })
    .where('id', '=', job.id)
    .where('status', 'in', OPEN_STATUSES)
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('attempts')
    .set({ state: 'canceled', ended_at: now })
    .where('transcode_id', '=', job.id)
    .where('state', '=', 'running')
    .execute();
  await closeInputs(tx, job);
  await context.queue.finish(tx, job.lane, job.queue_job);
  await addEvent(tx, { accountId: job.account_id, jobId: job.id }, 'canceled');
  await notify(tx, 'airlock_cancel', job.id);
  return canceled;
}
