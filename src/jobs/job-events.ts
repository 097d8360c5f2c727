import { isFinal } from '../contract/common.ts';
import type { Tx } from '../database/pool.ts';
import { recordEvent } from '../events/record.ts';
import type { EventPayloads } from '../events/types.ts';
import { type JobsContext, traitsOf } from './kind.ts';
import type { Job } from './rows.ts';

type Suffix = { [T in keyof EventPayloads]: T extends `transcode.${infer S}` ? S : never }[keyof EventPayloads];

/**
 * Records an event of a job under the name of its kind. A final event also wakes the requests that wait for the job.
 */
export async function recordJobEvent<S extends Suffix>(
  context: Pick<JobsContext, 'kinds'>,
  tx: Tx,
  job: Pick<Job, 'id' | 'account_id' | 'kind'>,
  suffix: S,
  payload: Omit<EventPayloads[`transcode.${S}`], 'v'>,
): Promise<void> {
  const { events } = traitsOf(context, job);
  // No client sees the job, so none waits for it.
  if (!events) return;
  // NOTIFY serializes commits, so only final events send one: no request waits for another.
  const wakes = isFinal(suffix) ? { wakes: job.id } : {};
  await recordEvent(tx, { accountId: job.account_id, jobId: job.id }, `${events}.${suffix}`, payload, wakes);
}
