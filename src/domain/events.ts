import { notify } from '../database/notify.ts';
import type { Tx } from '../database/pool.ts';

export type JobEvent = 'queued' | 'started' | 'completed' | 'failed' | 'canceled' | 'deleted' | 'retrying';

/** Records what happened to a job and tells listeners its id when the transaction commits. */
export async function addEvent(
  tx: Tx,
  job: { accountId: string; jobId: string },
  type: JobEvent,
  data: Record<string, unknown> = {},
): Promise<void> {
  await tx
    .insertInto('events')
    .values({ account_id: job.accountId, job_id: job.jobId, type, data: JSON.stringify(data) })
    .execute();
  await notify(tx, 'airlock_job', job.jobId);
}
