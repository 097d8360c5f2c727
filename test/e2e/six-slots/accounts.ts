import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { ApiResponse, TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';

export const accountLimits = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let database: pg.Client;
  /** A source that never responds, so that jobs that fetch from it keep running. */
  let source: Awaited<ReturnType<typeof startSource>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-accounts-'));
    source = await startSource(() => {});
    service = given();
    await makeClip(join(folder, 'clip.mp4'), { seconds: 61, size: '64x64', rate: 2, audio: false });
    database = await openServiceDatabase(service);
  });
  afterAll(async () => {
    await database?.end();
    source.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function account(name: string, settings: Record<string, number> = {}): Promise<TestService> {
    const { key } = await service.makeKey('--account', name);
    for (const [column, value] of Object.entries(settings)) {
      await database.query(`UPDATE accounts SET ${column} = $1 WHERE name = $2`, [value, name]);
    }
    const headers = { authorization: `Bearer ${key}` };
    return {
      ...service,
      key,
      call: (method, path, body, more) => service.call(method, path, body, { ...headers, ...more }),
    };
  }
  const hanging = () => ({ inputs: [{ url: `${source.url}/never.mp4` }], outputFormat: 'mp3' });
  const create = (of: TestService, body: object) => of.call('POST', '/v1/transcodes', body);
  const count = async (of: TestService, status: string) =>
    (await of.call('GET', `/v1/transcodes?limit=1&status=${status}`)).json.total as number;
  const cancelAll = async (of: TestService) => {
    const { items } = (await of.call('GET', '/v1/transcodes?limit=100')).json;
    for (const job of items) await of.call('PATCH', `/v1/transcodes/${job.id}/cancel`);
  };
  function expectQuota(response: ApiResponse, required: number, limit: number, remaining: number) {
    expect(response).toMatchObject({
      status: 402,
      json: {
        error: 'Quota exceeded',
        code: 'quota_exceeded',
        details: { quotaExceeded: true, metric: 'minutes', required, limit, remaining },
      },
    });
  }

  it('count minutes rounded up, and cause a 402 if the month has too few minutes left', async () => {
    const small = await account('quota', { monthly_minutes: 4 });
    const { fileUrl } = await upload(small, join(folder, 'clip.mp4'));
    const job = { inputs: [{ url: fileUrl }], outputFormat: 'jpg' };
    const first = await small.call('POST', '/v1/transcodes?wait=30', job);
    expect(first.json).toMatchObject({ status: 'completed', billable_minutes: 2 });
    // Minutes are rounded up after the sum: two inputs of 61 s count as 3 minutes, not as 4.
    expectQuota(await create(small, { ...job, inputs: [{ url: fileUrl }, { url: fileUrl }] }), 3, 4, 2);
    expect((await small.call('POST', '/v1/transcodes?wait=30', job)).json.status).toBe('completed');
    expectQuota(await create(small, job), 2, 4, 0);
    expectQuota(await create(small, hanging()), 0, 4, 0);
    // Each month has its own quota.
    await database.query(`UPDATE usage_months SET month = month - interval '1 month'`);
    expect((await create(small, job)).status).toBe(201);
  });

  it('include the minutes that open jobs need, so that concurrent requests cannot exceed the quota', async () => {
    const small = await account('rush', { monthly_minutes: 4, max_concurrent: 1 });
    const { fileUrl } = await upload(small, join(folder, 'clip.mp4'));
    const blocker = await create(small, hanging());
    expect(blocker.status).toBe(201);
    const job = { inputs: [{ url: fileUrl }], outputFormat: 'mp4' };
    const responses = await Promise.all(Array.from({ length: 6 }, () => create(small, job)));
    expect(responses.map((response) => response.status).sort()).toEqual([201, 201, 402, 402, 402, 402]);
    // The minutes of a canceled job can be used again.
    const accepted = responses.find((response) => response.status === 201)!;
    await small.call('PATCH', `/v1/transcodes/${accepted.json.id}/cancel`);
    expect((await create(small, job)).status).toBe(201);
    await cancelAll(small);
  });

  it('reject waiting jobs beyond the maximum of the account, also when requests are concurrent', async () => {
    const busy = await account('queue', { max_queued: 3, max_concurrent: 1 });
    expect((await create(busy, hanging())).status).toBe(201);
    await until(async () => (await count(busy, 'processing')) === 1, { what: 'the first job to start' });
    const responses = await Promise.all(Array.from({ length: 8 }, () => create(busy, hanging())));
    expect(responses.map((response) => response.status).sort()).toEqual([201, 201, 201, 429, 429, 429, 429, 429]);
    const rejected = responses.find((response) => response.status === 429)!;
    expect(rejected.json).toEqual({
      error: 'Too many jobs are waiting',
      message: expect.stringContaining('Too many jobs are waiting'),
      code: 'queue_full',
      details: { metric: 'queued_jobs', limit: 3, waiting: 3 },
      docs: `${service.api}/docs/errors#queue_full`,
    });
    expect(Number(rejected.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await cancelAll(busy);
    expect((await create(busy, hanging())).status).toBe(201);
    await cancelAll(busy);
  });

  it("allow exactly the account's number of concurrent jobs, alongside jobs of other accounts", async () => {
    const two = await account('two', { max_concurrent: 2 });
    const other = await account('other');
    await Promise.all(Array.from({ length: 7 }, () => create(two, hanging())));
    await until(async () => (await count(two, 'processing')) === 2, { what: 'two jobs to run' });
    await create(other, hanging());
    await until(async () => (await count(other, 'processing')) === 1, { what: 'a job of the other account to start' });
    expect([await count(two, 'processing'), await count(two, 'pending')]).toEqual([2, 5]);
    // Each job that ends lets exactly one more job start.
    for (let left = 4; left >= 2; left--) {
      const running = (await two.call('GET', '/v1/transcodes?status=processing')).json.items[0];
      await two.call('PATCH', `/v1/transcodes/${running.id}/cancel`);
      await until(async () => (await count(two, 'pending')) === left, { what: 'the next job to start' });
      expect(await count(two, 'processing')).toBe(2);
    }
    await cancelAll(two);
    await cancelAll(other);
  });
};
