import { type RawBuilder, sql } from 'kysely';
import { isFinal } from '../contract/common.ts';
import { compileEach, compileOnce } from '../database/compile-once.ts';
import { notification, notify } from '../database/notify.ts';
import type { Tx } from '../database/pool.ts';
import type { EventPayload, ServiceEvent, ServiceEventPayloads } from './types.ts';

/** The account, and the job, upload or batch that an event refers to. */
export interface EventSubject {
  accountId: string;
  jobId?: string;
  uploadId?: string;
  batchId?: string;
}

interface RecordOptions {
  /** Restricts the event to one webhook. */
  only?: { webhookId: string };
  /** The job or upload whose waiting requests the event wakes when the transaction commits. */
  wakes?: string;
}

/**
 * Records an event that does not concern a single job, in the transaction of the change that it reports, so that readers see either both or
 * neither. Also inserts a delivery for every webhook of the account that subscribes to this type. The event of a batch is also sent to the
 * batch's own URL.
 */
export function recordEvent<T extends ServiceEvent>(
  tx: Tx,
  subject: EventSubject,
  type: T,
  payload: Omit<ServiceEventPayloads[T], 'v'>,
  options: RecordOptions = {},
): Promise<void> {
  return recordType(tx, subject, type, payload, options);
}

/** Records an event of a type that the caller has checked. A final event of a job is also sent to the job's own URL. */
export async function recordType(
  tx: Tx,
  { accountId, jobId, uploadId, batchId }: EventSubject,
  type: string,
  payload: Omit<EventPayload, 'v'>,
  { only, wakes }: RecordOptions = {},
): Promise<void> {
  const variant = {
    isForOne: only !== undefined,
    wakes: wakes !== undefined,
    ownUrl: batchId ? ('batches' as const) : isFinal(type.split('.')[1]!) ? ('jobs' as const) : null,
  };
  await insertEvent(tx, variant, {
    ...{ account: accountId, type, data: JSON.stringify({ v: 1, ...payload }) },
    ...{ job: jobId ?? null, upload: uploadId ?? null, batch: batchId ?? null },
    ...{ wakes: wakes ?? null, webhook: only?.webhookId ?? null },
  });
}

interface NewEvent extends Record<'account' | 'type' | 'data', string> {
  job: string | null;
  upload: string | null;
  batch: string | null;
  /** The ID whose waiting requests the event wakes. */
  wakes: string | null;
  /** The only webhook that receives the event. Null for all webhooks that subscribe to its type. */
  webhook: string | null;
}

interface EventVariant {
  isForOne: boolean;
  wakes: boolean;
  /** The table of the row whose own URL also receives the event. */
  ownUrl: 'jobs' | 'batches' | null;
}

/** Wakes streams of events. A transaction sends equal notifications only once. */
const NEW_EVENT = notification('airlock_events', '');
/** Wakes the workers, which send webhooks. */
const NEW_DELIVERY = notification('airlock_deliveries', '');

const insertEvent = compileEach<EventVariant, NewEvent, unknown>((_db, event, { isForOne, wakes, ownUrl }) => {
  const account = sql`${event.account}::uuid`;
  const [job, batch, type] = [sql`${event.job}::uuid`, sql`${event.batch}::uuid`, sql`${event.type}::text`];
  const ofWebhooks = isForOne
    ? sql`SELECT ${event.webhook}::uuid AS webhook_id, ${event.webhook}::uuid AS endpoint`
    : sql`SELECT id AS webhook_id, id AS endpoint FROM webhooks
        WHERE account_id = ${account} AND disabled_at IS NULL AND (types IS NULL OR ${type} = ANY(types))`;
  const ofSubject = ownUrl
    ? sql`UNION ALL SELECT NULL, account_id FROM ${sql.table(ownUrl)}
        WHERE id = ${ownUrl === 'jobs' ? job : batch} AND webhook_sealed IS NOT NULL`
    : sql``;
  return sql`
    WITH event AS (
      INSERT INTO events (account_id, job_id, upload_id, batch_id, type, data)
      VALUES (${account}, ${job}, ${event.upload}::uuid, ${batch}, ${type}, ${event.data}::jsonb)
      RETURNING tx, id, ${wakes ? notification('airlock_job', sql<string>`${event.wakes}`) : NEW_EVENT}
    )
    INSERT INTO webhook_deliveries (id, account_id, webhook_id, endpoint, event_tx, event_id, type, job_id, batch_id)
    SELECT gen_random_uuid(), ${account}, receiver.webhook_id, receiver.endpoint, event.tx, event.id, ${type}, ${job}, ${batch}
    FROM event, (${ofWebhooks} ${ofSubject}) AS receiver
    RETURNING ${NEW_DELIVERY}`;
});

/**
 * Parts of a WITH that insert the events of rows with `account_id`, `job_id`, `upload_id`, `type` and `data`, and their deliveries to
 * webhooks. Use this function for changes that consist of one statement. Final events of jobs have other receivers too, so `recordEvent`
 * records them. `wakes` determines whether the events wake streams of events, or also the requests that wait for the uploads. If `wakes` is
 * `nobody`, the caller calls `announceEvents` after the commit.
 */
export function insertEvents(
  rows: RawBuilder<unknown>,
  { wakes = 'streams' }: { wakes?: keyof typeof WAKES } = {},
): RawBuilder<unknown> {
  return sql`event AS (
      INSERT INTO events (account_id, job_id, upload_id, type, data)
      SELECT account_id, job_id, upload_id, type, data FROM (${rows}) AS made
      RETURNING tx, id, account_id, job_id, type${WAKES[wakes]}
    ), delivery AS (
      INSERT INTO webhook_deliveries (id, account_id, webhook_id, endpoint, event_tx, event_id, type, job_id)
      SELECT gen_random_uuid(), event.account_id, webhooks.id, webhooks.id, event.tx, event.id, event.type, event.job_id
      FROM event JOIN webhooks ON webhooks.account_id = event.account_id
        AND webhooks.disabled_at IS NULL AND (webhooks.types IS NULL OR event.type = ANY(webhooks.types))
      RETURNING ${NEW_DELIVERY}
    )`;
}

const WAKES = {
  streams: sql`, ${NEW_EVENT}`,
  uploads: sql`, ${notification('airlock_job', sql<string>`upload_id::text`)}`,
  nobody: sql``,
};

/**
 * Wakes streams of events after a transaction that has recorded events without a notification. A transaction with a notification holds a
 * lock of the database until its commit is on the disk. This transaction doesn't wait for the disk, because it changes nothing.
 */
export const announceEvents = compileOnce(
  () => sql`SELECT set_config('synchronous_commit', 'off', true), ${NEW_EVENT}`,
);

/** Wakes the requests that wait for a job or an upload when the transaction commits. */
export async function wakeWaiting(tx: Tx, id: string): Promise<void> {
  await notify(tx, 'airlock_job', id);
}
