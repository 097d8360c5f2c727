import { isFinal } from '../contract/common.ts';
import type { Tx } from '../database/pool.ts';
import { recordEvent, wakeWaiting } from '../events/record.ts';
import type { EventPayloads } from '../events/types.ts';
import { type JobsContext, traitsOf } from './kind.ts';
import type { Job } from './rows.ts';

type Suffix = { [T in keyof EventPayloads]: T extends `transcode.${infer S}` ? S : never }[keyof EventPayloads];

/** Records what happened to a job under the name of its kind, and wakes the requests that wait for its end. */
export async function recordJobEvent<S extends Suffix>(
  context: Pick<JobsContext, 'kinds'>,
  tx: Tx,
  job: Pick<Job, 'id' | 'account_id' | 'kind'>,
  suffix: S,
  payload: Omit<EventPayloads[`transcode.${S}`], 'v'>,
): Promise<void> {
  const { events } = traitsOf(context, job);
  if (events) await recordEvent(tx, { accountId: job.account_id, jobId: job.id }, `${events}.${suffix}`, payload);
  // A NOTIFY makes commits wait for each other, so only events that a request may wait for are announced.
  if (isFinal(suffix)) await wakeWaiting(tx, job.id);
}
