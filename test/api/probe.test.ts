import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { wakeWaiting } from '../../src/events/record.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { completeJob, failAttempt } from '../../src/jobs/finish.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { resultJson } from '../../src/kinds/probe-result.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const RESULT = {
  ...{ format: 'wav', duration_seconds: 1, size_bytes: 44, bit_rate: 352 },
  ...{ streams: [], subtitle_count: 0, container: null },
};

describe('a probe', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.close());

  const body = { url: 'https://example.org/secret.wav?token=s3cret' };
  const claim = () =>
    until(() => claimJob(api.context, 'interactive', { worker: { id: uuidv7(), tier: 'bwrap' } }), {
      what: 'the probe',
    });
  const rows = async () =>
    (
      await api.database.pg.query(`SELECT jobs.*, url_sealed, source_sealed FROM jobs
      JOIN job_sources ON job_id = jobs.id WHERE jobs.kind = 'probe' ORDER BY jobs.created_at DESC`)
    ).rows;
  const complete = async () => {
    const claimed = await claim();
    await completeJob(api.context, claimed, {
      ...{ outputs: [], warnings: [], inputSeconds: null, attempt: null, plan: resultJson.write(RESULT as never) },
      apply: (tx) => wakeWaiting(tx, claimed.job.id),
    });
  };

  it('returns the result of a worker, is not listed as a job, and leaves no text', async () => {
    const response = api.call('POST', '/v1/probe', { ...body, unknwon: 1 });
    await complete();
    expect([(await response).status, (await response).json]).toMatchObject([
      200,
      { ...RESULT, warnings: [{ field: 'unknwon' }] },
    ]);
    expect((await api.call('GET', '/v1/transcodes')).json.total).toBe(0);
    const [{ id }] = await rows();
    expect((await api.call('GET', `/v1/transcodes/${id}`)).status).toBe(404);
    expect((await api.database.pg.query('SELECT FROM events WHERE job_id = $1', [id])).rows).toEqual([]);
    await api.database.pg.query(`UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = $1`, [id]);
    await sweepExpired(api.context);
    expect((await rows())[0]).toMatchObject({ plan_sealed: null, url_sealed: null, source_sealed: null });
  });

  it('returns the failure of its job if it fails', async () => {
    const response = api.call('POST', '/v1/probe', body);
    const failure = { code: 'invalid_media', message: 'The file is cut off.', retry: false } as const;
    await failAttempt(api.context, await claim(), failure, null);
    const { status, json } = await response;
    expect([status, json.code, json.details.reason]).toEqual([422, 'probe_failed', 'The file is cut off.']);
  });

  it('ends when its client disconnects', async () => {
    const origin = await api.listen();
    const stop = new AbortController();
    const sent = fetch(`${origin}/v1/probe`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: stop.signal,
    });
    sent.catch(() => {});
    await until(async () => (await rows())[0]?.status === 'pending', { what: 'the job of the probe' });
    stop.abort();
    await until(async () => (await rows())[0].status === 'canceled', { what: 'the end of the probe' });
  });

  it('requires the scope transcode, but no minutes and no storage quota', async () => {
    const account = await api.makeAccount({ monthly_minutes: 0, max_stored_bytes: 0 });
    const headers = { authorization: `Bearer ${await api.makeKey({ account, scopes: ['transcode'] })}` };
    const response = api.call('POST', '/v1/probe', body, headers);
    await complete();
    expect((await response).status).toBe(200);
    const reader = { authorization: `Bearer ${await api.makeKey({ scopes: ['upload', 'read'] })}` };
    expect((await api.call('POST', '/v1/probe', body, reader)).json.details).toEqual({ scope: 'transcode' });
  });
});
