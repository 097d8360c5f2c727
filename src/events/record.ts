import type { EventType } from '../contract/events.ts';
import { notify } from '../database/notify.ts';
import type { Tx } from '../database/pool.ts';
import type { EventPayloads } from './types.ts';

/** The account, job and upload that an event refers to. */
export interface EventSubject {
  accountId: string;
  jobId?: string;
  uploadId?: string;
}

/** Records an event in the transaction of the change that it reports, so that readers see both or neither. */
export async function recordEvent<T extends EventType>(
  tx: Tx,
  subject: EventSubject,
  type: T,
  payload: Omit<EventPayloads[T], 'v'>,
): Promise<void> {
  await tx
    .insertInto('events')
    .values({
      account_id: subject.accountId,
      job_id: subject.jobId ?? null,
      upload_id: subject.uploadId ?? null,
      type,
      data: JSON.stringify({ v: 1, ...payload }),
    })
    .execute();
}

/** Wakes the requests that wait for a job or an upload when the transaction commits. */
export async function wakeWaiting(tx: Tx, id: string): Promise<void> {
  await notify(tx, 'airlock_job', id);
}
