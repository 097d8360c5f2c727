import { sql } from 'kysely';
import { isFinal } from '../contract/common.ts';
import type { Tx } from '../database/pool.ts';
import { insertEvents, recordType } from '../events/record.ts';
import type { EventPayload, JobEvent, JobEventPayloads } from '../events/types.ts';
import { type JobsContext, traitsOf } from './kind.ts';
import type { Job } from './rows.ts';

/**
 * Records an event of a job under the name of its kind. A final event also wakes the requests that wait for the job. Records nothing for a
 * job of an unknown kind, because only a newer release knows the names of its events.
 */
export function recordJobEvent<S extends JobEvent>(
  context: Pick<JobsContext, 'kinds' | 'rows'>,
  tx: Tx,
  job: Pick<Job, 'id' | 'account_id' | 'kind'>,
  suffix: S,
  payload: Omit<JobEventPayloads[S], 'v'>,
): Promise<void> {
  return recordOwnEvent(context, tx, job, suffix, payload);
}

/** Records an event whose payload the kind of the job defines in `events.own`. */
export async function recordOwnEvent(
  context: Pick<JobsContext, 'kinds' | 'rows'>,
  tx: Tx,
  job: Pick<Job, 'id' | 'account_id' | 'kind'>,
  suffix: string,
  payload: Omit<EventPayload, 'v'>,
): Promise<void> {
  const type = eventType(context, job, suffix);
  // Clients don't see this job, so no request waits for it.
  if (type === null) return;
  // Requests wait only for the end of a job.
  const wakes = isFinal(suffix) ? { wakes: job.id } : {};
  await recordType(tx, { accountId: job.account_id, jobId: job.id }, type, payload, wakes);
}

/** Returns the type of an event of a job. Returns null if its kind records no events, or if only a newer release knows the kind. */
export function eventType(
  context: Pick<JobsContext, 'kinds' | 'rows'>,
  job: Pick<Job, 'kind'>,
  suffix: string,
): string | null {
  const events = traitsOf(context, job)?.events;
  return events ? `${events.prefix}.${suffix}` : null;
}

/** Records that these jobs were deleted, in one statement. */
export async function recordDeletions(
  context: Pick<JobsContext, 'kinds' | 'rows'>,
  tx: Tx,
  jobs: readonly Pick<Job, 'id' | 'account_id' | 'kind'>[],
  reason: string,
): Promise<void> {
  const shown = jobs.flatMap((job) => {
    const events = traitsOf(context, job)?.events;
    return events ? [{ ...job, type: `${events.prefix}.deleted` }] : [];
  });
  if (shown.length === 0) return;
  const data = JSON.stringify({ v: 1, reason });
  await sql`
    WITH ${insertEvents(sql`
      SELECT job.account_id, job.id AS job_id, NULL::uuid AS upload_id, job.type, ${data}::jsonb AS data
      FROM unnest(
        ${shown.map(({ account_id }) => account_id)}::uuid[], ${shown.map(({ id }) => id)}::uuid[],
        ${shown.map(({ type }) => type)}::text[]
      ) AS job (account_id, id, type)`)}
    SELECT`.execute(tx);
}
