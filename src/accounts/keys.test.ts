import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { hashApiKey } from '../crypto/api-key.ts';
import type { Tables } from '../database/tables.ts';
import { ensureAccount } from './accounts.ts';
import { type CreatedKey, createKey, findKey, listKeysMadeBy, revokeKey, rotateKey } from './keys.ts';

const BY = { actor: 'cli' };

describe('the caller of a request', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database?.drop());

  const makeKey = (name: string) =>
    database.db.transaction().execute(async (tx) => {
      const account = await ensureAccount(tx, `of ${name}`, 'cli');
      return createKey(tx, account.id, { name }, BY);
    });

  it('is read from the tables of keys and accounts, by one query', async () => {
    const { key, raw } = await makeKey('one');
    await makeKey('another');
    const limits = { monthly_minutes: 7, disabled_at: new Date(), retention_seconds: 60 };
    await database.db.updateTable('accounts').set(limits).where('id', '=', key.account_id).execute();
    const queries: string[] = [];
    const counted = new Kysely<Tables>({
      dialect: new PostgresDialect({ pool: database.pg }),
      log: ({ query }) => void queries.push(query.sql),
    });
    const caller = await findKey(counted, hashApiKey(raw));
    expect(queries).toHaveLength(1);
    const { rows: keys } = await database.pg.query('SELECT * FROM api_keys WHERE id = $1', [key.id]);
    const { rows: accounts } = await database.pg.query('SELECT * FROM accounts WHERE id = $1', [key.account_id]);
    // Columns that only lists or the exchange of refresh tokens need are not read.
    const { origin, oauth_user_id, family_hash, refresh_hash, refresh_expires_at, ...row } = keys[0];
    expect(origin).toBe('operator');
    expect([oauth_user_id, family_hash, refresh_hash, refresh_expires_at]).toEqual([null, null, null, null]);
    expect(caller).toStrictEqual({ key: row, account: accounts[0], isAlive: true, isNoted: false });
  });

  it('is found if the key was revoked, but not if the key does not exist', async () => {
    const { key, raw } = await makeKey('dead');
    await database.db.transaction().execute((tx) => revokeKey(tx, key.id, undefined, BY));
    expect((await findKey(database.db, hashApiKey(raw)))?.key.revoked_at).toBeInstanceOf(Date);
    expect(await findKey(database.db, hashApiKey('al_live_nobody'))).toBeUndefined();
  });
});

describe('keys that a key made', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database?.drop());

  it('are found across generations and rotations, without the keys that other keys made', async () => {
    const { db } = database;
    const account = await db.transaction().execute((tx) => ensureAccount(tx, 'family', 'cli'));
    const by = (maker: CreatedKey | null) => ({ actor: maker ? `key:${maker.key.id}` : 'cli' });
    const make = (maker: CreatedKey | null) =>
      db.transaction().execute((tx) => createKey(tx, account.id, { name: 'x' }, by(maker), maker ?? 'operator'));
    const rotate = (target: CreatedKey, maker: CreatedKey | null) =>
      db.transaction().execute((tx) => rotateKey(tx, target.key.id, { overlapSeconds: 60 }, by(maker)));
    const thief = await make(null);
    const child = await make(thief);
    const grandchild = await make(child);
    const childNext = await rotate(child, null);
    const seized = await rotate(await make(null), thief);
    await rotate(thief, null);
    const found = (await listKeysMadeBy(db, thief.key.id)).map(({ id }) => id);
    expect(found).toEqual([seized, childNext, grandchild, child].map(({ key }) => key.id));
  });
});
