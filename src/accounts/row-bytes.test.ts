import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import type { StoreSpace } from '../storage/types.ts';
import { type Account, ensureAccount } from './accounts.ts';
import { MOST_PENDING_DELIVERIES } from './row-bytes.ts';
import { requireJobCapacity } from './stored-bytes.ts';

let database: TestDatabase;
let account: Account;
beforeAll(async () => {
  database = await makeDatabase();
  account = await database.db.transaction().execute((tx) => ensureAccount(tx, 'counted', 'cli'));
  await database.db.transaction().execute((tx) => ensureAccount(tx, 'other', 'cli'));
});
afterAll(() => database?.drop());

const query = (text: string, values: unknown[] = []) => database.pg.query(text, values);

async function totals(): Promise<{ bytes: number; pending: number }> {
  const { rows } = await query(
    `SELECT coalesce(sum(row_bytes), 0)::float8 AS bytes, coalesce(sum(pending_deliveries), 0)::float8 AS pending
     FROM account_storage WHERE account_id = $1`,
    [account.id],
  );
  return rows[0];
}

async function insertJob(metadata: Buffer): Promise<string> {
  const id = randomUUID();
  await query(
    `INSERT INTO jobs (id, account_id, kind, resource_class, status, available_at, fetches, request_facts, retention_seconds,
       metadata_sealed) VALUES ($1, $2, 'transcode', 'light', 'canceled', now(), false, '{}', 1, $3)`,
    [id, account.id, metadata],
  );
  return id;
}

const roomFor = (jobs: number, spareBytes: number) =>
  database.db.transaction().execute((tx) =>
    requireJobCapacity(tx, account, { spareBytes, spareFiles: 1000, stagedBytes: 0 } as StoreSpace, {
      jobs,
      stores: true,
    }),
  );

describe('the estimated bytes of an account’s rows', () => {
  it('grow with jobs and their texts, and shrink when texts are erased and rows are deleted', async () => {
    const id = await insertJob(Buffer.alloc(8000));
    expect((await totals()).bytes).toBe(18_000);
    await query('UPDATE jobs SET progress = 0.5 WHERE id = $1', [id]);
    await query('UPDATE jobs SET metadata_sealed = NULL, erased_at = now() WHERE id = $1', [id]);
    expect((await totals()).bytes).toBe(10_000);
    await query('DELETE FROM jobs WHERE id = $1', [id]);
    expect((await totals()).bytes).toBe(0);
  });

  it('grow with batches, stored responses, uploads and deliveries', async () => {
    const [batch, upload] = [randomUUID(), randomUUID()];
    await query(
      `INSERT INTO batches (id, account_id, total, accepted, retention_seconds, metadata_sealed) VALUES ($1, $2, 1, 0, 1, $3)`,
      [batch, account.id, Buffer.alloc(100)],
    );
    await query('UPDATE batches SET refusals_sealed = $2 WHERE id = $1', [batch, Buffer.alloc(200)]);
    await query(`INSERT INTO idempotency_keys (account_id, route, key, status) VALUES ($1, 'r', 'k', 0)`, [account.id]);
    await query('UPDATE idempotency_keys SET answer_sealed = $1', [Buffer.alloc(3000)]);
    await query(
      `INSERT INTO uploads (id, account_id, staging_key, name_fingerprint, declared_type, declared_size, state, url_expires_at)
       VALUES ($1, $2, 'key', '\\x00', 'video/mp4', 1, 'deleted', now())`,
      [upload, account.id],
    );
    expect((await totals()).bytes).toBe(1300 + 3500 + 4000);
    const { rows } = await query(
      `INSERT INTO events (account_id, type, data) VALUES ($1, 'webhook.test', '{}') RETURNING tx, id`,
      [account.id],
    );
    await query(
      `INSERT INTO webhook_deliveries (id, account_id, endpoint, event_tx, event_id, type)
       SELECT gen_random_uuid(), $1, $1, $2, $3, 'webhook.test' FROM generate_series(1, 10)`,
      [account.id, rows[0].tx, rows[0].id],
    );
    expect(await totals()).toEqual({ bytes: 8800 + 7000, pending: 10 });
    await query(
      `UPDATE webhook_deliveries SET state = 'delivered' WHERE id IN (SELECT id FROM webhook_deliveries LIMIT 4)`,
    );
    expect((await totals()).pending).toBe(6);
    await query('DELETE FROM events');
    expect(await totals()).toEqual({ bytes: 8800, pending: 0 });
    for (const table of ['batches', 'idempotency_keys', 'uploads']) await query(`DELETE FROM ${table}`);
    expect((await totals()).bytes).toBe(0);
  });

  it('never exceed half of the space that other accounts do not use on a shared disk, and include the future deliveries of open jobs', async () => {
    const id = await insertJob(Buffer.alloc(90_000));
    await roomFor(1, 200_000);
    await expect(roomFor(1, 110_000)).rejects.toMatchObject({ code: 'storage_quota', status: 507 });
    await expect(roomFor(100, 200_000)).rejects.toMatchObject({ code: 'storage_quota' });
    await query(
      `INSERT INTO webhooks (id, account_id, url_sealed, secret_sealed)
       SELECT gen_random_uuid(), $1, '', '' FROM generate_series(1, 20)`,
      [account.id],
    );
    await query(`INSERT INTO job_counts VALUES ($1, 'transcode', 'pending', 2)`, [account.id]);
    await expect(roomFor(1, 200_000)).rejects.toMatchObject({ code: 'storage_quota' });
    await roomFor(1, 300_000);
    await query('DELETE FROM webhooks');
    await query('DELETE FROM jobs WHERE id = $1', [id]);
  });

  it('include deliveries, and an account with too many deliveries can create no new jobs', async () => {
    await query(
      `INSERT INTO account_storage (account_id, shard, pending_deliveries) VALUES ($1, -1, $2)
       ON CONFLICT (account_id, shard) DO UPDATE SET pending_deliveries = EXCLUDED.pending_deliveries`,
      [account.id, MOST_PENDING_DELIVERIES],
    );
    const rejection = { code: 'queue_full', status: 429, details: { metric: 'pending_deliveries' } };
    await expect(roomFor(1, 1e9)).rejects.toMatchObject(rejection);
  });
});
