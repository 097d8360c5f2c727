import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

let api: TestApi;
let fileUrl: string;
let origin: string;
beforeAll(async () => {
  api = await startApi({}, {}, { allow: ['127.0.0.1/32'], ports: [443] });
  fileUrl = await api.upload();
  origin = await api.listen();
});
afterAll(() => api?.close());

const good = (more: object = {}) => ({ inputs: [{ url: fileUrl }], outputFormat: 'mp3', ...more });
const send = (jobs: unknown[], more: object = {}, headers = {}) =>
  api.call('POST', '/v1/transcodes/batch', { jobs, ...more }, headers);
const read = async (id: string) => (await api.call('GET', `/v1/batches/${id}`)).json;
const cancelJob = (id: string) => api.call('PATCH', `/v1/transcodes/${id}/cancel`);
const codes = (items: { error?: { code: string } }[]) => items.map(({ error }) => error?.code ?? null);
const jobCount = async () => (await api.call('GET', '/v1/transcodes?limit=1')).json.total as number;

/** Opens a stream. The promise resolves with the types of its events once the stream has ended. */
async function streamed(path: string): Promise<{ types: Promise<string[]> }> {
  const headers = { authorization: `Bearer ${api.key}`, accept: 'text/event-stream' };
  const response = await fetch(origin + path, { headers });
  const types = response.text().then((text) => [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1]!));
  return { types };
}

describe('a batch', () => {
  it('accepts or rejects each entry separately, as a create would', async () => {
    const never = 'gs://airlock/20200101-000000-never.mp4';
    const created = await send([
      good({ metadata: { number: 1 } }),
      good({ options: [{ option: '-f', argument: 'mp4' }] }),
      { inputs: [{ url: fileUrl }], output_fromat: 'mp3' },
      good({ inputs: [{ url: never }] }),
      null,
      'text',
      good({ inputs: [{ url: 'http://10.0.0.1/secret?token=s3cret' }] }),
      good({ unknwon: 1 }),
    ]);
    expect(created.status).toBe(201);
    const { id, items } = created.json;
    expect(created.headers.get('location')).toBe(`/v1/batches/${id}`);
    expect(created.json).toMatchObject({ status: 'pending', total: 8, accepted: 2, refused: 6 });
    expect(items.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(codes(items)).toEqual([
      ...[null, 'option_refused', 'invalid_request', 'source_not_owned'],
      ...['invalid_request', 'invalid_request', 'source_refused', null],
    ]);
    expect(items[0]).toMatchObject({
      status: 'accepted',
      job: { status: 'pending', metadata: { user: { number: 1 } } },
    });
    expect(items[2]).toMatchObject({ status: 'refused', error: { details: { field: 'outputFormat' } } });
    expect(items[2].error.message).toContain('rename "output_fromat" to "outputFormat"');
    expect(items[7].job.warnings[0]).toMatchObject({ field: 'unknwon' });
    expect([items[0].job.queue_position, items[7].job.queue_position]).toEqual([1, 2]);
    expect(created.text).not.toContain('s3cret');
    const alone = await api.call('POST', '/v1/transcodes', good({ inputs: [{ url: never }] }));
    // The stored response of a batch contains no address of the service, so `docs` is a path.
    expect(items[3].error).toEqual({ ...alone.json, docs: '/docs/errors#source_not_owned' });
    const shown = await read(id);
    // A later read returns the code of a rejected entry, but not the details of the error.
    const withoutErrors = (batch: { items: object[] }) => ({
      ...batch,
      items: batch.items.map((item) => ({ ...item, error: null })),
    });
    expect(withoutErrors(shown)).toEqual(withoutErrors(created.json));
    expect(codes(shown.items)).toEqual(codes(items));
    expect(shown.items[2].error.message).toContain('the response that created the batch had the details');
    expect((await api.call('GET', `/v1/transcodes/${items[0].job.id}`)).json.id).toBe(items[0].job.id);
  });

  it('stores a few bytes of each rejected entry, and nothing if the account cannot create any job', async () => {
    const account = await api.makeAccount({ max_stored_bytes: 0 });
    const headers = { authorization: `Bearer ${await api.makeKey({ account })}`, 'idempotency-key': 'none' };
    const remote = { inputs: [{ url: 'https://source.example/clip.mp4' }], outputFormat: 'mp3' };
    const none = await send(Array(100).fill(remote), {}, headers);
    expect([none.status, none.json.code]).toEqual([507, 'storage_quota']);
    const { rows: kept } = await api.database.pg.query(
      `SELECT (SELECT count(*) FROM batches WHERE account_id = $1) AS batches,
         (SELECT count(*) FROM idempotency_keys WHERE account_id = $1) AS answers`,
      [account.id],
    );
    expect(kept).toEqual([{ batches: 0, answers: 0 }]);
    const { id } = (await send(Array(100).fill({ inputs: [{ url: 'x' }], wrong: 'y'.repeat(500) }))).json;
    const { rows } = await api.database.pg.query(
      'SELECT octet_length(refusals_sealed) AS bytes FROM batches WHERE id = $1',
      [id],
    );
    expect(rows[0].bytes).toBeLessThan(6_000);
  });

  it('contains between 1 and 100 jobs', async () => {
    const before = await jobCount();
    const many = await send(Array(101).fill(good()));
    expect([many.status, many.json.code, many.json.details.field]).toEqual([400, 'invalid_request', 'jobs']);
    expect(many.json.message).toMatch(/at most 100 jobs/);
    expect((await send([])).json.message).toMatch(/at least one job/);
    for (const body of [{}, { jobs: {} }, { jobs: 'x' }, []]) {
      expect([body, (await api.call('POST', '/v1/transcodes/batch', body)).status]).toEqual([body, 400]);
    }
    const huge = { jobs: [good({ metadata: { text: 'x'.repeat(2 ** 20) } })] };
    expect((await api.call('POST', '/v1/transcodes/batch', huge)).json.code).toBe('body_too_large');
    expect((await send(Array(50).fill(Array(100).fill(0)))).json.message).toMatch(/more than 5000 values/);
    expect(await jobCount()).toBe(before);
    const full = await send(Array(100).fill(good()));
    expect([full.status, full.json.accepted, full.json.items.length]).toEqual([...[201, 100, 100]]);
    expect((await api.call('PATCH', `/v1/batches/${full.json.id}/cancel`)).json.canceled).toBe(100);
  });

  it('rejects the entries that exceed the limits of its account, and accepts the entries before them', async () => {
    const account = await api.makeAccount({ max_queued: 2 });
    const headers = { authorization: `Bearer ${await api.makeKey({ account })}` };
    const remote = good({ inputs: [{ url: 'https://example.org/a.mp4' }] });
    const { json } = await send([remote, remote, remote, remote], {}, headers);
    expect([json.accepted, codes(json.items)]).toEqual([2, [null, null, 'queue_full', 'queue_full']]);
  });

  it('returns the same response for the same Idempotency-Key, until one of its jobs is erased', async () => {
    const key = { 'idempotency-key': 'batch-1' };
    const before = await jobCount();
    const [first, second] = await Promise.all([send([good()], {}, key), send([good()], {}, key)]);
    expect([first.status, second.status, second.text]).toEqual([201, 201, first.text]);
    expect(await jobCount()).toBe(before + 1);
    expect((await send([good(), good()], {}, key)).json.code).toBe('idempotency_conflict');
    await api.call('DELETE', `/v1/transcodes/${first.json.items[0].job.id}`);
    fileUrl = await api.upload();
    expect((await send([good()], {}, key)).json.code).toBe('idempotency_key_used');
  });

  it('is complete when its last job is final, and records one event', async () => {
    const { id, items } = (await send([good(), good({ outputFormat: 'exe' }), good()])).json;
    const [first, , last] = items.map(({ job }: { job?: { id: string } }) => job?.id);
    await cancelJob(first);
    expect(await read(id)).toMatchObject({
      status: 'processing',
      completed_at: null,
      jobs: { pending: 1, canceled: 1 },
    });
    await cancelJob(last);
    expect(await read(id)).toMatchObject({
      status: 'completed',
      completed_at: expect.any(String),
      jobs: { canceled: 2 },
    });
    const { rows } = await api.database.pg.query('SELECT type, data FROM events WHERE batch_id = $1', [id]);
    const counts = { total: 3, accepted: 2, refused: 1, completed: 0, failed: 0, canceled: 2 };
    expect(rows).toEqual([{ type: 'batch.completed', data: { v: 1, ...counts } }]);
    const again = await api.call('PATCH', `/v1/batches/${id}/cancel`);
    expect([again.status, again.json.code, again.json.error]).toEqual([
      409,
      'batch_final',
      'Cannot cancel batch in status: completed',
    ]);
  });

  it('is complete when two jobs end at the same moment', async () => {
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const { id, items } = (await send([good(), good(), good()])).json;
        await Promise.all(items.map(({ job }: { job: { id: string } }) => cancelJob(job.id)));
        return id as string;
      }),
    );
    const { rows } = await api.database.pg.query(
      `SELECT count(*)::int AS events FROM events WHERE batch_id = ANY($1) AND type = 'batch.completed'`,
      [ids],
    );
    expect(rows[0].events).toBe(5);
    for (const id of ids) expect((await read(id)).status).toBe('completed');
  });

  it('a batch without an accepted job is complete immediately', async () => {
    const { json } = await send([null]);
    expect(json).toMatchObject({ status: 'completed', accepted: 0, refused: 1, completed_at: expect.any(String) });
  });

  it('can be canceled', async () => {
    const { id, items } = (await send([good(), good()])).json;
    await cancelJob(items[0].job.id);
    const { status, json } = await api.call('PATCH', `/v1/batches/${id}/cancel`);
    expect([status, json]).toMatchObject([200, { canceled: 1, batch: { status: 'canceled', jobs: { canceled: 2 } } }]);
  });

  it('lists its own events and the events of its jobs, as pages and as a stream that ends', async () => {
    const { id, items } = (await send([good(), good()], { metadata: { campaign: 'x' } })).json;
    const all = await streamed(`/v1/batches/${id}/events`);
    const only = await streamed(`/v1/batches/${id}/events?types=transcode.queued`);
    for (const { job } of items) await cancelJob(job.id);
    expect((await all.types).sort()).toEqual([
      ...['batch.completed', 'transcode.canceled', 'transcode.canceled', 'transcode.queued', 'transcode.queued'],
    ]);
    expect(await only.types).toEqual(['transcode.queued', 'transcode.queued']);
    const late = await streamed(`/v1/batches/${id}/events?types=batch.completed`);
    expect(await late.types).toEqual(['batch.completed']);
    const { events } = (await api.call('GET', `/v1/batches/${id}/events`)).json;
    expect(events).toHaveLength(5);
    const end = events.find(({ type }: { type: string }) => type === 'batch.completed');
    expect(end.data).toMatchObject({ batch_id: id, canceled: 2, batch: { id, metadata: { user: { campaign: 'x' } } } });
  });

  it('is not visible to another account, which gets the same 404 as for a batch that never existed', async () => {
    const { id } = (await send([good()])).json;
    const stranger = { authorization: `Bearer ${await api.makeKey({ account: await api.makeAccount() })}` };
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/events'],
      ['PATCH', '/cancel'],
    ] as const) {
      const hidden = await api.call(method, `/v1/batches/${id}${rest}`, undefined, stranger);
      const never = await api.call(method, `/v1/batches/0192f3c1-0000-7000-8000-000000000000${rest}`);
      expect([rest, hidden.status, hidden.text]).toEqual([rest, 404, never.text]);
    }
    expect((await read(id)).status).toBe('pending');
    const reader = { authorization: `Bearer ${await api.makeKey({ scopes: ['read'] })}` };
    expect((await send([good()], {}, reader)).status).toBe(403);
  });

  it('contains no text after its retention has ended', async () => {
    const { id, items } = (await send([good(), null], { metadata: { name: 'secret' } })).json;
    await cancelJob(items[0].job.id);
    await api.database.pg.query('UPDATE batches SET expires_at = now() WHERE id = $1', [id]);
    await sweepExpired(api.context);
    const shown = await read(id);
    expect([shown.metadata.user, shown.refused, codes(shown.items)]).toEqual([null, 1, [null]]);
  });

  it('contains no text after its last job is erased, also when two jobs are erased at the same moment', async () => {
    const source = await api.upload();
    const jobs = [1, 2, 3].map(() => ({ inputs: [{ url: source }], outputFormat: 'mp3' }));
    const { id, items } = (await send([...jobs, null], { metadata: { name: 'secret' } })).json;
    const erase = (index: number) => api.call('DELETE', `/v1/transcodes/${items[index].job.id}`);
    expect((await erase(0)).status).toBe(200);
    expect((await read(id)).metadata.user).toEqual({ name: 'secret' });
    await Promise.all([erase(1), erase(2)]);
    const shown = await read(id);
    expect([shown.status, shown.metadata.user, shown.refused]).toEqual(['completed', null, 1]);
    expect(codes(shown.items)).toEqual([null, null, null]);
  });

  it('locks its uploads in a fixed order, so that concurrent batches of the same uploads do not deadlock', async () => {
    const urls = [fileUrl, await api.upload(), await api.upload()];
    const jobs = urls.map((url) => good({ inputs: [{ url }] }));
    const responses = await Promise.all(
      Array.from({ length: 6 }, (_, turn) => send(turn % 2 === 0 ? jobs : [...jobs].reverse())),
    );
    expect(responses.map(({ status, json }) => [status, json.accepted])).toEqual(Array(6).fill([201, 3]));
  });
});
