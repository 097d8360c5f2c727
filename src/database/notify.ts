import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import { type Db, KEEP_ALIVE_MS } from './pool.ts';

/** Channels carry only ids, because every listener of the database sees the payload of a NOTIFY. */
export type Channel = 'airlock_job' | 'airlock_cancel' | 'airlock_queue' | 'airlock_events' | 'airlock_deliveries';

/** Sends a notification when the surrounding transaction commits. */
export async function notify(db: Db, channel: Channel, payload: string): Promise<void> {
  await sql`SELECT ${notification(channel, payload)}`.execute(db);
}

/** Returns a column that sends a notification, for a statement that also does other work. */
export function notification(channel: Channel, payload: string | RawBuilder<string>): RawBuilder<unknown> {
  return sql`pg_notify(${channel}, ${payload})`;
}

const RETRY_MS = 500;
const CONNECT_MS = 10_000;

export interface Listener {
  close(): Promise<void>;
}

export interface ListenHandlers {
  onMessage: (channel: Channel, payload: string) => void;
  onConnect?: () => void;
  onError: (error: Error) => void;
}

/**
 * Listens on one connection, and reconnects automatically. After every connection or reconnection, `onConnect` runs. Notifications that
 * were sent in between are lost, so the caller must then check for changes itself.
 */
export async function listen(url: string, channels: Channel[], handlers: ListenHandlers): Promise<Listener> {
  const listener = new Reconnecting(url, channels, handlers);
  await listener.connect();
  return listener;
}

class Reconnecting implements Listener {
  readonly #url: string;
  readonly #channels: readonly Channel[];
  readonly #handlers: ListenHandlers;
  #isClosed = false;
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: string, channels: readonly Channel[], handlers: ListenHandlers) {
    this.#url = url;
    this.#channels = channels;
    this.#handlers = handlers;
  }

  async connect(): Promise<void> {
    const fresh = this.#makeClient();
    try {
      await fresh.connect();
      for (const channel of this.#channels) await fresh.query(`LISTEN ${channel}`);
    } catch (error) {
      fresh.end().catch(() => {});
      throw error;
    }
    if (this.#isClosed) return fresh.end();
    this.#client = fresh;
    // Reconnect only after an established connection has ended. If the connection was never established, the caller reconnects. This way,
    // only one attempt runs at a time.
    fresh.once('end', () => {
      this.#client = null;
      this.#connectLater();
    });
    this.#handlers.onConnect?.();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }

  #makeClient(): pg.Client {
    const { onMessage } = this.#handlers;
    const fresh = new pg.Client({
      connectionString: this.#url,
      application_name: 'airlock-listen',
      keepAlive: true,
      // This connection only listens, so no query would notice that the server is gone.
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: CONNECT_MS,
    });
    fresh.on('notification', (message) => onMessage(message.channel as Channel, message.payload ?? ''));
    fresh.on('error', (error) => {
      this.#report(error);
      fresh.end().catch(() => {});
    });
    return fresh;
  }

  #connectLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.connect().catch((error) => {
        this.#report(error);
        this.#connectLater();
      });
    }, RETRY_MS);
  }

  #report(error: Error): void {
    if (!this.#isClosed) this.#handlers.onError(error);
  }
}
