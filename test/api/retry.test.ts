import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../helpers/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi({}, {}, { allow: ['127.0.0.1/32'], ports: [443] });
});
afterAll(() => api?.close());

// biome-ignore lint/suspicious/noExplicitAny: read field by field
type Json = any;

async function create(body: object): Promise<string> {
  const { status, json } = await api.call('POST', '/v1/transcodes', body);
  expect([status, json.error]).toEqual([201, undefined]);
  return json.id;
}

/** Creates a job, and cancels it. */
async function ended(body: object): Promise<string> {
  const id = await create(body);
  expect((await api.call('PATCH', `/v1/transcodes/${id}/cancel`)).status).toBe(200);
  return id;
}

const retry = (id: string, headers: Record<string, string> = {}) =>
  api.call('POST', `/v1/transcodes/${id}/retry`, undefined, headers);

async function requestOf(id: string): Promise<Json> {
  const { request } = (await api.call('GET', `/v1/transcodes/${id}/details`)).json;
  return request;
}

describe('a retry of a job that has ended', () => {
  it('creates a new job with the same inputs, outputs, options, limits, metadata and priority', async () => {
    const inputs = [{ url: await api.upload(), options: [{ option: '-ss', argument: '1' }] }];
    const outputs = [
      { outputFormat: 'mp4', options: [{ option: '-crf', argument: '30' }] },
      { outputFormat: 'jpg', name: 'poster' },
    ];
    const rest = { metadata: { order: 7 }, priority: 3, limits: { wall_seconds: 100 }, retention_seconds: 600 };
    const webhook = { webhook_url: 'https://hooks.example.org/end?token=secret' };
    const id = await ended({ inputs, outputs, ...rest, ...webhook });
    const { status, json, headers } = await retry(id);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/transcodes/${json.id}`);
    expect(json).toMatchObject({ status: 'pending', metadata: { user: { order: 7 } }, priority: 3, warnings: [] });
    expect(json.id).not.toBe(id);
    expect(await requestOf(json.id)).toEqual(await requestOf(id));
    const { rows } = await api.database.pg.query(
      'SELECT retention_seconds, webhook_sealed IS NOT NULL AS calls FROM jobs WHERE id = ANY($1)',
      [[id, json.id]],
    );
    expect(rows).toEqual(Array(2).fill({ retention_seconds: 600, calls: true }));
    expect((await api.call('GET', `/v1/transcodes/${id}`)).json.status).toBe('canceled');
  });

  it('uses the version of the template with which the job ran, and can itself be retried', async () => {
    const id = await ended({ inputs: [{ url: 'https://source.example.org/a.mov' }], template: 'airlock/web' });
    const first = (await retry(id)).json;
    await api.call('PATCH', `/v1/transcodes/${first.id}/cancel`);
    const second = (await retry(first.id)).json;
    expect(await requestOf(second.id)).toEqual(await requestOf(id));
  });

  it('creates one job for one Idempotency-Key, and another job for another job with the same key', async () => {
    const body = { inputs: [{ url: 'https://source.example.org/a.mov' }], outputFormat: 'mp4' };
    const [id, other] = [await ended(body), await ended(body)];
    const key = { 'idempotency-key': 'once' };
    const ids = [await retry(id, key), await retry(id, key), await retry(other, key)].map(({ json }) => json.id);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it.each([
    ['a URL with a query', { inputs: [{ url: 'https://source.example.org/a.mov?token=s' }] }, 'inputs[0].url'],
    [
      'a subtitle URL with a query',
      {
        inputs: [{ url: 'https://source.example.org/a.mov' }],
        options: [{ option: '-vf', argument: "subtitles='https://source.example.org/a.srt?token=s'" }],
      },
      'options[0].argument',
    ],
    [
      'a presigned destination',
      {
        inputs: [{ url: 'https://source.example.org/a.mov' }],
        destination: { url: 'https://bucket.example.org/out.mp4?signature=s' },
      },
      'destination.url',
    ],
  ])('is rejected with 409 if the request had %s, of which Airlock keeps no secrets', async (_, body, field) => {
    const { status, json } = await retry(await ended({ outputFormat: 'mp4', ...body }));
    expect([status, json.code, json.details.field]).toEqual([409, 'retry_not_possible', field]);
    expect(json.details).toMatchObject({ reason: expect.any(String), remedy: expect.stringContaining('new job') });
  });

  it('is rejected with 409 while the job is open, after it is erased, and after its upload is deleted', async () => {
    const url = await api.upload();
    const id = await create({ inputs: [{ url }], outputFormat: 'mp4' });
    const reasonOf = async () => {
      const { status, json } = await retry(id);
      return [status, json.code, json.details.reason];
    };
    expect(await reasonOf()).toEqual([409, 'retry_not_possible', 'names a job that is pending']);
    await api.call('PATCH', `/v1/transcodes/${id}/cancel`);
    expect((await api.call('DELETE', `/v1/uploads/${url.split('/').at(-1)}`)).status).toBe(200);
    expect(await reasonOf()).toEqual([409, 'retry_not_possible', 'has been deleted']);
    await api.call('DELETE', `/v1/transcodes/${id}`);
    expect(await reasonOf()).toEqual([409, 'retry_not_possible', 'names a job that is erased, with its request']);
  });

  it('requires the scope transcode, and returns 404 for a job of another account or of another key', async () => {
    const id = await ended({ inputs: [{ url: 'https://source.example.org/a.mov' }], outputFormat: 'mp4' });
    const account = await api.makeAccount();
    const statusOf = async (key: string) => (await retry(id, { authorization: `Bearer ${key}` })).status;
    expect(await statusOf(await api.makeKey({ scopes: ['read'] }))).toBe(403);
    expect(await statusOf(await api.makeKey({ account }))).toBe(404);
    expect(await statusOf(await api.makeKey({ scopes: ['transcode'] }))).toBe(404);
    expect(await statusOf(await api.makeKey({ scopes: ['transcode', 'read'] }))).toBe(201);
  });
});
