import type { DeliveryError } from '../contract/webhooks.ts';
import type { Context } from '../database/context.ts';
import { pipelined } from '../database/pool.ts';
import { findEvents, type StoredEvent } from '../events/read.ts';
import type { EventViewer } from '../events/viewer.ts';
import type { Delivery } from './deliveries.ts';
import { readTargets, type Target } from './targets.ts';

type Reading = Pick<Context, 'db' | 'vault'>;

/** The content and the destination of a delivery. */
export interface Message extends Target {
  body: string;
}

export type MessageOf = (delivery: Delivery) => Promise<Message | { error: DeliveryError }>;

/**
 * Reads the data that these deliveries need in one round trip: each webhook, secret, URL and event once. Makes the body of an event once,
 * for all of its receivers, and separately from other events, because a list would shorten its jobs to a common budget. The returned
 * function rejects for a delivery whose rows cannot be read.
 */
export async function readMessages(
  context: Reading,
  viewer: EventViewer,
  deliveries: readonly Delivery[],
): Promise<MessageOf> {
  const cursors = deliveries.map(({ event_tx: tx, event_id: id }) => ({ tx, id }));
  const [targetOf, eventAt] = await pipelined(context.db, (db) =>
    Promise.all([readTargets(context, db, deliveries), findEvents(db, viewer.catalog, cursors)]),
  );
  const bodies = new Map<string, Promise<string>>();
  const bodyOf = (accountId: string, event: StoredEvent) => {
    const body = bodies.get(event.cursor) ?? makeBody(viewer, accountId, event);
    bodies.set(event.cursor, body);
    return body;
  };
  return async (delivery) => {
    const target = targetOf(delivery);
    if ('error' in target) return target;
    const event = eventAt({ tx: delivery.event_tx, id: delivery.event_id });
    if (event === null) throw new Error('a newer release recorded the event of this delivery');
    return event ? { ...target, body: await bodyOf(delivery.account_id, event) } : { error: 'job_erased' };
  };
}

async function makeBody(viewer: EventViewer, accountId: string, event: StoredEvent): Promise<string> {
  const [view] = await viewer.view(accountId, [event]);
  const { id, type, created_at: timestamp, data } = view!;
  return JSON.stringify({ id, type, timestamp, data });
}
