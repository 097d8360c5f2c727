import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCursors } from '../../src/accounts/list-cursor.ts';
import { createSetupLink } from '../../src/identity/setup-links.ts';
import { createUser } from '../../src/identity/users.ts';
import { countJobs, pageIds } from '../../src/jobs/list-page.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const CREATE = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp3' };
const BY = { actor: 'test', ip: null, requestId: null };
const COUNT = 7;

describe('lists', () => {
  let api: TestApi;
  let webhook: string;
  let operator: Record<string, string>;

  beforeAll(async () => {
    api = await startApi();
    for (let i = 0; i < COUNT; i++) {
      await api.call('POST', '/v1/transcodes/batch', { jobs: [CREATE] });
      await api.call('POST', '/v1/upload/presigned-url', { filename: 'a.mp4', contentType: 'video/mp4', fileSize: 9 });
      await api.call('POST', '/v1/keys', { name: `key ${i}`, scopes: ['read'] });
      await api.makeAccount();
    }
    for (let i = 0; i < COUNT; i++) {
      webhook = (await api.call('POST', '/v1/webhooks', { url: 'https://example.org/hook' })).json.id;
    }
    for (let i = 0; i < COUNT; i++) await api.call('POST', `/v1/webhooks/${webhook}/test`);
    // Rows of one transaction have the same time, so the id decides their order.
    await api.database.pg.query(`
      UPDATE jobs SET created_at = '2026-11-01T00:00:00.123456Z';
      UPDATE batches SET created_at = '2026-11-01T00:00:00.123456Z';
      UPDATE uploads SET created_at = date_trunc('second', created_at) + interval '7 microseconds'`);
    operator = await signIn();
  });
  afterAll(() => api?.close());

  const LISTS = [
    ...[
      '/v1/transcodes',
      '/v1/transcodes?status=pending',
      '/v1/jobs',
      '/v1/uploads',
      '/v1/batches',
      '/v1/keys',
      '/v1/webhooks',
    ],
    ...['/v1/webhooks/{id}/deliveries', '/v1/admin/accounts', '/v1/admin/workers'],
  ];

  /** Returns the name under which the cursors of a list are made. */
  const listOf = (path: string) =>
    ({ '/v1/transcodes': 'kind/transcode', '/v1/webhooks/{id}/deliveries': `deliveries/${webhook}` })[
      path.split('?')[0]!
    ] ?? path.split('?')[0]!.split('/').at(-1)!;

  interface Page {
    items: { id?: string; filename?: string }[];
    next: string | null;
  }

  async function read(path: string, query: string, headers = headersOf(path)): Promise<{ status: number; page: Page }> {
    const url = path.replace('{id}', webhook);
    const { status, json } = await api.call(
      'GET',
      `${url}${url.includes('?') ? '&' : '?'}${query}`,
      undefined,
      headers,
    );
    return { status, page: json.result ?? json };
  }
  const headersOf = (path: string): Record<string, string> => (path.includes('/admin/') ? operator : {});
  const namesOf = ({ items }: Page) => items.map(({ id, filename }) => id ?? filename);

  it.each(LISTS)('lists at %s return every item once when a client follows the cursors in `after`', async (path) => {
    const { page: all } = await read(path, 'limit=100');
    if (!path.includes('workers')) expect(all.items.length).toBeGreaterThanOrEqual(COUNT);
    expect(all.next).toBe(null);
    const walked: unknown[] = [];
    let query = 'limit=2';
    for (;;) {
      const { status, page } = await read(path, query);
      expect(status).toBe(200);
      walked.push(...namesOf(page));
      if (page.next === null) break;
      expect(page.items).toHaveLength(2);
      query = `limit=2&after=${page.next}`;
    }
    expect(walked).toEqual(namesOf(all));
  });

  it('return a cursor on counted pages as well, and a client can continue from this cursor', async () => {
    for (const path of ['/v1/transcodes', '/v1/uploads', '/v1/webhooks/{id}/deliveries']) {
      const { page: all } = await read(path, 'limit=100');
      for (const number of [1, 2, 3]) {
        const { page } = await read(path, `limit=2&page=${number}`);
        expect(namesOf(page)).toEqual(namesOf(all).slice(2 * number - 2, 2 * number));
        const { page: rest } = await read(path, `limit=100&after=${page.next}`);
        expect(namesOf(rest)).toEqual(namesOf(all).slice(2 * number));
      }
      expect((await read(path, 'limit=2&page=4')).page.next).toBe(null);
    }
  });

  it('omit and repeat no item when items are created while a client walks them', async () => {
    const { page: first } = await read('/v1/transcodes', 'limit=3');
    await api.call('POST', '/v1/transcodes', CREATE);
    const { page: rest } = await read('/v1/transcodes', `limit=100&after=${first.next}`);
    expect(new Set([...namesOf(first), ...namesOf(rest)]).size).toBe(COUNT);
  });

  it('lists of jobs omit no job when another job is created between the count and the page', async () => {
    const account = await api.makeAccount();
    const own = { authorization: `Bearer ${await api.makeKey({ account })}` };
    const create = async () => (await api.call('POST', '/v1/transcodes', CREATE, own)).json.id;
    const owner = { accountId: account.id, kind: 'transcode', ownKeys: null };
    const cursors = listCursors(api.context.vault, 'kind/transcode', account.id);
    const { db } = api.context;
    const first = await create();
    const total = await countJobs(db, owner, {});
    const second = await create();
    const read = (limit: number) => pageIds(db, owner, { page: 1, limit }, { total, cursors });
    expect(await read(10)).toEqual({ ids: [second, first], next: null });
    expect(await read(1)).toEqual({ ids: [second], next: expect.any(String) });
  });

  it('reject a cursor of another list, account or release, and `page` together with a cursor', async () => {
    const { page } = await read('/v1/transcodes', 'limit=1');
    const other = await api.makeKey({ account: await api.makeAccount() });
    const forged = Buffer.from(page.next!, 'base64url');
    forged[forged.length - 3]! ^= 1;
    const cursors = listCursors({ fingerprint: () => Buffer.alloc(32) }, 'transcodes', api.account.id);
    const cases: [string, string, Record<string, string>?][] = [
      ['/v1/uploads', page.next!],
      ['/v1/batches', page.next!],
      ['/v1/webhooks/{id}/deliveries', page.next!],
      ['/v1/transcodes', page.next!, { authorization: `Bearer ${other}` }],
      ['/v1/transcodes', forged.toString('base64url')],
      ['/v1/transcodes', cursors.format({ key: '1', id: webhook })],
      ['/v1/transcodes', 'nonsense'],
      ['/v1/transcodes', `${page.next}&page=2`],
    ];
    for (const [path, after, headers = {}] of cases) {
      const url = path.replace('{id}', webhook);
      const { status, json } = await api.call('GET', `${url}?after=${after}`, undefined, headers);
      expect([path, status, json.code, json.details?.field]).toEqual([path, 400, 'invalid_request', 'after']);
      expect(json.details.reason).toMatch(/is not a cursor of this list|cannot be combined with page/);
    }
  });

  it.each(LISTS)(
    'lists at %s reject the cursor of every other list, and of the same list of another account',
    async (path) => {
      const cursorOf = async (list: string) => (await read(list, 'limit=1')).page.next;
      const own = listOf(path);
      const others = await Promise.all(LISTS.filter((list) => listOf(list) !== own).map(cursorOf));
      const elsewhere = listCursors(api.context.vault, own, (await api.makeAccount()).id);
      const event = Buffer.from('1.1').toString('base64url');
      for (const after of [
        ...others.flatMap((next) => next ?? []),
        elsewhere.format({ key: '1', id: webhook }),
        event,
      ]) {
        const { status, page } = await read(path, `after=${after}`);
        expect([status, page]).toEqual([
          400,
          expect.objectContaining({
            code: 'invalid_request',
            details: expect.objectContaining({ field: 'after', remedy: expect.stringMatching(/omit after/) }),
          }),
        ]);
      }
    },
  );

  it('lists of events reject the cursor of another list, and treat a cursor of another account as an expired cursor', async () => {
    const account = await api.makeAccount();
    const other = { authorization: `Bearer ${await api.makeKey({ account })}` };
    const events = (after: string, headers = {}) => api.call('GET', `/v1/events?after=${after}`, undefined, headers);
    const { next } = (await read('/v1/uploads', 'limit=1')).page;
    const list = await events(next!);
    expect([list.status, list.json.code, list.json.details.field]).toEqual([400, 'invalid_request', 'after']);
    const first = await until(async () => (await api.call('GET', '/v1/events?limit=1')).json.events[0], {
      what: 'an event',
    });
    expect((await events(first.id)).status).toBe(200);
    // The response does not reveal whether the event exists in another account.
    const [foreign, unknown] = [
      await events(first.id, other),
      await events(Buffer.from('7.7').toString('base64url'), other),
    ];
    expect([foreign.status, foreign.json]).toEqual([410, unknown.json]);
    expect(foreign.json.details).toMatchObject({
      field: 'after',
      remedy: expect.stringMatching(/^Omit after .*list your jobs/),
    });
    const stream = await api.call('GET', `/v1/events?after=${first.id}`, undefined, {
      ...other,
      accept: 'text/event-stream',
    });
    expect([stream.status, stream.json]).toEqual([410, foreign.json]);
  });

  it('lists of batches show a key without `read` only its own batches', async () => {
    const own = { authorization: `Bearer ${await api.makeKey({ scopes: ['transcode'] })}` };
    expect((await read('/v1/batches', 'limit=9', own)).page).toEqual({ items: [], next: null });
    const { json } = await api.call('POST', '/v1/transcodes/batch', { jobs: [CREATE, {}] }, own);
    const { page } = await read('/v1/batches', 'limit=9', own);
    expect(page.items).toEqual([
      expect.objectContaining({ id: json.id, total: 2, accepted: 1, jobs: expect.objectContaining({ pending: 1 }) }),
    ]);
    expect(page.items[0]).not.toHaveProperty('items');
  });

  async function signIn(): Promise<Record<string, string>> {
    const token = await api.database.db.transaction().execute(async (tx) => {
      const user = await createUser(tx, { accountId: api.account.id, email: 'o@example.org', role: 'operator' }, BY);
      return createSetupLink(tx, user, BY);
    });
    const response = await api.call(
      'POST',
      '/v1/setup',
      { token, password: 'correct horse battery' },
      { authorization: '' },
    );
    const cookie = /airlock_session=[^;]*/.exec(response.headers.get('set-cookie')!)![0];
    return { authorization: '', cookie, 'x-airlock-csrf': response.json.csrf };
  }
});
