import type { DeliveryError } from '../contract/webhooks.ts';
import { webhookHeaders } from '../crypto/webhook-signature.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import type { Context } from '../database/context.ts';
import type { EventViewer } from '../events/viewer.ts';
import { FetchError, type Fetcher } from '../fetcher/index.ts';
import type { TracedSpan, Tracing } from '../telemetry/index.ts';
import type { Delivery } from './deliveries.ts';
import { jitter, noteHealth } from './health.ts';
import { type Message, type MessageOf, readMessages } from './messages.ts';
import { startSpans } from './spans.ts';

const TIMEOUT_MS = 10_000;
/** Milliseconds after which a receiver that fails counts as a receiver that hangs, because it costs almost as much. */
const HANGING_MS = 3_000;
/** Seconds until each retry, with up to 20% jitter, so that the retries of many deliveries do not overload a recovering receiver. */
export const RETRY_SECONDS = [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200] as const;

export interface SendDeps {
  context: Pick<Context, 'db' | 'vault' | 'rows'>;
  /** Renders the events that are sent. */
  viewer: EventViewer;
  fetcher: Pick<Fetcher, 'post'>;
  /** Null unless tracing is enabled. */
  tracing?: Tracing | null;
  /** Called after each attempt, with `delivered` or the reason for the failure. */
  onAttempt?: (result: 'delivered' | DeliveryError) => void;
}

/** Result of an attempt: the status of the response, or the reason why there is none. */
interface Outcome {
  status: number | null;
  error: DeliveryError | null;
}

/**
 * Sends each claimed delivery once, independently of the others, and records the results. Rejects for a delivery if the database is
 * unreachable or if its rows cannot be read. Such a delivery is postponed as after a failure, but not recorded as an attempt.
 */
export function sendDeliveries(deps: SendDeps, deliveries: readonly Delivery[]): Promise<void>[] {
  const messages = readMessages(deps.context, deps.viewer, deliveries);
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
  const started = performance.now();
  const outcome = 'error' in message ? { status: null, error: message.error } : await post(deps, delivery, message);
  await record(deps, delivery, outcome, performance.now() - started);
  const result = outcome.error ?? 'delivered';
  spanOf.get(delivery.id)?.end({ 'airlock.end': result }, outcome.error !== null);
  deps.onAttempt?.(result);
}

async function postpone({ context }: SendDeps, { id, attempts }: Delivery): Promise<void> {
  const seconds = (RETRY_SECONDS[attempts - 1] ?? RETRY_SECONDS.at(-1)!) * jitter();
  await context.db
    .updateTable('webhook_deliveries')
    .set({ next_attempt_at: inSeconds(seconds) })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('state', '=', 'pending')
    .execute();
}

async function post({ fetcher }: SendDeps, delivery: Delivery, { url, secrets, body }: Message): Promise<Outcome> {
  const sentAt = new Date();
  const signed = webhookHeaders({ id: `msg_${delivery.id}`, body, sentAt }, secrets);
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

/** Records an attempt and its effect on the webhook's health, unless its lease has passed to another worker. */
async function record(
  { context }: SendDeps,
  delivery: Delivery,
  { status, error }: Outcome,
  tookMs: number,
): Promise<void> {
  const final = error === 'webhook_disabled' || error === 'job_erased' || status === 410;
  const retry = error && !final ? RETRY_SECONDS[delivery.attempts - 1] : undefined;
  const state = error === null ? 'delivered' : retry === undefined ? 'failed' : 'pending';
  await context.db.transaction().execute(async (tx) => {
    const recorded = await tx
      .updateTable('webhook_deliveries')
      .set({
        ...{ state, status, error },
        attempted_at: databaseNow,
        next_attempt_at: retry === undefined ? null : inSeconds(retry * jitter()),
      })
      .where('id', '=', delivery.id)
      .where('attempts', '=', delivery.attempts)
      .where('state', '=', 'pending')
      .returning('id')
      .executeTakeFirst();
    if (!recorded || !delivery.webhook_id || error === 'webhook_disabled') return;
    await noteHealth(tx, delivery.webhook_id, delivery.account_id, {
      ok: error === null,
      isGone: status === 410,
      isHanging: error === 'timeout' || tookMs >= HANGING_MS,
    });
  });
}
