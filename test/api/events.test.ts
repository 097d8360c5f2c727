import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

describe('GET /v1/events', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.close());

  /**
   * Waits until every transaction that began before this moment has ended, because events become visible only then. Transactions of other
   * tests count as well.
   */
  const settle = async () => {
    const { rows } = await sql<{ tx: string }>`SELECT pg_current_xact_id()::text AS tx`.execute(api.context.db);
    const over = sql<{ over: boolean }>`
      SELECT pg_snapshot_xmin(pg_current_snapshot()) > ${rows[0]!.tx}::text::xid8 AS over`;
    await until(async () => (await over.execute(api.context.db)).rows[0]!.over, { what: 'the end of transactions' });
  };
  const get = async (query = '', headers = {}) => {
    await settle();
    return api.call('GET', `/v1/events${query}`, undefined, headers);
  };
  const ofJob = async (id: string, headers = {}) => {
    await settle();
    return api.call('GET', `/v1/transcodes/${id}/events`, undefined, headers);
  };
  const create = async () =>
    (await api.call('POST', '/v1/transcodes', { inputs: [{ url: await api.upload() }], outputFormat: 'mp3' })).json.id;
  const typesOf = (events: { type: string }[]) => events.map(({ type }) => type);

  it('returns events of uploads, jobs and keys, oldest first, and continues after a cursor', async () => {
    const id = await create();
    await cancelJob(api.context, api.account.id, 'transcode', id);
    const { events, next } = (await get()).json;
    expect(typesOf(events)).toEqual(['key.created', 'upload.confirmed', 'transcode.queued', 'transcode.canceled']);
    expect(events[1].data).toEqual({ upload_id: expect.any(String) });
    expect(events[2].data).toEqual({ job_id: id, position: null, expected_start_at: null });
    expect(events[3].data).toMatchObject({ job_id: id, job: { id, status: 'canceled' } });
    expect((await get(`?after=${next}`)).json).toEqual({ events: [], next });
    const again = await create();
    const more = (await get(`?after=${next}`)).json;
    expect(typesOf(more.events)).toEqual(['upload.confirmed', 'transcode.queued']);
    expect(more.events[1].data.job_id).toBe(again);
    const byPage = [];
    for (let after = ''; ; ) {
      const page = (await get(`?limit=1${after}`)).json;
      if (page.events.length === 0) break;
      byPage.push(...page.events);
      after = `&after=${page.next}`;
    }
    expect(byPage.map((event) => event.id)).toEqual([...events, ...more.events].map((event) => event.id));
  });

  it('filters by types and by job, and returns the same events as the path of the job', async () => {
    const id = await create();
    const { events } = (await get(`?job=${id}&types=transcode.queued,transcode.canceled`)).json;
    expect(typesOf(events)).toEqual(['transcode.queued']);
    expect((await ofJob(id)).json.events).toEqual(events);
    const unknown = await get('?types=transcode.done');
    expect([unknown.status, unknown.json.details.field]).toEqual([400, 'types']);
  });

  it('returns the events of an erased job without its texts, and no event of another account', async () => {
    const metadata = { note: 'private words' };
    const { id } = (
      await api.call('POST', '/v1/transcodes', { inputs: [{ url: await api.upload() }], outputFormat: 'mp3', metadata })
    ).json;
    await cancelJob(api.context, api.account.id, 'transcode', id);
    expect((await get(`?job=${id}`)).text).toContain('private words');
    await eraseJob(api.context, api.account.id, 'transcode', id, { actor: 'test', ip: null, requestId: null });
    const after = await get(`?job=${id}`);
    expect(typesOf(after.json.events)).toEqual(['transcode.queued', 'transcode.canceled', 'transcode.deleted']);
    expect(after.text).not.toContain('private words');
    const stranger = await api.makeKey({ account: await api.makeAccount() });
    const headers = { authorization: `Bearer ${stranger}` };
    expect(typesOf((await get('', headers)).json.events)).toEqual(['key.created']);
    expect((await ofJob(id, headers)).status).toBe(404);
    expect((await get(`?after=${after.json.next}`, headers)).status).toBe(410);
  });
});
