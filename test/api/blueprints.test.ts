import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { choice, defineBlueprint, media } from '../../src/blueprints/blueprint.ts';
import { blueprints } from '../../src/blueprints/catalogue.ts';
import { getJob } from '../../src/jobs/read.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { FIRST_STATE, saveState } from '../../src/kinds/blueprint/state.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const SRT = '1\n00:00:00,500 --> 00:00:02,000\nGo forward ten meters.\n';
const VIDEO = { video_url: 'https://example.org/talk.mp4?signature=secret' };
const INPUTS = { ...VIDEO, logo_url: 'https://example.org/logo.png' };
const OTHER_ID = '00000000-0000-4000-8000-000000000000';

/** A blueprint whose runs wait for a person to review the subtitles. */
const captioned = defineBlueprint({
  ...{ slug: 'captioned-test', title: 'Captioned', description: 'For tests.' },
  inputs: z.object({ video_url: media('video', 'The video.'), mood: choice(['1', '2'], 'A mood.').default('1') }),
  outputs: [{ label: 'video', format: 'mp4' }],
  captions: { media: 'video_url' },
  plan: ({ video_url }) => [{ label: 'video', request: { inputs: [{ url: video_url }], outputFormat: 'mp4' } }],
});

describe('blueprints and their runs', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.close());

  const run = (slug: string, inputs: unknown, headers = {}) =>
    api.call('POST', `/v1/blueprints/${slug}/runs`, inputs, headers);
  const create = async (inputs: object = INPUTS) => {
    const made = await run('watermark', inputs);
    expect([made.status, made.text]).toEqual([201, made.text]);
    return made.json;
  };
  const read = async (id: string) => (await api.call('GET', `/v1/blueprints/runs/${id}`)).json;

  it('are listed with their inputs as JSON Schemas that mark media', async () => {
    const { status, json } = await api.call('GET', '/v1/blueprints');
    expect(status).toBe(200);
    const watermark = json.items.find(({ slug }: { slug: string }) => slug === 'watermark');
    expect(watermark).toMatchObject({
      ...{ available: true, outputs: [{ label: 'video', format: 'mp4' }] },
      inputs: {
        ...{ type: 'object', required: ['video_url', 'logo_url'] },
        properties: {
          video_url: { type: 'string', 'x-media': 'video', format: 'uri' },
          logo_url: { type: 'string', 'x-media': 'image' },
          position: { enum: expect.arrayContaining(['top-left', 'center']) },
        },
      },
    });
    const [last] = json.items.slice(-1);
    expect(last).toMatchObject({ slug: 'product-ad', available: false });
    const generated = await run('product-ad', {});
    expect([generated.status, generated.json.code]).toEqual([501, 'generative_not_available']);
  });

  it('unknown slugs are rejected with the most similar slug, and unknown and wrong inputs with similar names', async () => {
    const unknown = await run('water-mark', INPUTS);
    expect([unknown.status, unknown.json.details.near]).toEqual([404, 'watermark']);
    const missing = await run('watermark', { video: INPUTS.video_url, logo_url: INPUTS.logo_url });
    expect([missing.status, missing.json.details.field, missing.json.message]).toEqual([
      ...[400, 'video_url', expect.stringContaining('"video"')],
    ]);
    const wrong = await run('watermark', { ...INPUTS, position: 'top_left' });
    expect([wrong.status, wrong.json.details]).toEqual([
      ...[400, expect.objectContaining({ field: 'position', near: 'top-left', accepted: expect.any(Array) })],
    ]);
    const { warnings } = await create({ ...INPUTS, sise: 'small' });
    expect(warnings).toEqual([{ field: 'sise', message: expect.stringContaining('"size"') }]);
    const local = await run('watermark', { ...INPUTS, logo_url: 'http://127.0.0.1/logo.png' });
    expect([local.status, local.json.details.field]).toEqual([422, 'logo_url']);
    expect((await run('watermark', `{"video_url":"${'a'.repeat(2 ** 20)}"}`)).status).toBe(413);
    expect((await run('watermark', { ...INPUTS, logo_url: `https://a.example/${'a'.repeat(9000)}` })).status).toBe(400);
  });

  it('runs contain exactly the fields of the API, without the queries of URLs', async () => {
    const made = await run('watermark', { ...INPUTS, position: '', size: null });
    expect(made.json).toEqual({ id: made.json.id, status: 'pending', blueprint: 'watermark', tokens_charged: 0 });
    expect(made.headers.get('location')).toBe(`/v1/blueprints/runs/${made.json.id}`);
    expect(await read(made.json.id)).toEqual({
      ...{ id: made.json.id, blueprint: 'watermark', status: 'pending', step: 'queued', output_url: null, outputs: [] },
      inputs: [INPUTS.video_url, INPUTS.logo_url].map((url) => ({ url: url.split('?')[0] })),
      ...{
        error_message: null,
        error_code: null,
        error_advice: null,
        retry: null,
        tokens_charged: 0,
        tokens_spent: 0,
        srt_text: null,
      },
      ...{ created_at: expect.any(String), completed_at: null, expires_at: null, metadata: { user: null } },
    });
    const { rows } = await api.database.pg.query(
      'SELECT request_source_sealed, needs, fetches FROM jobs WHERE id = $1',
      [made.json.id],
    );
    expect(rows).toEqual([{ request_source_sealed: null, needs: ['blueprint:watermark'], fetches: false }]);
  });

  it('runs contain their metadata, in lists as well, until they are erased', async () => {
    const metadata = { order: 17, tags: ['a'] };
    const { id } = await create({ ...INPUTS, metadata });
    expect((await read(id)).metadata).toEqual({ user: metadata });
    const { items } = (await api.call('GET', '/v1/blueprints/runs?limit=1')).json;
    expect(items[0]).toMatchObject({ id, metadata: { user: metadata } });
    await api.call('DELETE', `/v1/blueprints/runs/${id}`);
    expect((await read(id)).metadata).toEqual({ user: null });
    for (const wrong of ['order 17', { note: 'a'.repeat(8192) }]) {
      const { status, json } = await run('watermark', { ...INPUTS, metadata: wrong });
      expect([status, json.details.field]).toEqual([400, 'metadata']);
    }
  });

  it('a request with `wait` returns the complete run and its warnings once the run is final', async () => {
    const body = { ...INPUTS, sise: 'small', metadata: { mark: 'waits' } };
    const waiting = api.call('POST', '/v1/blueprints/watermark/runs?wait=60', body);
    const find = async () =>
      (await api.call('GET', '/v1/blueprints/runs')).json.items.find(
        ({ metadata }: { metadata: { user: { mark?: string } | null } }) => metadata.user?.mark === 'waits',
      );
    const { id } = await until(find, { what: 'the run' });
    await api.call('PATCH', `/v1/blueprints/runs/${id}/cancel`);
    const { status, json } = await waiting;
    expect([status, json]).toEqual([
      201,
      expect.objectContaining({ id, status: 'canceled', outputs: [], srt_text: null, tokens_charged: 0 }),
    ]);
    expect(json.warnings).toEqual([expect.objectContaining({ field: 'sise' })]);
    const short = await api.call('POST', '/v1/blueprints/watermark/runs?wait=0.1', INPUTS);
    expect(short.json).toMatchObject({ status: 'pending', step: 'queued' });
    expect((await api.call('POST', '/v1/blueprints/watermark/runs?wait=soon', INPUTS)).status).toBe(400);
  });

  it('a run is created once for each Idempotency-Key, and runs are listed page by page with filters', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [first, second] = [await run('watermark', INPUTS, headers), await run('watermark', INPUTS, headers)];
    expect(second.json.id).toBe(first.json.id);
    await create();
    const { items, next, total } = (await api.call('GET', '/v1/blueprints/runs?limit=1')).json;
    const rest = (await api.call('GET', `/v1/blueprints/runs?limit=100&after=${encodeURIComponent(next)}`)).json;
    expect([items.length, rest.items.length]).toEqual([1, total - 1]);
    expect(items[0]).not.toHaveProperty('output_url');
    expect((await api.call('GET', '/v1/blueprints/runs?status=awaiting_review')).json).toMatchObject({ total: 0 });
    expect((await api.call('GET', '/v1/blueprints/runs?status=resting')).status).toBe(400);
    expect((await api.call('GET', '/v1/jobs?kind=blueprint&limit=1')).json.items[0]).toMatchObject({
      kind: 'blueprint',
    });
  });

  it('requests for runs of another account and for ids that are not UUIDs return 404', async () => {
    const { id } = await create();
    const key = await api.makeKey({ account: await api.makeAccount() });
    const headers = { authorization: `Bearer ${key}` };
    for (const [method, path, body] of [
      ['GET', `/v1/blueprints/runs/${id}`, undefined],
      ['PATCH', `/v1/blueprints/runs/${id}/cancel`, undefined],
      ['DELETE', `/v1/blueprints/runs/${id}`, undefined],
      ['POST', `/v1/blueprints/runs/${id}/continue`, { srt_text: SRT }],
    ] as const)
      expect([method, (await api.call(method, path, body, headers)).status]).toEqual([method, 404]);
    expect((await api.call('GET', '/v1/blueprints/runs/run', undefined)).status).toBe(404);
    expect((await api.call('POST', `/v1/blueprints/runs/${OTHER_ID}/continue`, { srt_text: SRT })).status).toBe(404);
  });

  it('blueprints with captions are rejected by a server without a speech model', async () => {
    const known = blueprints as Map<string, typeof captioned>;
    known.set(captioned.slug, captioned);
    try {
      const { status } = await run(captioned.slug, { ...VIDEO, mood: 2 });
      expect(status).toBe(501);
    } finally {
      known.delete(captioned.slug);
    }
  });

  describe('a run of a blueprint that awaits a review', () => {
    /** Creates a run that awaits the review of its subtitles for this number of seconds. */
    const awaiting = async (seconds = 3600): Promise<string> => {
      const { id } = await create();
      const job = await getJob(api.database.db, api.account.id, 'blueprint', id);
      await api.database.db.transaction().execute(async (tx) => {
        await saveState(api.context, tx, job, { ...FIRST_STATE, step: 'review', srtText: SRT });
        await tx
          .updateTable('jobs')
          .set({ awaiting: 'review', review_until: new Date(Date.now() + seconds * 1000) })
          .where('id', '=', id)
          .execute();
      });
      return id;
    };
    const continueRun = (id: string, srt_text: unknown) =>
      api.call('POST', `/v1/blueprints/runs/${id}/continue`, { srt_text });

    it('shows the subtitles, and returns immediately for a request with `wait`', async () => {
      const id = await awaiting();
      const { json } = await api.call('GET', `/v1/blueprints/runs/${id}?wait=60`);
      expect(json).toMatchObject({ status: 'awaiting_review', step: 'review', srt_text: SRT });
      const { items } = (await api.call('GET', '/v1/blueprints/runs?status=awaiting_review')).json;
      expect(items).toEqual([expect.objectContaining({ id, status: 'awaiting_review' })]);
      await api.call('PATCH', `/v1/blueprints/runs/${id}/cancel`);
    });

    it('rejects invalid SRT with the line of the fault, and continues to await the review', async () => {
      const id = await awaiting();
      const at = '00:00:01,000 --> 00:00:02,000';
      for (const [wrong, reason] of [
        ['', 'no captions'],
        ['These are no subtitles', 'Line 1'],
        [`1\n${at}\n{\\an8}Up`, 'Line 3'],
        [`1\n${at}\n<b onclick="x()">Bold</b>`, 'Line 3'],
        [`1\n00:00:05,000 --> 00:00:06,000\nLate\n\n2\n${at}\nEarly`, 'Line 6'],
        [`1\n00:00:05,000 --> 00:00:01,000\nBack`, 'Line 2'],
      ] as const) {
        const { status, json } = await continueRun(id, wrong);
        expect([wrong, status, json.details]).toEqual([
          ...[wrong, 400, expect.objectContaining({ field: 'srt_text', reason: expect.stringContaining(reason) })],
        ]);
      }
      expect((await continueRun(id, 7)).status).toBe(400);
      expect((await continueRun(id, 'a'.repeat(10 * 2 ** 20))).status).toBe(413);
      expect((await read(id)).status).toBe('awaiting_review');
      await api.call('PATCH', `/v1/blueprints/runs/${id}/cancel`);
    });

    it('continues once, with the reviewed subtitles', async () => {
      const id = await awaiting();
      const reviewed = SRT.replace('ten', 'twelve');
      const answers = await Promise.all([continueRun(id, reviewed), continueRun(id, reviewed)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(await read(id)).toMatchObject({ status: 'processing', srt_text: reviewed });
      expect((await continueRun(id, reviewed)).json.code).toBe('run_not_awaiting_review');
    });

    it('does not continue after it is canceled, and contains no subtitles after it is erased', async () => {
      const id = await awaiting();
      await api.call('PATCH', `/v1/blueprints/runs/${id}/cancel`);
      expect((await continueRun(id, SRT)).status).toBe(409);
      const erased = await awaiting();
      expect((await api.call('DELETE', `/v1/blueprints/runs/${erased}`)).json).toMatchObject({ object: 'blueprint' });
      expect(await read(erased)).toMatchObject({ status: 'canceled', srt_text: null });
      expect((await api.call('GET', `/v1/blueprints/runs/${erased}/receipt`)).json.receipt).toMatchObject({
        ...{ kind: 'blueprint', complete: true },
      });
    });

    it('fails when the time for its review ends, and not earlier', async () => {
      const [late, early] = [await awaiting(-1), await awaiting()];
      await sweepExpired(api.context);
      expect(await read(late)).toMatchObject({ status: 'failed', error_code: 'review_expired' });
      expect(await read(early)).toMatchObject({ status: 'awaiting_review' });
    });
  });
});
