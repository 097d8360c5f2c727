import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, ensureAccount } from '../../src/accounts/accounts.ts';
import { createKey, rotateKey } from '../../src/accounts/keys.ts';
import { MAX_LISTED_DEAD_KEYS, MAX_LIVE_KEYS, MAX_NEW_KEYS_A_DAY } from '../../src/contract/keys.ts';
import { makeApiKey } from '../../src/crypto/api-key.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const BY = { actor: 'test' };
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

describe('a key that creates keys', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.close());

  /** Creates a key as the operator, to whom these limits do not apply. */
  const give = (body: object = {}, account: Account = api.account) =>
    api.database.db.transaction().execute((tx) => createKey(tx, account.id, { name: 'given', ...body }, BY));
  const as = (raw: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    api.call(method, path, body, { authorization: `Bearer ${raw}`, ...headers });
  const create = (raw: string, body: object = {}) => as(raw, 'POST', '/v1/keys', { name: 'made', ...body });
  const rotate = (raw: string, id: string, body?: object) => as(raw, 'POST', `/v1/keys/${id}/rotate`, body);
  const countKeys = async (account: Account = api.account) => {
    const { rows } = await api.database.pg.query('SELECT count(*)::int FROM api_keys WHERE account_id = $1', [
      account.id,
    ]);
    return rows[0].count as number;
  };

  it('cannot create a key with a scope, address or lifetime beyond its own', async () => {
    const end = inSeconds(60);
    const narrow = await give({
      scopes: ['admin', 'read'],
      allowed_cidrs: ['127.0.0.1', '10.0.0.0/8'],
      expires_at: end,
    });
    const before = await countKeys();
    for (const [field, body, has] of [
      ['scopes', { scopes: ['admin', 'transcode'] }, ['admin', 'read']],
      ['allowed_cidrs', { allowed_cidrs: ['10.1.0.0/16', '192.0.2.1'] }, ['127.0.0.1/32', '10.0.0.0/8']],
      ['allowed_cidrs', { allowed_cidrs: ['0.0.0.0/0'] }, ['127.0.0.1/32', '10.0.0.0/8']],
      ['allowed_cidrs', { allowed_cidrs: ['::/0'] }, ['127.0.0.1/32', '10.0.0.0/8']],
      ['allowed_cidrs', { allowed_cidrs: ['8.0.0.0/6'] }, ['127.0.0.1/32', '10.0.0.0/8']],
      ['expires_at', { expires_at: inSeconds(61) }, end],
    ] as const) {
      const { status, json } = await create(narrow.raw, body);
      expect([field, status, json.code, json.details]).toEqual([
        field,
        403,
        'key_exceeds_caller',
        { field, reason: expect.any(String), has, remedy: expect.any(String) },
      ]);
      expect(json.message).toContain(field);
    }
    expect(await countKeys()).toBe(before);
  });

  it('passes on its own restrictions if the request contains none, an empty list or null', async () => {
    const end = inSeconds(60);
    const narrow = await give({ scopes: ['admin', 'read'], allowed_cidrs: ['127.0.0.0/8'], expires_at: end });
    const inherited = { scopes: ['admin', 'read'], allowed_cidrs: ['127.0.0.0/8'], expires_at: end };
    for (const body of [{}, { allowed_cidrs: [] }, { scopes: null, allowed_cidrs: null, expires_at: null }]) {
      const { status, json } = await create(narrow.raw, body);
      expect([status, json]).toEqual([201, expect.objectContaining(inherited)]);
    }
  });

  it('can create a key with the same or fewer rights, even with IPv4-mapped IPv6 addresses', async () => {
    const end = inSeconds(60);
    const narrow = await give({ allowed_cidrs: ['127.0.0.0/8', '2001:db8::/32'], expires_at: end });
    const less = {
      scopes: ['read'],
      allowed_cidrs: ['127.0.0.1', '::ffff:127.1.0.0/112', '2001:db8:1::/48'],
      expires_at: inSeconds(30),
    };
    expect((await create(narrow.raw, less)).status).toBe(201);
    expect((await create(narrow.raw, { expires_at: end })).status).toBe(201);
  });

  it('can create any key when it is unrestricted', async () => {
    const { status, json } = await create(api.key, {
      allowed_cidrs: ['0.0.0.0/0', '::/0'],
      expires_at: inSeconds(9e6),
    });
    expect([status, json.scopes.length]).toEqual([201, 4]);
  });

  it('cannot rotate another key that has more rights, and cannot get its raw key', async () => {
    const strong = await give();
    const callers = {
      scopes: await give({ scopes: ['admin'] }),
      allowed_cidrs: await give({ allowed_cidrs: ['127.0.0.1'] }),
      expires_at: await give({ expires_at: inSeconds(60) }),
    };
    for (const [what, caller] of Object.entries(callers)) {
      const { status, json } = await rotate(caller.raw, strong.key.id, { overlap_seconds: 5 });
      expect([what, status, json.code, json.details.field]).toEqual([what, 403, 'key_exceeds_caller', 'id']);
      expect(json.details.reason).toContain(what);
      expect(json.details.remedy).toMatch(/operator run \.\/airlock keys rotate$/);
      expect(json.key).toBeUndefined();
    }
    expect((await as(strong.raw, 'GET', '/v1/transcodes')).status).toBe(200);
  });

  it('can rotate itself and weaker keys, which keep their rights and lifetime', async () => {
    const end = inSeconds(60);
    const narrow = await give({ scopes: ['admin', 'read'], allowed_cidrs: ['127.0.0.1'], expires_at: end });
    const weaker = await give({ scopes: ['read'], allowed_cidrs: ['127.0.0.1'], expires_at: inSeconds(30) });
    expect((await rotate(narrow.raw, weaker.key.id)).json.scopes).toEqual(['read']);
    const next = await rotate(narrow.raw, narrow.key.id, { overlap_seconds: 86_400 });
    expect([next.status, next.json.expires_at, next.json.allowed_cidrs]).toEqual([201, end, ['127.0.0.1/32']]);
    const { rows } = await api.database.pg.query('SELECT expires_at FROM api_keys WHERE id = $1', [narrow.key.id]);
    expect(rows[0].expires_at.toISOString()).toBe(end);
  });

  it('cannot create a key that outlives its own overlap once it is rotated', async () => {
    const old = await give();
    await rotate(old.raw, old.key.id, { overlap_seconds: 60 });
    const made = await create(old.raw);
    expect(Date.parse(made.json.expires_at)).toBeLessThanOrEqual(Date.now() + 60_000);
    expect((await create(old.raw, { expires_at: inSeconds(120) })).json.details.field).toBe('expires_at');
  });

  it('cannot create a key after it is revoked, however late in the request that happens', async () => {
    const { key, raw } = await give();
    const caller = { key: { ...key } };
    expect((await as(api.key, 'DELETE', `/v1/keys/${key.id}`)).status).toBe(200);
    expect((await create(raw)).status).toBe(401);
    const late = api.database.db
      .transaction()
      .execute((tx) => createKey(tx, api.account.id, { name: 'late' }, BY, caller));
    await expect(late).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('gets the same response for the same Idempotency-Key, even if it could no longer send that request', async () => {
    const caller = await give({ expires_at: inSeconds(60) });
    const body = { name: 'once', expires_at: inSeconds(50) };
    const send = () => as(caller.raw, 'POST', '/v1/keys', body, { 'idempotency-key': 'once' });
    const first = await send();
    await api.database.pg.query('UPDATE api_keys SET expires_at = $2 WHERE id = $1', [caller.key.id, inSeconds(10)]);
    const again = await send();
    expect([first.status, again.status, again.json]).toEqual([201, 201, { ...first.json, key: null }]);
  });

  it('can revoke a key with more rights, because a revocation grants nothing', async () => {
    const strong = await give();
    const weak = await give({ scopes: ['admin'] });
    expect((await as(weak.raw, 'DELETE', `/v1/keys/${strong.key.id}`)).status).toBe(200);
  });
});

describe('keys of one account', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.close());

  const fill = (account: Account, count: number, more: { revoked_at?: Date; origin?: 'command' } = {}) => {
    const rows = Array.from({ length: count }, () => {
      const { hash, hint } = makeApiKey();
      return { id: uuidv7(), account_id: account.id, name: 'filler', key_hash: hash, hint, scopes: ['read'], ...more };
    });
    return api.database.db.insertInto('api_keys').values(rows).execute();
  };
  const dead = { revoked_at: new Date() };

  it(`are limited to exactly ${MAX_LIVE_KEYS} live keys, even with concurrent requests`, async () => {
    const account = await api.makeAccount();
    const key = await api.makeKey({ account });
    await fill(account, MAX_LIVE_KEYS - 6);
    const ask = () => api.call('POST', '/v1/keys', { name: 'one more' }, { authorization: `Bearer ${key}` });
    const responses = await Promise.all(Array.from({ length: 20 }, ask));
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(5);
    const rejected = responses.find(({ status }) => status !== 201)!;
    expect([rejected.status, rejected.json.code, rejected.json.details]).toEqual([
      409,
      'too_many_keys',
      { limit: MAX_LIVE_KEYS, live: MAX_LIVE_KEYS, reason: expect.any(String), remedy: expect.any(String) },
    ]);

    const victim = responses.find(({ status }) => status === 201)!.json;
    const rotate = (body?: object) =>
      api.call('POST', `/v1/keys/${victim.id}/rotate`, body, { authorization: `Bearer ${key}` });
    expect((await rotate({ overlap_seconds: 60 })).json.code).toBe('too_many_keys');
    const next = await rotate();
    expect(next.status).toBe(201);
    await api.call('DELETE', `/v1/keys/${next.json.id}`, undefined, { authorization: `Bearer ${key}` });
    expect((await ask()).status).toBe(201);
    // The limit applies neither to the operator nor to other accounts.
    await api.makeKey({ account });
    expect((await api.call('POST', '/v1/keys', { name: 'elsewhere' })).status).toBe(201);
  });

  it('are limited per day, even if they are revoked in the meantime', async () => {
    const account = await api.makeAccount();
    const key = await api.makeKey({ account });
    await fill(account, MAX_NEW_KEYS_A_DAY, dead);
    const { status, json } = await api.call('POST', '/v1/keys', { name: 'x' }, { authorization: `Bearer ${key}` });
    expect([status, json.code, json.details.reason]).toEqual([
      409,
      'too_many_keys',
      expect.stringContaining('24 hours'),
    ]);
    expect(json.details.remedy).toBe('Wait, or have the operator run ./airlock keys create');
  });

  it('exclude the keys that local commands and the operator create', async () => {
    const account = await api.makeAccount();
    const key = await api.makeKey({ account });
    const { db } = api.database;
    const ofCommand = () =>
      db.transaction().execute((tx) => createKey(tx, account.id, { name: 'airlock command' }, BY, 'command'));
    await Promise.all([ofCommand(), ofCommand()]);
    await fill(account, MAX_NEW_KEYS_A_DAY, { ...dead, origin: 'command' });
    await fill(account, MAX_LIVE_KEYS - 2, { origin: 'command' });
    const as = { authorization: `Bearer ${key}` };
    expect((await api.call('POST', '/v1/keys', { name: 'x' }, as)).status).toBe(201);
    const { json } = await api.call('GET', '/v1/keys', undefined, as);
    expect(json.items.filter((item: { revoked_at: string | null }) => item.revoked_at !== null)).toEqual([]);
  });

  it('are listed in a bounded response: all live keys, and the newest of the others', async () => {
    const account = await api.makeAccount();
    const key = await api.makeKey({ account });
    await fill(account, 3);
    await fill(account, 500, dead);
    const { json } = await api.call('GET', '/v1/keys', undefined, { authorization: `Bearer ${key}` });
    const revoked = json.items.filter((item: { revoked_at: string | null }) => item.revoked_at !== null);
    expect([json.items.length - revoked.length, revoked.length]).toEqual([4, MAX_LISTED_DEAD_KEYS]);
  });

  it('do not deadlock when they rotate each other concurrently', async () => {
    const { db } = api.database;
    const account = await db.transaction().execute((tx) => ensureAccount(tx, 'two', 'cli'));
    const make = () => db.transaction().execute((tx) => createKey(tx, account.id, { name: 'x' }, BY));
    const [one, two] = await Promise.all([make(), make()]);
    const rotate = (id: string, maker: typeof one) =>
      db
        .transaction()
        .execute((tx) => rotateKey(tx, id, { overlapSeconds: 0, for: { accountId: account.id, maker } }, BY));
    const ends = await Promise.allSettled([rotate(two.key.id, one), rotate(one.key.id, two)]);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ends.find((end) => end.status === 'rejected')?.reason).toMatchObject({ code: 'unauthorized' });
  });
});
