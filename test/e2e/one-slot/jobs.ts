import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { ApiResponse, TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { stopFfmpegs } from '../../helpers/processes.ts';

const FINAL = ['completed', 'failed', 'canceled'];

export const jobs = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let clip: string;
  let long: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-jobs-'));
    service = given();
    await Promise.all([
      makeClip(join(folder, 'clip.mp4')),
      makeClip(join(folder, 'long.mp4'), { seconds: 90, rate: 30, audio: false }),
    ]);
    clip = (await upload(service, join(folder, 'clip.mp4'))).fileUrl;
    long = (await upload(service, join(folder, 'long.mp4'))).fileUrl;
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const quick = (extra: object = {}) => ({ inputs: [{ url: clip }], outputFormat: 'mp3', ...extra });
  const slow = () => ({
    inputs: [{ url: long }],
    outputFormat: 'mp4',
    options: [{ option: '-preset', argument: 'veryslow' }],
  });
  const create = (body: object, headers?: Record<string, string>, query = '') =>
    service.call('POST', `/v1/transcodes${query}`, body, headers);
  const cancel = (id: string) => service.call('PATCH', `/v1/transcodes/${id}/cancel`);
  const totalJobs = async () => Number((await service.call('GET', '/v1/transcodes?limit=1')).json.total);

  describe('Idempotency-Key', () => {
    it('creates one job and returns one response for repeated and concurrent requests with the same body, in any order of fields', async () => {
      const before = await totalJobs();
      const headers = { 'idempotency-key': 'job-1' };
      const responses: ApiResponse[] = await Promise.all(Array.from({ length: 6 }, () => create(quick(), headers)));
      responses.push(await create({ outputFormat: 'mp3', inputs: [{ url: clip }] }, headers));
      expect(responses.map((response) => response.status)).toEqual(Array(7).fill(201));
      expect(new Set(responses.map((response) => response.text)).size).toBe(1);
      expect(new Set(responses.map((response) => response.headers.get('location'))).size).toBe(1);
      expect(await totalJobs()).toBe(before + 1);
      await service.call('GET', `/v1/transcodes/${responses[0]!.json.id}?wait=30`);
      expect((await create(quick(), headers)).text).toBe(responses[0]!.text);
    });

    it('returns 409 for another body, also if two different bodies arrive concurrently', async () => {
      const headers = { 'idempotency-key': 'job-2' };
      const responses = await Promise.all([create(quick(), headers), create(quick({ outputFormat: 'wav' }), headers)]);
      expect(responses.map((response) => response.status).sort()).toEqual([201, 409]);
      const rejected = responses.find((response) => response.status === 409)!;
      expect(rejected.json).toMatchObject({
        error: 'Idempotency-Key was used with another body',
        code: 'idempotency_conflict',
      });
      const metadata = await create(quick({ metadata: { a: 1 } }), headers);
      expect(metadata.status).toBe(409);
    });

    it('is not stored for a rejected request, so that the corrected request can have the same key', async () => {
      const headers = { 'idempotency-key': 'job-3' };
      expect((await create(quick({ inputs: [{ url: 'gs://airlock/no.mp4' }] }), headers)).status).toBe(422);
      expect((await create(quick(), headers)).status).toBe(201);
    });

    it('is separate for each account and each route', async () => {
      const { key } = await service.makeKey('--account', 'neighbour');
      const headers = { 'idempotency-key': 'job-1', authorization: `Bearer ${key}` };
      const upload = { filename: 'a.mp4', contentType: 'video/mp4', fileSize: 1 };
      expect((await service.call('POST', '/v1/upload/presigned-url', upload, headers)).status).toBe(200);
      expect((await service.call('POST', '/v1/keys', { name: 'x' }, headers)).status).toBe(201);
      expect((await create(quick(), headers)).json.code).toBe('source_not_owned');
    });

    it('creates one API key for a repeated request, and returns the raw key only once', async () => {
      const headers = { 'idempotency-key': 'key-1' };
      const first = await service.call('POST', '/v1/keys', { name: 'once' }, headers);
      const again = await service.call('POST', '/v1/keys', { name: 'once' }, headers);
      expect([first.status, again.status]).toEqual([201, 201]);
      expect(first.json.key).toMatch(/^al_live_/);
      expect(again.json).toEqual({ ...first.json, key: null });
      expect((await service.call('POST', '/v1/keys', { name: 'other' }, headers)).status).toBe(409);
    });
  });

  describe('a request with ?wait=', () => {
    it('returns when the job is final, both for a create and for a read', async () => {
      const created = await create(quick(), {}, '?wait=30');
      expect([created.status, created.json.status]).toEqual([201, 'completed']);
      expect(created.headers.get('location')).toBe(`/v1/transcodes/${created.json.id}`);
      const { json } = await create(quick());
      const at = performance.now();
      expect((await service.call('GET', `/v1/transcodes/${json.id}?wait=60`)).json.status).toBe('completed');
      expect(performance.now() - at).toBeLessThan(10_000);
    });

    it('returns after the requested number of seconds if the job is not final', async () => {
      const { json: job } = await create(slow());
      await stopFfmpegs(service);
      const at = performance.now();
      const response = await service.call('GET', `/v1/transcodes/${job.id}?wait=1`);
      const took = performance.now() - at;
      expect(response.status).toBe(200);
      expect(FINAL).not.toContain(response.json.status);
      expect(took).toBeGreaterThanOrEqual(990);
      // The limit is far below the 60 seconds of the next request, but high enough for a busy machine.
      expect(took).toBeLessThan(20_000);
      // This request returns early when the job is canceled.
      const waiting = service.call('GET', `/v1/transcodes/${job.id}?wait=60`);
      await cancel(job.id);
      expect((await waiting).json.status).toBe('canceled');
    });

    it('returns progress, speed and remaining time while FFmpeg runs', async () => {
      const { json: job } = await create(slow());
      const seen = await until(
        async () => {
          const { json } = await service.call('GET', `/v1/transcodes/${job.id}`);
          return json.progress > 0 && json.status === 'processing' ? json : null;
        },
        { what: 'progress' },
      );
      expect(seen.progress).toBeLessThan(1);
      expect(seen).toMatchObject({
        speed: expect.any(Number),
        fps: expect.any(Number),
        eta_seconds: expect.any(Number),
      });
      await cancel(job.id);
    });

    it('is rejected unless the value is a number of seconds up to 60', async () => {
      for (const wait of ['61', '-1', 'soon', 'NaN', 'Infinity']) {
        const response = await service.call('GET', `/v1/transcodes/00000000-0000-7000-8000-000000000000?wait=${wait}`);
        expect([wait, response.status, response.json.details?.field]).toEqual([wait, 400, 'wait']);
      }
    });

    it('is not delayed by clients that have disconnected', async () => {
      const { json: job } = await create(slow());
      const gone = new AbortController();
      const calls = Array.from({ length: 40 }, () =>
        fetch(`${service.api}/v1/transcodes/${job.id}?wait=60`, {
          signal: gone.signal,
          headers: { authorization: `Bearer ${service.key}` },
        }).catch(() => null),
      );
      await stopFfmpegs(service);
      gone.abort();
      await Promise.all(calls);
      expect((await service.call('GET', '/health-check')).status).toBe(200);
      expect((await cancel(job.id)).status).toBe(200);
    });
  });

  describe('the list of jobs', () => {
    /** Creates jobs in a new account. Returns them with the oldest first. */
    async function history() {
      const { key } = await service.makeKey('--account', `lister-${Math.random()}`);
      const headers = { authorization: `Bearer ${key}` };
      const url = 'https://media.example.com/a.mp4';
      // The only slot is busy, so none of the jobs starts and fails before it is canceled.
      const blocker = (await create(slow())).json.id;
      await stopFfmpegs(service);
      const jobs = [];
      for (let count = 0; count < 5; count++) {
        const { json } = await create({ inputs: [{ url }], outputFormat: 'mp3', metadata: { count } }, headers);
        jobs.push((await service.call('PATCH', `/v1/transcodes/${json.id}/cancel`, undefined, headers)).json.job);
      }
      await cancel(blocker);
      const list = (query: string) => service.call('GET', `/v1/transcodes${query}`, undefined, headers);
      return { jobs, list, headers };
    }
    const ids = (response: ApiResponse) => response.json.items.map((job: { id: string }) => job.id);

    it('is sorted from newest to oldest, and has pages and a total', async () => {
      const { jobs, list } = await history();
      const newest = jobs.map((job) => job.id).reverse();
      const all = await list('');
      expect(all.json).toMatchObject({ page: 1, limit: 20, total: 5 });
      expect(Object.keys(all.json)).toEqual(['items', 'page', 'limit', 'total', 'next']);
      expect(all.headers.get('x-total-count')).toBe('5');
      expect(ids(all)).toEqual(newest);
      expect(all.json.items[0]).toEqual({ ...jobs[4], shortened: false });
      const second = await list('?limit=2&page=2');
      expect([ids(second), second.json.total, second.headers.get('x-total-count')]).toEqual([
        newest.slice(2, 4),
        5,
        '5',
      ]);
      expect(ids(await list('?limit=2&page=3'))).toEqual(newest.slice(4));
      expect((await list('?limit=2&page=4')).json).toMatchObject({ items: [], page: 4, limit: 2, total: 5 });
    });

    it('is filtered by status, and by updated_at with both bounds included', async () => {
      const { jobs, list, headers } = await history();
      const open = (await create({ inputs: [{ url: 'https://10.0.0.1' }], outputFormat: 'mp3' }, headers)).status;
      expect(open).toBe(422);
      expect((await list('?status=canceled')).json.total).toBe(5);
      expect((await list('?status=completed')).json).toMatchObject({ items: [], total: 0 });
      const times = jobs.map((job) => job.updated_at);
      expect(ids(await list(`?since=${times[1]}&until=${times[3]}`))).toEqual([jobs[3].id, jobs[2].id, jobs[1].id]);
      expect(ids(await list(`?since=${times[2]}&until=${times[2]}`))).toEqual([jobs[2].id]);
      expect((await list(`?since=${new Date(Date.parse(times[4]) + 1).toISOString()}`)).json.total).toBe(0);
      expect((await list(`?until=${new Date(Date.parse(times[0]) - 1).toISOString()}`)).json.total).toBe(0);
      expect((await list(`?since=${encodeURIComponent(times[0].replace('Z', '+00:00'))}`)).json.total).toBe(5);
      expect((await list(`?since=${times[0].slice(0, 10)}`)).json.total).toBe(5);
    });

    it('is filtered by times to the microsecond, as clients see them', async () => {
      const { jobs, list } = await history();
      const database = await openServiceDatabase(service);
      await database.query(
        `UPDATE jobs SET created_at = '2026-01-01', updated_at = '2026-01-01T00:00:00.123999Z' WHERE id = $1`,
        [jobs[0].id],
      );
      await database.end();
      const at = '2026-01-01T00:00:00.123Z';
      expect(ids(await list(`?since=2025-12-31T00:00:00Z&until=${at}`))).toEqual([jobs[0].id]);
      expect((await list(`?until=${at}`)).json.items[0].updated_at).toBe(at);
    });

    it.each([
      'status=cancelled',
      'status=done',
      'limit=0',
      'limit=101',
      'limit=x',
      'page=0',
      'page=1.5',
      'since=yesterday',
      'until=2026-13-01',
      'since=2026-02-30T00:00:00Z',
    ])('rejects %s', async (query) => {
      const response = await service.call('GET', `/v1/transcodes?${query}`);
      expect([response.status, response.json.code, response.json.details.field]).toEqual([
        400,
        'invalid_request',
        query.split('=')[0],
      ]);
    });
  });
};
