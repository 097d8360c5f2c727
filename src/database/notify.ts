import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from './pool.ts';

/** Channels carry ids only: a NOTIFY payload is seen by every listener of the database. */
export type Channel = 'airlock_job' | 'airlock_cancel' | 'airlock_queue' | 'airlock_key';

/** Sent when the surrounding transaction commits. */
export async function notify(db: Db, channel: Channel, payload: string): Promise<void> {
  await sql`SELECT pg_notify(${channel}, ${payload})`.execute(db);
}

export interface Listener {
  close(): Promise<void>;
}

/**
 * Holds one connection that listens; reconnects by itself. After every (re)connection `onConnect` runs, because
 * what was sent meanwhile is lost: the caller looks for itself then.
 */
export async function listen(
  url: string,
  channels: Channel[],
  handlers: {
    onMessage: (channel: Channel, payload: string) => void;
    onConnect?: () => void;
    onError: (error: Error) => void;
  },
): Promise<Listener> {
  let closed = false;
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({ connectionString: url, application_name: 'airlock-listen', keepAlive: true });
    let lost = false;
    const onLost = (error?: Error) => {
      if (lost) return;
      lost = true;
      if (client === fresh) client = null;
      fresh.end().catch(() => {});
      if (error && !closed) handlers.onError(error);
      if (!closed) timer = setTimeout(() => void connect().catch(onRetryFailed), 500);
    };
    const onRetryFailed = (error: Error) => {
      handlers.onError(error);
      if (!closed) timer = setTimeout(() => void connect().catch(onRetryFailed), 1000);
    };
    fresh.on('error', onLost);
    fresh.on('end', () => onLost());
    fresh.on('notification', (message) => handlers.onMessage(message.channel as Channel, message.payload ?? ''));
    await fresh.connect();
    for (const channel of channels) await fresh.query(`LISTEN ${channel}`);
    client = fresh;
    if (closed) await fresh.end();
    else handlers.onConnect?.();
  };

  await connect();
  return {
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
