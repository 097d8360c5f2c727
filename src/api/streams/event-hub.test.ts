import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../../test/helpers/api.ts';
import { until } from '../../../testkit/until.ts';
import { recordEvent } from '../../events/record.ts';
import { openSignals, type Signals } from '../../events/signals.ts';
import { type EventHub, type LiveEvent, openEventHub } from './event-hub.ts';

/** Milliseconds between two reads without a notification. Longer than the test, so that the hub reads only after a notification. */
const NEVER_MS = 2 ** 30;

describe('the event hub', () => {
  let api: TestApi;
  let signals: Signals;
  let hub: EventHub | null = null;
  const errors: Error[] = [];

  beforeAll(async () => {
    api = await startApi();
    signals = await openSignals(api.database.url, (error) => errors.push(error));
  });
  afterEach(() => hub?.close());
  afterAll(async () => {
    await signals?.close();
    await api?.close();
  });

  /** Subscribes to the events of the account. Returns the keys of the events that arrive. */
  async function subscribe(): Promise<string[]> {
    const keys: string[] = [];
    hub = openEventHub(api.context, { signals, onError: (error) => errors.push(error), lookMs: NEVER_MS });
    await hub.subscribe({
      accountId: api.account.id,
      callerId: api.account.id,
      onEvents: (events: readonly LiveEvent[]) => keys.push(...events.map(({ event }) => String(event.payload.key_id))),
      onProgress: () => {},
      onBeat: () => {},
      onEnd: () => {},
    });
    return keys;
  }

  const record = (key: string) =>
    api.database.db
      .transaction()
      .execute((tx) => recordEvent(tx, { accountId: api.account.id }, 'key.created', { key_id: key }));
  const arrived = (keys: string[], key: string) => until(() => keys.includes(key), { what: `the event of ${key}` });

  it('passes on an event when its transaction commits, without waiting for the next poll', async () => {
    const keys = await subscribe();
    await record('first');
    await arrived(keys, 'first');
    await record('second');
    await arrived(keys, 'second');
    expect(errors).toEqual([]);
  });

  it('passes on an event that an older transaction has hidden, when that transaction ends', async () => {
    const older = new pg.Client(api.database.url);
    await older.connect();
    try {
      await older.query('BEGIN');
      await older.query('SELECT pg_current_xact_id()');
      const keys = await subscribe();
      await record('hidden');
      expect(keys).not.toContain('hidden');
      await older.query('ROLLBACK');
      await arrived(keys, 'hidden');
    } finally {
      await older.end();
    }
  });

  it('reads events again after its connection for notifications was replaced', async () => {
    const keys = await subscribe();
    await api.database.pg.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'airlock-listen' AND datname = current_database()`,
    );
    await record('reconnected');
    await arrived(keys, 'reconnected');
  });
});
