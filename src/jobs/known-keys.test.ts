import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { ensureAccount } from '../accounts/accounts.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Tx } from '../database/pool.ts';
import { compareKeys } from '../storage/merge-keys.ts';
import { type KnownKey, knownKeys } from './known-keys.ts';

describe('keys that belong to rows', () => {
  let database: TestDatabase;
  let account: string;
  beforeAll(async () => {
    database = await makeDatabase();
    const made = (tx: Tx) => ensureAccount(tx, 'keys', 'test');
    account = (await database.db.transaction().execute(made)).id;
  });
  afterAll(() => database?.drop());

  const addObject = (key: string, state: string) =>
    database.db
      .insertInto('objects')
      .values({
        id: uuidv7(),
        account_id: account,
        key,
        kind: 'output',
        content_type: 'video/mp4',
        size: 1,
        state,
      } as never)
      .execute();
  const addUpload = (key: string, state: string) =>
    database.db
      .insertInto('uploads')
      .values({
        id: uuidv7(),
        account_id: account,
        staging_key: key,
        name_fingerprint: Buffer.from(key),
        declared_type: 'video/mp4',
        declared_size: 1,
        state,
        url_expires_at: new Date(),
      } as never)
      .execute();
  async function all(pageRows: number): Promise<KnownKey[]> {
    const found: KnownKey[] = [];
    for await (const key of knownKeys(database.db, pageRows)) found.push(key);
    return found;
  }

  it('are read in byte order, from both tables, for any page size', async () => {
    const objects = ['b', 'a/2', 'a-2', 'A', 'é', '\uff5e', '\u{1f3ac}', 'a/10', 'Z'];
    for (const key of objects) await addObject(key, 'live');
    const pending = ['a/1', 'ä', 'c'];
    for (const key of pending) await addUpload(key, 'pending');
    await addObject('deleted', 'deleted');
    await addUpload('confirmed', 'confirmed');
    const expected = [...objects, ...pending].sort(compareKeys);
    for (const pageRows of [1, 2, 3, 12, 13, 1000]) {
      expect(
        (await all(pageRows)).map(({ key }) => key),
        `pages of ${pageRows}`,
      ).toEqual(expected);
    }
  });

  it('have the id and creation time of their row only if the row is live', async () => {
    await addObject('states/pending', 'pending');
    await addObject('states/deleting', 'deleting');
    await addObject('states/live', 'live');
    const states = (await all(1000)).filter(({ key }) => key.startsWith('states/'));
    expect(states.map(({ key, live }) => [key, live !== null])).toEqual([
      ['states/deleting', false],
      ['states/live', true],
      ['states/pending', false],
    ]);
    expect(Date.now() - states[1]!.live!.since.getTime()).toBeLessThan(60_000);
  });

  it('are read page by page from an index, without sorting a table', async () => {
    const plan = async (sql: string) => {
      const client = await database.pg.connect();
      try {
        await client.query('SET enable_seqscan = off');
        const { rows } = await client.query(`EXPLAIN ${sql}`);
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      } finally {
        client.release(true);
      }
    };
    const of = (table: string, key: string, state: string) =>
      `SELECT ${key} FROM ${table} WHERE ${state} AND ${key} COLLATE "C" > 'a' ORDER BY ${key} COLLATE "C" LIMIT 10`;
    for (const sql of [of('objects', 'key', "state <> 'deleted'"), of('uploads', 'staging_key', "state = 'pending'")]) {
      expect(await plan(sql)).toMatch(/Index/);
      expect(await plan(sql)).not.toMatch(/Sort/);
    }
  });
});
