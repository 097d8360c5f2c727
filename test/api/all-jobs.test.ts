import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { toy } from '../kinds/toy/index.ts';

describe('GET /v1/jobs', () => {
  let api: TestApi;
  const ids: { id: string; kind: string; status: string }[] = [];
  beforeAll(async () => {
    api = await startApi({}, {}, undefined, new Map([...kinds, [toy.name, toy as unknown as Kind]]));
    const statuses = ['pending', 'completed', 'failed'];
    // Three jobs were created in each microsecond: two of visible kinds, and one of a kind that clients do not see.
    for (let index = 0; index < 12; index++) {
      const microsecond = Math.floor(index / 3);
      // Gives later jobs higher ids, even if their rows are inserted within the same millisecond.
      const job = {
        id: uuidv7(Date.now() + microsecond),
        kind: ['transcode', 'toy', 'inspection'][index % 3]!,
        status: statuses[index % 2]!,
      };
      await insert(job, `2026-05-22 14:30:00.00000${microsecond}+00`);
      if (job.kind !== 'inspection') ids.unshift(job);
    }
    ids.sort((a, b) => (a.id < b.id ? 1 : -1));
  });
  afterAll(() => api?.close());

  const insert = (job: { id: string; kind: string; status: string }, at: string, key: string | null = null) =>
    api.database.pg.query(
      `INSERT INTO jobs (id, account_id, key_id, kind, resource_class, status, available_at, fetches, request_facts,
         retention_seconds, created_at, completed_at)
       VALUES ($1, $2, $3, $4, 'light', $5, $6, false, '{"v":1,"output_format":"mp4","source":"defaults"}', 60, $6::timestamptz,
         CASE WHEN $5 <> 'pending' THEN now() END)`,
      [job.id, api.account.id, key, job.kind, job.status, at],
    );
  async function walk(query: string, limit: number, key?: string) {
    const items: { id: string; kind: string; status: string }[] = [];
    for (let after = ''; ; ) {
      const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const { status, json, text } = await api.call(
        'GET',
        `/v1/jobs?limit=${limit}${query}${after}`,
        undefined,
        headers,
      );
      expect([status, text]).toEqual([200, text]);
      expect(json.items.length).toBeLessThanOrEqual(limit);
      items.push(...json.items);
      if (json.next === null) return items;
      expect(json.items).toHaveLength(limit);
      after = `&after=${json.next}`;
    }
  }
  const shown = (all: typeof ids) => all.map(({ id, kind, status }) => ({ id, kind, status }));

  it('returns the jobs of every visible kind page by page, newest first, without repeats or gaps', async () => {
    for (const limit of [1, 3, 8, 100]) expect(shown(await walk('', limit))).toEqual(ids);
    const [first] = await walk('&kind=transcode', 100);
    expect(first).toMatchObject({ kind: 'transcode', output_format: 'mp4', shortened: false });
  });

  it('continues at its cursor while jobs are created and deleted', async () => {
    const page = await api.call('GET', '/v1/jobs?limit=3');
    const added = { id: uuidv7(), kind: 'toy', status: 'pending' };
    await insert(added, '2026-05-23 00:00:00+00');
    await api.database.pg.query('DELETE FROM jobs WHERE id = $1', [added.id]);
    const rest = await api.call('GET', `/v1/jobs?after=${page.json.next}`);
    expect(shown([...page.json.items, ...rest.json.items])).toEqual(ids);
  });

  it('filters by kind and status', async () => {
    for (const kind of ['transcode', 'toy']) {
      expect(shown(await walk(`&kind=${kind}`, 2))).toEqual(ids.filter((job) => job.kind === kind));
    }
    for (const status of ['pending', 'completed']) {
      expect(shown(await walk(`&status=${status}`, 2))).toEqual(ids.filter((job) => job.status === status));
    }
    expect(await walk('&kind=toy&status=failed', 2)).toEqual([]);
  });

  it('rejects a kind that is not visible to clients, and a cursor of another list', async () => {
    const unseen = await api.call('GET', '/v1/jobs?kind=inspection');
    expect([unseen.status, unseen.json.details.field]).toEqual([400, 'kind']);
    const events = (await api.call('GET', '/v1/events')).json.next;
    for (const after of [events, 'jobs', Buffer.from('jobs.1.x').toString('base64url')]) {
      const rejected = await api.call('GET', `/v1/jobs?after=${after}`);
      expect([rejected.status, rejected.json.details.field]).toEqual([400, 'after']);
    }
  });

  it('returns to a key without `read` only its own jobs, and no job to another account', async () => {
    const key = await api.makeKey({ scopes: ['transcode'] });
    expect(await walk('', 10, key)).toEqual([]);
    const { rows } = await api.database.pg.query('SELECT id FROM api_keys ORDER BY created_at DESC LIMIT 1');
    const own = { id: uuidv7(), kind: 'toy', status: 'pending' };
    await insert(own, '2026-05-24 00:00:00+00', rows[0].id);
    expect(shown(await walk('', 10, key))).toEqual([own]);
    const stranger = await api.makeKey({ account: await api.makeAccount() });
    expect(await walk('', 10, stranger)).toEqual([]);
    const uploader = await api.makeKey({ scopes: ['upload'] });
    const rejected = await api.call('GET', '/v1/jobs', undefined, { authorization: `Bearer ${uploader}` });
    expect(rejected.status).toBe(403);
  });
});
