import { sql } from 'kysely';
import { EVENT_TYPES } from '../contract/event-types.ts';
import type { DeliveryError } from '../contract/webhooks.ts';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import type { DisabledReason } from '../database/tables.ts';
import { recordEvent } from '../events/record.ts';
import { FetchError, type Fetcher } from '../fetcher/index.ts';
import { webhookHeaders } from '../ids/webhook-signature.ts';
import type { TracedSpan, Tracing } from '../telemetry/index.ts';
import type { Delivery } from './deliveries.ts';
import { type Message, type MessageOf, readMessages } from './messages.ts';
import { startSpans } from './spans.ts';

const TIMEOUT_MS = 10_000;
/** Seconds after which an attempt that has not been recorded counts as lost: its worker died. */
const LEASE_SECONDS = 60;
/** Seconds until each retry, with up to a fifth more or less, so that receivers recover in peace. */
export const RETRY_SECONDS = [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200] as const;
const JITTER = 0.2;
const FAILING_DAYS = 3;
/** Deliveries to one endpoint at a time: one that hangs must not hold up the others. */
export const PER_ENDPOINT = 2;

export interface SendDeps {
  context: Pick<Context, 'db' | 'vault' | 'store' | 'rows'>;
  fetcher: Pick<Fetcher, 'post'>;
  /** Null unless traces are on. */
  tracing?: Tracing | null;
  /** Called after each attempt, with `delivered` or why it failed. */
  onAttempt?: (result: 'delivered' | DeliveryError) => void;
}

/** Result of an attempt: the status of the answer, or why there is none. */
interface Outcome {
  status: number | null;
  error: DeliveryError | null;
}

/** Whether any delivery is due, for a look that is cheaper than a claim. */
export async function hasDueDeliveries(db: Db): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    SELECT EXISTS (
      SELECT FROM webhook_deliveries WHERE state = 'pending' AND next_attempt_at <= now() AND ${isKnown}
    ) AS due`.execute(db);
  return rows[0]!.due;
}

/** Events of other types are sent by the workers of the release that recorded them. */
const isKnown = sql`type = ANY(${[...EVENT_TYPES]}::text[])`;

/**
 * Claims up to `limit` due deliveries, at most two per endpoint, and none of the endpoints in `busy`. Each belongs to this
 * worker for a minute; if the worker dies, it is sent again.
 */
export async function claimDeliveries(db: Db, limit: number, busy: readonly string[]): Promise<Delivery[]> {
  // Materialized: a join may run a subquery again for every row, and each time it would lock others.
  const { rows } = await sql<Delivery>`
    WITH claimed AS MATERIALIZED (
      SELECT next.id FROM (
        SELECT DISTINCT endpoint FROM webhook_deliveries
        WHERE state = 'pending' AND next_attempt_at <= now() AND ${isKnown} AND endpoint <> ALL(${busy}::uuid[])
      ) AS due CROSS JOIN LATERAL (
        SELECT id FROM webhook_deliveries
        WHERE endpoint = due.endpoint AND state = 'pending' AND next_attempt_at <= now() AND ${isKnown}
        ORDER BY next_attempt_at LIMIT ${PER_ENDPOINT} FOR UPDATE SKIP LOCKED
      ) AS next LIMIT ${limit}
    )
    UPDATE webhook_deliveries AS mine
    SET attempts = mine.attempts + 1, next_attempt_at = now() + make_interval(secs => ${LEASE_SECONDS})
    FROM claimed WHERE mine.id = claimed.id
    RETURNING mine.*`.execute(db);
  return rows;
}

/**
 * Sends claimed deliveries once, each by itself, and records how they went. One rejects when the database is unreachable,
 * or when its rows cannot be read: it is then postponed as after a failure, and not recorded as an attempt.
 */
export function sendDeliveries(deps: SendDeps, deliveries: readonly Delivery[]): Promise<void>[] {
  const messages = readMessages(deps.context, deliveries);
  const spans = startSpans(deps.tracing ?? null, deps.context.db, deliveries);
  return deliveries.map((delivery) => send(deps, delivery, messages, spans));
}

async function send(
  deps: SendDeps,
  delivery: Delivery,
  messages: Promise<MessageOf>,
  spans: Promise<ReadonlyMap<string, TracedSpan>>,
): Promise<void> {
  const [messageOf, spanOf] = await Promise.all([messages, spans]);
  const message = await messageOf(delivery).catch(async (error) => {
    await postpone(deps, delivery);
    throw error;
  });
  const outcome = 'error' in message ? { status: null, error: message.error } : await post(deps, delivery, message);
  await record(deps, delivery, outcome);
  const result = outcome.error ?? 'delivered';
  spanOf.get(delivery.id)?.end({ 'airlock.end': result }, outcome.error !== null);
  deps.onAttempt?.(result);
}

async function postpone({ context }: SendDeps, { id, attempts }: Delivery): Promise<void> {
  const seconds = (RETRY_SECONDS[attempts - 1] ?? RETRY_SECONDS.at(-1)!) * jitter();
  await context.db
    .updateTable('webhook_deliveries')
    .set({ next_attempt_at: sql`now() + make_interval(secs => ${seconds})` })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('state', '=', 'pending')
    .execute();
}

async function post({ fetcher }: SendDeps, delivery: Delivery, { url, secrets, body }: Message): Promise<Outcome> {
  const signed = webhookHeaders({ id: `msg_${delivery.id}`, body, sentAt: new Date() }, secrets);
  const headers = { 'content-type': 'application/json', ...signed };
  try {
    const status = await fetcher.post(url, { headers, body, timeoutMs: TIMEOUT_MS });
    const isRedirect = status >= 300 && status < 400;
    const error = status >= 200 && status < 300 ? null : isRedirect ? 'redirect' : 'http_status';
    return { status, error };
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    return { status: null, error: ERRORS[error.code] ?? 'invalid_answer' };
  }
}

const ERRORS: Partial<Record<FetchError['code'], DeliveryError>> = {
  source_refused: 'address_refused',
  source_timeout: 'timeout',
  source_unreachable: 'unreachable',
};

/** Records an attempt, if its lease has not passed to another worker, and what it means for the webhook. */
async function record({ context }: SendDeps, delivery: Delivery, { status, error }: Outcome): Promise<void> {
  const final = error === 'webhook_disabled' || error === 'job_erased' || status === 410;
  const retry = error && !final ? RETRY_SECONDS[delivery.attempts - 1] : undefined;
  const state = error === null ? 'delivered' : retry === undefined ? 'failed' : 'pending';
  await context.db.transaction().execute(async (tx) => {
    const recorded = await tx
      .updateTable('webhook_deliveries')
      .set({
        ...{ state, status, error },
        attempted_at: new Date(),
        next_attempt_at: retry === undefined ? null : new Date(Date.now() + retry * 1000 * jitter()),
      })
      .where('id', '=', delivery.id)
      .where('attempts', '=', delivery.attempts)
      .where('state', '=', 'pending')
      .returning('id')
      .executeTakeFirst();
    if (!recorded || !delivery.webhook_id || error === 'webhook_disabled') return;
    await noteHealth(tx, delivery.webhook_id, delivery.account_id, { ok: error === null, gone: status === 410 });
  });
}

function jitter(): number {
  return 1 - JITTER + 2 * JITTER * Math.random();
}

/** Keeps since when a webhook fails, and disables one that is gone or has failed for three days. */
async function noteHealth(
  tx: Parameters<typeof recordEvent>[0],
  id: string,
  accountId: string,
  { ok, gone }: { ok: boolean; gone: boolean },
): Promise<void> {
  if (ok) {
    await tx
      .updateTable('webhooks')
      .set({ failing_since: null })
      .where('id', '=', id)
      .where('failing_since', 'is not', null)
      .execute();
    return;
  }
  const { rows } = await sql<{ disabled_reason: DisabledReason | null }>`
    UPDATE webhooks SET failing_since = coalesce(failing_since, now()), updated_at = now(),
      disabled_reason = CASE WHEN ${gone} THEN 'gone'
        WHEN failing_since < now() - make_interval(days => ${FAILING_DAYS}) THEN 'failing' END,
      disabled_at = CASE WHEN ${gone} OR failing_since < now() - make_interval(days => ${FAILING_DAYS}) THEN now() END
    WHERE id = ${id} AND disabled_at IS NULL RETURNING disabled_reason`.execute(tx);
  const reason = rows[0]?.disabled_reason;
  if (reason) await recordEvent(tx, { accountId }, 'webhook.disabled', { webhook_id: id, reason });
}
