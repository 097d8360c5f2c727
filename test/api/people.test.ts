import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/contract/people.ts';
import { openSessions } from '../../src/identity/sessions.ts';
import { createSetupLink } from '../../src/identity/setup-links.ts';
import { createUser, findUser, setDisabled, setPassword } from '../../src/identity/users.ts';
import type { ApiResponse } from '../../testkit/service.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { cheapHash } from '../helpers/passwords.ts';

const BY = { actor: 'test' };
const PASSWORD = 'correct horse battery';
const ID = '00000000-0000-7000-8000-000000000000';

let api: TestApi;
let people = 0;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

interface Browser {
  email: string;
  cookie: string;
  csrf: string;
  /** Value of the cookie by which the service recognizes the browser. */
  device: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
}

const open = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  api.call(method, path, body, { authorization: '', ...headers });
const signIn = (email: string, password = PASSWORD, headers = {}) =>
  open('POST', '/v1/session', { email, password }, headers);
const cookieOf = ({ headers }: ApiResponse) =>
  /airlock_session=([^;]*)/.exec(headers.get('set-cookie') ?? '')?.[1] ?? '';

function makeLink(role: Role, accountId = api.account.id): Promise<{ token: string; email: string }> {
  const email = `person-${++people}@example.org`;
  return api.database.db.transaction().execute(async (tx) => {
    const user = await createUser(tx, { accountId, email, role }, BY);
    return { email, token: await createSetupLink(tx, user, BY) };
  });
}

/** Returns a browser in which a new person with this role has signed in. */
async function browser(role: Role, accountId = api.account.id): Promise<Browser> {
  const email = `person-${++people}@example.org`;
  await api.database.db.transaction().execute(async (tx) => {
    const { id } = await createUser(tx, { accountId, email, role }, BY);
    await setPassword(tx, id, cheapHash(PASSWORD));
  });
  const response = await signIn(email);
  expect(response.status).toBe(200);
  return browserOf(email, response);
}

function browserOf(email: string, response: ApiResponse): Browser {
  const [cookie, csrf] = [`airlock_session=${cookieOf(response)}`, response.json.csrf];
  const device = /airlock_device=([^;]*)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? '';
  return {
    ...{ email, cookie, csrf, device },
    call: (method, path, body, headers = {}) =>
      open(method, path, body, { cookie, 'x-airlock-csrf': csrf, ...headers }),
  };
}

describe('a setup link', () => {
  it('shows the person’s address, role and account, sets the password once, and signs the person in', async () => {
    const { token, email } = await makeLink('member');
    const read = () => open('GET', '/v1/setup', undefined, { 'x-airlock-setup': token });
    expect((await read()).json).toEqual({ email, role: 'member', account: { name: api.account.name } });
    const short = await open('POST', '/v1/setup', { token, password: 'too short' });
    expect([short.status, short.json.details.field]).toEqual([400, 'password']);
    const used = await open('POST', '/v1/setup', { token, password: PASSWORD });
    expect([used.status, used.json.user.email]).toEqual([201, email]);
    expect((await browserOf(email, used).call('GET', '/v1/session')).status).toBe(200);
    for (const again of [await read(), await open('POST', '/v1/setup', { token, password: PASSWORD })])
      expect([again.status, again.json.code]).toEqual([404, 'setup_link_invalid']);
    expect((await signIn(email)).status).toBe(200);
  });

  it('a setup link for the first operator is valid only while no person exists, and creates one operator even if it is used twice', async () => {
    const fresh = await startApi();
    try {
      const { db } = fresh.database;
      const token = await db.transaction().execute((tx) => createSetupLink(tx, null, BY));
      const use = (email?: string) =>
        fresh.call('POST', '/v1/setup', { token, email, password: PASSWORD }, { authorization: '' });
      expect((await use()).json.details).toMatchObject({ field: 'email', reason: 'is missing' });
      const both = await Promise.all([use('Ada@Example.org'), use('eve@example.org')]);
      expect(both.map(({ status }) => status).sort()).toEqual([201, 404]);
      expect(both.find(({ status }) => status === 201)?.json.user.role).toBe('operator');
      const late = await db.transaction().execute((tx) => createSetupLink(tx, null, BY));
      const headers = { authorization: '', 'x-airlock-setup': late };
      expect((await fresh.call('GET', '/v1/setup', undefined, headers)).json.code).toBe('setup_link_invalid');
    } finally {
      await fresh.close();
    }
  });

  it('invalidates earlier sessions, the earlier password and an earlier link', async () => {
    const before = await browser('member');
    const { db } = api.database;
    const link = () =>
      db.transaction().execute(async (tx) => createSetupLink(tx, (await findUser(tx, before.email))!, BY));
    const [first, second] = [await link(), await link()];
    expect((await open('POST', '/v1/setup', { token: first, password: PASSWORD })).status).toBe(404);
    expect((await open('POST', '/v1/setup', { token: second, password: 'another password' })).status).toBe(201);
    expect((await before.call('GET', '/v1/session')).status).toBe(401);
    expect((await signIn(before.email)).status).toBe(401);
  });
});

describe('a session', () => {
  it('has a cookie that scripts cannot read and other sites cannot send, Secure on HTTPS', async () => {
    const { email } = await browser('viewer');
    const response = await signIn(email.toUpperCase());
    const cookies = response.headers.get('set-cookie')!.split(',').sort();
    expect(cookies).toEqual([
      expect.stringMatching(/^airlock_device=[\w.-]+; Max-Age=15552000; Path=\/; HttpOnly; SameSite=Strict$/),
      expect.stringMatching(/^airlock_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const proxied = await startApi({ trustProxy: ['127.0.0.1'], loopbackOnly: false });
    try {
      await proxied.database.db.transaction().execute(async (tx) => {
        await createUser(tx, { accountId: proxied.account.id, email: 'a@example.org', role: 'viewer' }, BY);
      });
      const { db } = proxied.database;
      const token = await db
        .transaction()
        .execute(async (tx) => createSetupLink(tx, (await findUser(tx, 'a@example.org'))!, BY));
      const secure = await proxied.call(
        'POST',
        '/v1/setup',
        { token, password: PASSWORD },
        { 'x-forwarded-proto': 'https' },
      );
      expect(secure.headers.get('set-cookie')).toContain('; Secure');
    } finally {
      await proxied.close();
    }
  });

  it('allows what its role allows, and only in its own account', async () => {
    const other = await api.makeAccount();
    const roles = { viewer: await browser('viewer'), member: await browser('member'), admin: await browser('admin') };
    const stranger = await browser('admin', other.id);
    const operator = await browser('operator');
    const create = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4' };
    const tries = async (one: Browser) => [
      (await one.call('GET', '/v1/transcodes')).status,
      (await one.call('POST', '/v1/transcodes', create)).status,
      (await one.call('POST', '/v1/keys', { name: 'k' })).status,
      (await one.call('GET', '/v1/admin/accounts')).status,
    ];
    expect(await tries(roles.viewer)).toEqual([200, 403, 403, 403]);
    expect(await tries(roles.member)).toEqual([200, 201, 403, 403]);
    expect(await tries(roles.admin)).toEqual([200, 201, 201, 403]);
    expect(await tries(operator)).toEqual([200, 201, 201, 200]);
    const made = (await roles.member.call('POST', '/v1/transcodes', create)).json.id;
    expect((await roles.admin.call('GET', `/v1/transcodes/${made}`)).status).toBe(200);
    expect((await stranger.call('GET', `/v1/transcodes/${made}`)).status).toBe(404);
  });

  it('can create keys with at most the rights of its role, and with `operator` only if the request names this scope', async () => {
    const [admin, operator] = [await browser('admin'), await browser('operator')];
    const made = (await admin.call('POST', '/v1/keys', { name: 'k' })).json;
    expect(made.scopes).toEqual(['transcode', 'upload', 'read', 'admin']);
    expect((await admin.call('POST', '/v1/keys', { name: 'k', scopes: ['operator'] })).json.code).toBe(
      'key_exceeds_caller',
    );
    expect((await operator.call('POST', '/v1/keys', { name: 'k' })).json.scopes).not.toContain('operator');
    const complete = (await operator.call('POST', '/v1/keys', { name: 'k', scopes: ['operator'] })).json;
    const call = (key: string) => api.call('GET', '/v1/admin/queue', undefined, { authorization: `Bearer ${key}` });
    expect([(await call(complete.key)).status, (await call(made.key)).status]).toEqual([200, 403]);
  });

  it('ends with the sign-out, and when the person or account is disabled', async () => {
    const [one, two] = [await browser('member'), await browser('member')];
    expect((await one.call('DELETE', '/v1/session')).json).toMatchObject({ object: 'session', deleted: true });
    expect((await one.call('GET', '/v1/transcodes')).status).toBe(401);
    const { db } = api.database;
    await db.transaction().execute(async (tx) => setDisabled(tx, (await findUser(tx, two.email))!, true, BY));
    expect((await two.call('GET', '/v1/session')).status).toBe(401);
    expect((await signIn(two.email)).json.code).toBe('invalid_credentials');
  });

  it('ends after a day without a request, and after a week in any case', async () => {
    const browsers = [await browser('viewer'), await browser('viewer')];
    const set = (column: string, ago: string, { email }: Browser) =>
      api.database.pg.query(
        `UPDATE sessions SET ${column} = now() - interval '${ago}' FROM users WHERE users.id = user_id AND email = $1`,
        [email],
      );
    await set('last_used_at', '23 hours', browsers[0]!);
    expect((await browsers[0]!.call('GET', '/v1/transcodes')).status).toBe(200);
    await set('last_used_at', '25 hours', browsers[0]!);
    await set('expires_at', '1 second', browsers[1]!);
    for (const one of browsers) expect((await one.call('GET', '/v1/transcodes')).status).toBe(401);
  });

  it('allows event streams until it ends', async () => {
    const { db } = api.database;
    const [one, other] = [await browser('viewer'), await browser('viewer')];
    const ids = (await db.selectFrom('sessions').select('id').execute()).map(({ id }) => id);
    const before = await openSessions(db, ids);
    expect((await one.call('DELETE', '/v1/session')).json).toMatchObject({ object: 'session', deleted: true });
    expect(await openSessions(db, ids)).toHaveLength(before.length - 1);
    await db.transaction().execute(async (tx) => setDisabled(tx, (await findUser(tx, other.email))!, true, BY));
    expect(await openSessions(db, ids)).toHaveLength(before.length - 2);
  });
});

describe('a stranger', () => {
  it('gets the same response for an unknown address, a wrong password and a missing password', async () => {
    const { email } = await browser('member');
    const { email: invited } = await makeLink('member');
    for (const [name, password] of [
      [email, 'a wrong password'],
      ['nobody@example.org', PASSWORD],
      [invited, ''],
      ['no address at all', PASSWORD],
    ] as const) {
      const { status, json, headers } = await signIn(name, password);
      expect([status, json.code, headers.get('set-cookie')]).toEqual([401, 'invalid_credentials', null]);
    }
  });

  it('may guess a few passwords a minute, and the person can sign in from another address at the same time', async () => {
    const { email } = await browser('member');
    const guess = () => signIn(email, 'a wrong password', { 'x-forwarded-for': '203.0.113.9' });
    const statuses: number[] = [];
    for (let count = 0; count < 8; count++) statuses.push((await guess()).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
    const limited = await guess();
    expect(limited.headers.get('retry-after')).toMatch(/^\d+$/);
    const right = await api.app.inject({
      ...{ method: 'POST', url: '/v1/session', remoteAddress: '127.0.0.7' },
      payload: { email, password: PASSWORD },
    });
    expect(right.statusCode).toBe(200);
    const { rows } = await api.database.pg.query(
      `SELECT count(*)::int FROM audit_log WHERE action = 'auth.refused' AND target IN (SELECT id::text FROM users WHERE email = $1)`,
      [email],
    );
    expect(rows[0].count).toBe(1);
  });

  it('a stranger who floods sign-ins from one address blocks neither other addresses nor a known browser at the same address', async () => {
    const { email, device } = await browser('operator');
    const send = async (from: string, body: object, cookie = '') => {
      const headers = { cookie };
      const sent = { method: 'POST', url: '/v1/session', remoteAddress: from, headers, payload: body } as const;
      const { statusCode, json } = await api.app.inject(sent);
      return [statusCode, statusCode === 200 ? null : json().code];
    };
    const guess = (_: unknown, index: number) =>
      send('203.0.113.50', { email: `nobody-${index}@example.org`, password: 'a wrong password' });
    const flood = Array.from({ length: 20 }, guess);
    // The first response is a rejection, because the maximum number of sign-ins is already waiting.
    await Promise.race(flood);
    const right = { email, password: PASSWORD };
    expect(await send('203.0.113.51', right)).toEqual([200, null]);
    expect(await send('203.0.113.50', right, `airlock_device=${device}`)).toEqual([200, null]);
    const codes = (await Promise.all(flood)).map(([, code]) => code);
    const checked = codes.filter((code) => code === 'invalid_credentials').length;
    // The service checks two sign-ins at a time. On a busy machine, a check may end before the last sign-in arrives, so that more than two
    // are checked.
    expect(checked).toBeGreaterThanOrEqual(2);
    expect(checked).toBeLessThan(10);
    expect(codes.filter((code) => code === 'concurrency_exceeded')).toHaveLength(codes.length - checked);
  });

  it('cannot use up a person’s attempts in a browser where the person has signed in before', async () => {
    const { email, device } = await browser('member');
    const at = '203.0.113.60';
    const send = (password: string, cookie: string) =>
      api.app.inject({
        ...{ method: 'POST', url: '/v1/session', remoteAddress: at },
        ...{ headers: { cookie }, payload: { email, password } },
      });
    for (let guess = 0; guess < 7; guess++) await send('a wrong password', '');
    const rejected = await send(PASSWORD, '');
    expect([rejected.statusCode, rejected.json().details]).toEqual([
      429,
      {
        limit: 6,
        retry_after_seconds: expect.any(Number),
        reason: expect.stringMatching(/^6 failed sign-ins per minute/),
      },
    ]);
    expect((await send(PASSWORD, `airlock_device=${device}x`)).statusCode).toBe(429);
    expect((await send(PASSWORD, `airlock_device=${device}`)).statusCode).toBe(200);
  });

  it('cannot change anything without the CSRF token of the session, or from a page of another site', async () => {
    const [one, two] = [await browser('admin'), await browser('admin')];
    for (const csrf of ['', 'x', two.csrf, `${one.csrf}x`]) {
      const response = await one.call('POST', '/v1/keys', { name: 'forged' }, { 'x-airlock-csrf': csrf });
      expect([csrf, response.status, response.json.code]).toEqual([csrf, 403, 'csrf_required']);
      expect((await one.call('DELETE', '/v1/session', undefined, { 'x-airlock-csrf': csrf })).status).toBe(403);
    }
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example.org' },
      { origin: 'null' },
    ] as Record<string, string>[]) {
      expect((await signIn(one.email, PASSWORD, headers)).json.code).toBe('cross_site');
      expect((await open('POST', '/v1/setup', { token: 'x', password: PASSWORD }, headers)).json.code).toBe(
        'cross_site',
      );
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await open('POST', '/v1/session', 'email=a&password=b', form)).status).toBe(415);
  });

  it('cannot fix a session, because every sign-in creates a new session', async () => {
    const { email } = await browser('member');
    const planted = 'A'.repeat(43);
    const response = await signIn(email, PASSWORD, { cookie: `airlock_session=${planted}` });
    expect(cookieOf(response)).not.toBe(planted);
    expect((await open('GET', '/v1/session', undefined, { cookie: `airlock_session=${planted}` })).status).toBe(401);
  });

  it('is not signed in by a cookie that was never issued', async () => {
    for (const value of ['', 'x', 'A'.repeat(43), 'A'.repeat(10_000), "' OR 1=1 --", '%00']) {
      const cookie = `airlock_session=${value}`;
      expect((await open('GET', '/v1/transcodes', undefined, { cookie })).status).toBe(401);
    }
  });

  it('finds no password, token or address in the audit log', async () => {
    const { email } = await browser('member');
    const { rows } = await api.database.pg.query('SELECT to_jsonb(audit_log)::text AS row FROM audit_log');
    for (const { row } of rows) for (const secret of [PASSWORD, email]) expect(row).not.toContain(secret);
  });
});

describe('an operator', () => {
  it('lists, creates and limits accounts', async () => {
    const operator = await browser('operator');
    const made = await operator.call('POST', '/v1/admin/accounts', { name: 'partner' });
    expect(made.status).toBe(201);
    expect((await operator.call('POST', '/v1/admin/accounts', { name: ' partner ' })).json.details.field).toBe('name');
    const url = `/v1/admin/accounts/${made.json.id}`;
    const changed = await operator.call('PATCH', url, { max_concurrent: 3, disabled: true, max_concurent: 4 });
    expect(changed.json).toMatchObject({ max_concurrent: 3, disabled_at: expect.any(String), usage: { running: 0 } });
    expect(changed.json.warnings[0].message).toContain('max_concurrent');
    expect((await operator.call('PATCH', url, { max_concurrent: 0 })).json.details).toMatchObject({
      field: 'max_concurrent',
    });
    expect((await operator.call('PATCH', url, { max_concurrent: null, disabled: false })).json).toMatchObject({
      max_concurrent: 16,
      disabled_at: null,
    });
    expect((await operator.call('GET', url)).json.name).toBe('partner');
    expect((await operator.call('GET', `/v1/admin/accounts/${ID}`)).status).toBe(404);
    const names = (await operator.call('GET', '/v1/admin/accounts')).json.items.map(
      ({ name }: { name: string }) => name,
    );
    expect(names).toContain('partner');
  });

  it('creates an account once for an Idempotency-Key', async () => {
    const operator = await browser('operator');
    const create = (name: string, key: string) =>
      operator.call('POST', '/v1/admin/accounts', { name }, { 'idempotency-key': key });
    const first = await create('reseller', 'account-1');
    expect([first.status, (await create('reseller', 'account-1')).json]).toEqual([201, first.json]);
    const codes = [await create('reseller', 'account-2'), await create('another', 'account-1')];
    expect(codes.map(({ json }) => json.code)).toEqual(['account_exists', 'idempotency_conflict']);
  });

  it('reads the queue, the storage, and the audit log page by page, and verifies the audit log', async () => {
    const operator = await browser('operator');
    await api.call('POST', '/v1/transcodes', { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4' });
    const queue = (await operator.call('GET', '/v1/admin/queue')).json;
    expect(queue.waiting).toBeGreaterThan(0);
    expect(queue.accounts[0]).toMatchObject({ name: expect.any(String), running: 0 });
    expect((await operator.call('GET', '/v1/admin/storage')).json).toMatchObject({
      stored_bytes: expect.any(Number),
      disk: { spare_bytes: expect.any(Number) },
    });
    const { interval_seconds: seconds, points } = (await operator.call('GET', '/v1/admin/history')).json;
    expect([seconds, points.length]).toEqual([60, 1]);
    expect(points[0]).toMatchObject({ waiting: queue.waiting, running: queue.running });
    expect((await api.call('GET', '/v1/admin/history')).status).toBe(403);
    const first = (await operator.call('GET', '/v1/admin/audit?limit=2')).json;
    expect([first.entries.length, first.next, first.verification]).toEqual([2, first.entries[1].seq, null]);
    const second = (await operator.call('GET', `/v1/admin/audit?limit=2&after=${first.next}&verify=true`)).json;
    expect(second.entries[0].seq).toBe(first.next - 1);
    expect(second.verification).toMatchObject({ ok: true, broken_at: null });
  });

  it('drains a worker with a request that the worker reads at its next heartbeat', async () => {
    const operator = await browser('operator');
    expect((await operator.call('PATCH', `/v1/admin/workers/${ID}`, { draining: true })).status).toBe(404);
    await api.database.pg.query(
      `INSERT INTO workers (id, host, boot, pid, pid_start, version, slots, tier, ffmpeg) VALUES ($1, 'h', 'b', 1, '1', 'v', 2, 'bwrap', '7')`,
      [ID],
    );
    const asked = await operator.call('PATCH', `/v1/admin/workers/${ID}`, { draining: true });
    expect(asked.json).toMatchObject({ drain_requested: true, draining: false, running: 0, self_test: 'running' });
    expect((await operator.call('GET', '/v1/admin/workers')).json.items).toHaveLength(1);
  });
});

describe('the usage of an account', () => {
  it('is shown for each day of a month, with the quota and the remainder', async () => {
    const account = await api.makeAccount({ monthly_minutes: 100 });
    const key = await api.makeKey({ account });
    await api.database.pg.query(
      `INSERT INTO usage_months (account_id, month, minutes, jobs) VALUES ($1, '2026-10-01', 7, 3)`,
      [account.id],
    );
    await api.database.pg.query(
      `INSERT INTO usage_days (account_id, day, minutes, jobs) VALUES ($1, '2026-10-31', 5, 2), ($1, '2026-10-02', 2, 1), ($1, '2026-11-01', 9, 9)`,
      [account.id],
    );
    const usage = (query = '') =>
      api.call('GET', `/v1/account/usage${query}`, undefined, { authorization: `Bearer ${key}` });
    expect((await usage('?period=2026-10')).json).toEqual({
      period: '2026-10',
      quota: { minutes: 100, stored_bytes: 100_000_000_000 },
      usage: {
        jobs: 3,
        minutes: 7,
        stored_bytes: 0,
        by_day: [
          { day: '2026-10-02', jobs: 1, minutes: 2 },
          { day: '2026-10-31', jobs: 2, minutes: 5 },
        ],
      },
      remaining: { minutes: 93, stored_bytes: 100_000_000_000 },
    });
    expect((await usage()).json.period).toBe(new Date().toISOString().slice(0, 7));
    expect((await usage('?period=2026-13')).json.details.field).toBe('period');
  });
});
