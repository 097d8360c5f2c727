import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../helpers/api.ts';

const UPLOAD = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: 1000 };
const JOB = { inputs: [{ url: 'https://source.example/clip.mp4' }], outputFormat: 'mp4' };

describe('with no space left above the reserve', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({}, { reserve: { percent: 0, bytes: Number.MAX_SAFE_INTEGER } });
  });
  afterAll(() => api?.close());

  it.each([
    ['/v1/upload/presigned-url', UPLOAD],
    ['/v1/transcodes', JOB],
  ])('POST %s returns 507 with a remedy', async (path, body) => {
    const { status, json } = await api.call('POST', path, body);
    expect([status, json.error, json.code]).toEqual([507, 'Storage is full', 'storage_full']);
    expect(json.message).toMatch(/in reserve.*erase jobs/);
    expect((await api.call('GET', '/v1/transcodes')).json.items).toEqual([]);
  });

  it.each([
    ['POST', '/v1/transcodes/batch', { jobs: [JOB], metadata: { text: 'x'.repeat(8000) } }],
    ['POST', '/v1/webhooks', { url: 'https://hook.example/' }],
    ['POST', '/v1/keys', { name: 'another' }],
    ['POST', '/v1/probe', { url: 'https://source.example/clip.mp4' }],
  ])('%s %s returns 507 and writes no row', async (method, path, body) => {
    const tables = ['batches', 'webhooks', 'api_keys', 'jobs', 'idempotency_keys', 'audit_log'];
    const count = async () => {
      const counts = tables.map((table) => `(SELECT count(*) FROM ${table})`).join(' + ');
      return (await api.database.pg.query(`SELECT ${counts} AS rows`)).rows[0].rows;
    };
    const before = await count();
    const { status, json } = await api.call(method, path, body, { 'idempotency-key': `low-${path}` });
    expect([status, json.code]).toEqual([507, 'storage_full']);
    expect(await count()).toBe(before);
  });

  it('requests that free space or stop work still succeed', async () => {
    const none = '01a221da-169b-7fee-a1ac-7e5a31187757';
    for (const [method, path] of [
      ['DELETE', `/v1/transcodes/${none}`],
      ['PATCH', `/v1/transcodes/${none}/cancel`],
      ['PATCH', `/v1/batches/${none}/cancel`],
      ['DELETE', '/v1/uploads/20200101-000000-none.mp4'],
      ['DELETE', `/v1/keys/${none}`],
      ['DELETE', `/v1/webhooks/${none}`],
    ] as const) {
      expect([path, (await api.call(method, path)).status]).toEqual([path, 404]);
    }
    expect((await api.call('POST', '/v1/transcodes/validate', JOB)).status).toBe(200);
  });

  it('every exemption from the rule names an existing route', async () => {
    const source = await readFile(new URL('../../src/api/plugins/reserve.ts', import.meta.url), 'utf8');
    const allowed = [...source.matchAll(/^ {2}'(\w+) (\S+)',$/gm)];
    expect(allowed.length).toBeGreaterThan(10);
    for (const [, method, url] of allowed) {
      expect([method, url, api.app.hasRoute({ method: method as 'POST', url: url! })]).toEqual([method, url, true]);
    }
  });

  it('the health check reports that storage fails, and the API stays ready for clients that erase', async () => {
    const health = await api.call('GET', '/health-check');
    expect(health.status).toBe(500);
    expect(health.json).toMatchObject({ ok: false, database: { ok: true }, storage: { ok: false, low_space: true } });
    const ready = await api.call('GET', '/readyz');
    expect([ready.status, ready.json]).toEqual([200, { ok: true, low_space: true }]);
  });
});

describe('with free space', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({}, { reserve: { percent: 0, bytes: 0 } });
  });
  afterAll(() => api?.close());

  it('the health check does not mention space', async () => {
    const health = await api.call('GET', '/health-check');
    expect(health.json.storage).toEqual({ ok: true });
    expect((await api.call('GET', '/readyz')).json).toEqual({ ok: true });
  });

  it('an account at its quota gets 507 for uploads and jobs, and other accounts are not affected', async () => {
    const account = await api.makeAccount({ max_stored_bytes: 1500 });
    const headers = { authorization: `Bearer ${await api.makeKey({ account })}` };
    expect((await api.call('POST', '/v1/upload/presigned-url', UPLOAD, headers)).status).toBe(200);
    const over = await api.call('POST', '/v1/upload/presigned-url', UPLOAD, headers);
    expect([over.status, over.json.code]).toEqual([507, 'storage_quota']);
    expect(over.json.details).toMatchObject({ metric: 'stored_bytes', limit: 1500, stored: 1000, required: 1000 });
    const half = { ...UPLOAD, fileSize: 500 };
    expect((await api.call('POST', '/v1/upload/presigned-url', half, headers)).status).toBe(200);
    expect((await api.call('POST', '/v1/transcodes', JOB, headers)).json).toMatchObject({ code: 'storage_quota' });
    expect((await api.call('POST', '/v1/upload/presigned-url', UPLOAD)).status).toBe(200);
    expect((await api.call('POST', '/v1/transcodes', JOB)).status).toBe(201);
  });

  it('an API that is about to stop is not ready, but still serves requests and then closes their connections', async () => {
    api.drain();
    const ready = await api.call('GET', '/readyz');
    expect([ready.status, ready.json.message]).toEqual([503, expect.stringContaining('about to stop')]);
    expect(ready.headers.get('retry-after')).toBe('1');
    expect((await api.call('GET', '/livez')).status).toBe(200);
    const list = await api.call('GET', '/v1/transcodes');
    expect([list.status, list.headers.get('connection')]).toEqual([200, 'close']);
  });
});
