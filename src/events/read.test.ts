import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { until } from '../../testkit/until.ts';
import { ensureAccount } from '../accounts/accounts.ts';
import { readEvents, type StoredEvent } from './read.ts';
import { recordEvent } from './record.ts';
import { createEventCatalog } from './types.ts';

const CATALOG = createEventCatalog([]);

describe('events', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database?.drop());

  const makeAccount = async () =>
    (await database.db.transaction().execute((tx) => ensureAccount(tx, randomUUID(), 'cli'))).id;
  const record = (accountId: string, key: string) =>
    database.db.transaction().execute((tx) => recordEvent(tx, { accountId }, 'key.created', { key_id: key }));
  const keys = (events: StoredEvent[]) => events.map(({ payload }) => String(payload.key_id));
  /** Reads all events after a cursor, page by page. */
  async function readAll(accountId: string, limit: number): Promise<StoredEvent[]> {
    const all: StoredEvent[] = [];
    for (;;) {
      const after = all.at(-1)?.cursor;
      const { events } = await readEvents(database.db, CATALOG, {
        accountId,
        limit,
        ...(after !== undefined && { after }),
      });
      if (events.length === 0) return all;
      all.push(...events);
    }
  }
  /** Waits for the events, because open transactions of other databases on the server hide them until they end. */
  const readVisible = (accountId: string, count: number, limit = 10) =>
    until(() => readAll(accountId, limit).then((events) => (events.length < count ? null : events)), {
      what: `${count} events`,
    });

  it('are returned in pages, oldest first, and contain only events of the account', async () => {
    const [mine, other] = [await makeAccount(), await makeAccount()];
    for (const key of ['a', 'b', 'c']) await record(mine, key);
    await record(other, 'x');
    expect(keys(await readVisible(mine, 3, 2))).toEqual(['a', 'b', 'c']);
  });

  it('of a transaction that commits late are not skipped, because later events wait for it', async () => {
    const account = await makeAccount();
    const slow = new pg.Client(database.url);
    await slow.connect();
    await slow.query('BEGIN');
    await slow.query(
      `INSERT INTO events (account_id, type, data) VALUES ($1, 'key.created', '{"v":1,"key_id":"slow"}')`,
      [account],
    );
    await record(account, 'fast');
    expect(await readAll(account, 10)).toEqual([]);
    await slow.query('COMMIT');
    await slow.end();
    expect(keys(await readVisible(account, 2))).toEqual(['slow', 'fast']);
  });

  it('of fifty writers that commit after random delays, 20,000 in total, are each read exactly once', async () => {
    const account = await makeAccount();
    const [writers, transactions, each] = [50, 100, 4];
    const total = writers * transactions * each;
    let open = writers;
    /** Waits while tests in other files occupy the connections of the server. */
    const connect = () =>
      until(
        async () => {
          const client = new pg.Client(database.url);
          return client.connect().then(
            () => client,
            () => null,
          );
        },
        { what: 'a connection' },
      );
    async function write(writer: number): Promise<void> {
      const client = await connect();
      for (let transaction = 0; transaction < transactions; transaction++) {
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO events (account_id, type, data) SELECT $1, 'key.created',
             jsonb_build_object('v', 1, 'key_id', $2 || '-' || n) FROM generate_series(1, $3::int) AS n`,
          [account, `${writer}-${transaction}`, each],
        );
        await client.query('SELECT pg_sleep(random() * 0.01)');
        await client.query('COMMIT');
      }
      await client.end();
      open -= 1;
    }
    const writing = Array.from({ length: writers }, (_, writer) => write(writer));
    const seen: string[] = [];
    let after: string | undefined;
    let lastLookMs = Number.POSITIVE_INFINITY;
    while (seen.length < total && performance.now() < lastLookMs) {
      const page = await readEvents(database.db, CATALOG, { accountId: account, limit: 1000, ...(after && { after }) });
      seen.push(...keys(page.events));
      after = page.last ?? after;
      // Transactions of other databases on the server may hide later events until they end.
      if (open === 0) lastLookMs = Math.min(lastLookMs, performance.now() + 20_000);
    }
    await Promise.all(writing);
    expect(seen).toHaveLength(total);
    expect(new Set(seen).size).toBe(total);
  }, 120_000);

  it('are deleted after seven days: a cursor to a deleted event returns 410, and a text that is not a cursor returns 400', async () => {
    const account = await makeAccount();
    await record(account, 'old');
    const [{ cursor: after }] = (await readVisible(account, 1)) as [StoredEvent];
    await database.pg.query('DELETE FROM events WHERE account_id = $1', [account]);
    await expect(readEvents(database.db, CATALOG, { accountId: account, after, limit: 1 })).rejects.toMatchObject({
      status: 410,
      code: 'events_expired',
    });
    for (const odd of ['', 'x', after.slice(1), Buffer.from('18446744073709551616.1').toString('base64url')]) {
      await expect(
        readEvents(database.db, CATALOG, { accountId: account, after: odd, limit: 1 }),
      ).rejects.toMatchObject({
        status: 400,
      });
    }
  });
});
