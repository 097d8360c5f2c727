import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

/** Number of concurrent requests. It exceeds the number of connections in the pool. */
const REQUESTS = 16;

let api: TestApi;
let others: Record<string, string>;
beforeAll(async () => {
  api = await startApi();
  others = { authorization: `Bearer ${await api.makeKey({ account: await api.makeAccount() })}` };
});
afterAll(() => api?.close());

const FILE = { filename: 'a.mp4', contentType: 'video/mp4', fileSize: 1000 };
const JOB = { inputs: [{ url: 'https://source.example/clip.mp4' }], outputFormat: 'mp4' };
const LOCKING: [string, string, object][] = [
  ['batches', '/v1/transcodes/batch', { jobs: [JOB] }],
  ['upload URLs', '/v1/upload/presigned-url', FILE],
  ['uploads in parts', '/v1/upload/multipart', FILE],
  ['webhooks', '/v1/webhooks', { url: 'https://hook.example/' }],
  ['keys', '/v1/keys', { name: 'another' }],
];

/** A separate connection, because all connections of the API may be in use. */
let observer: pg.Client;
beforeAll(async () => {
  observer = new pg.Client({ connectionString: api.database.url });
  await observer.connect();
});
afterAll(() => observer?.end());

async function waiters(): Promise<number> {
  const { rows } = await observer.query<{ count: number }>(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0]!.count;
}

describe('while an account waits for its own lock', () => {
  it.each(LOCKING)(
    'this account and other accounts can still list jobs while %s are created',
    async (_, path, body) => {
      const holder = new pg.Client({ connectionString: api.database.url });
      await holder.connect();
      let locking: ReturnType<TestApi['call']>[] = [];
      try {
        await holder.query('BEGIN');
        await holder.query('SELECT FROM accounts WHERE id = $1 FOR NO KEY UPDATE', [api.account.id]);
        locking = Array.from({ length: REQUESTS }, () => api.call('POST', path, body));
        await until(async () => (await waiters()) > 0, { what: 'a request that waits for the lock' });
        for (const headers of [others, {}]) {
          expect((await api.call('GET', '/v1/transcodes', undefined, headers)).status).toBe(200);
        }
        expect(await waiters()).toBe(1);
      } finally {
        await holder.query('COMMIT');
        await holder.end();
      }
      const statuses = (await Promise.all(locking)).map(({ status }) => status);
      expect(new Set(statuses)).not.toContain(503);
    },
  );
});
