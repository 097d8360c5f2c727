import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import { type Db, KEEP_ALIVE_MS } from './pool.ts';

/** Channels carry ids only: a NOTIFY payload is seen by every listener of the database. */
export type Channel = 'airlock_job' | 'airlock_cancel' | 'airlock_queue';

/** Sent when the surrounding transaction commits. */
export async function notify(db: Db, channel: Channel, payload: string): Promise<void> {
  await sql`SELECT ${notification(channel, payload)}`.execute(db);
}

/** A column that notifies, for a statement that does something else as well. */
export function notification(channel: Channel, payload: string | RawBuilder<string>): RawBuilder<unknown> {
  return sql`pg_notify(${channel}, ${payload})`;
}

const RETRY_MS = 500;
const CONNECT_MS = 10_000;

export interface Listener {
  close(): Promise<void>;
}

/**
 * Listens on one connection, and reconnects automatically. After every (re)connection `onConnect` runs, because
 * notifications sent meanwhile are lost: the caller then checks for itself.
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
  let timer: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: 'airlock-listen',
      keepAlive: true,
      // It only listens: nothing else would notice that the server is gone.
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: CONNECT_MS,
    });
    fresh.on('notification', (message) => handlers.onMessage(message.channel as Channel, message.payload ?? ''));
    fresh.on('error', (error) => {
      if (!closed) handlers.onError(error);
      fresh.end().catch(() => {});
    });
    try {
      await fresh.connect();
      for (const channel of channels) await fresh.query(`LISTEN ${channel}`);
    } catch (error) {
      fresh.end().catch(() => {});
      throw error;
    }
    if (closed) return fresh.end();
    client = fresh;
    // Only a connection that stood comes back by its end; one that never stood, by its failure: one attempt at a time.
    fresh.once('end', () => {
      client = null;
      connectLater();
    });
    handlers.onConnect?.();
  };
  const connectLater = () => {
    if (closed) return;
    timer = setTimeout(() => {
      connect().catch((error) => {
        if (!closed) handlers.onError(error);
        connectLater();
      });
    }, RETRY_MS);
  };

  await connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
