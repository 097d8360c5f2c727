import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Airlock } from '../../sdk/src/index.ts';
import type { Blueprint } from '../../src/blueprints/blueprint.ts';
import { defineBlueprint, media } from '../../src/blueprints/blueprint.ts';
import { blueprints } from '../../src/blueprints/catalogue.ts';
import { JobFailure } from '../../src/contract/failures.ts';
import { createFetcher } from '../../src/fetcher/index.ts';
import { viewQueue } from '../../src/fleet/overview.ts';
import { createSetupLink } from '../../src/identity/setup-links.ts';
import { setupPath } from '../../src/identity/setup-path.ts';
import { createUser } from '../../src/identity/users.ts';
import { TRANSCRIBE_KIND } from '../../src/kinds/blueprint/capability.ts';
import { hiddenKind } from '../../src/kinds/child-jobs.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { ffprobe, makeClip } from '../../testkit/media.ts';
import { setUp, visit } from '../../testkit/people.ts';
import { run } from '../../testkit/run.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { openTestSandbox } from '../helpers/root-image.ts';
import { faultsOf } from '../web/axe.ts';
import { overflowing } from '../web/undeletable.ts';
import { writer } from './toy/writer.ts';

/** A blueprint with two outputs. The second output fails if its width is odd. */
const pair = defineBlueprint({
  ...{ slug: 'pair-test', title: 'Pair', description: 'For tests.' },
  inputs: z.object({ video_url: media('video', 'The video.'), width: z.number().default(64) }),
  outputs: [
    { label: 'first', format: 'mp4' },
    { label: 'second', format: 'mp4' },
  ],
  plan: ({ video_url, width }) =>
    [64, width].map((size, index) => ({
      label: ['first', 'second'][index]!,
      request: {
        inputs: [{ url: video_url }],
        outputFormat: 'mp4' as const,
        options: [{ option: '-vf', argument: `crop=${size}:36:0:0` }],
      },
    })),
});

/** Number of attempts that still have to fail. Each of them fails after it has executed its step. */
let dying = 0;
const original = kinds.get('blueprint')!;
const mortal: Kind = {
  ...original,
  async load() {
    const execute = await original.load();
    return async (...args) => {
      const result = await execute(...args);
      if (dying-- > 0) throw new JobFailure('worker_lost', 'The attempt died after its work.');
      return result;
    };
  },
};

/** Returns the hash of the lower third of a frame. */
async function lowerThird(path: string): Promise<string> {
  const args = ['-ss', '0.4', '-i', path, '-frames:v', '1', '-vf', 'crop=iw:ih/3:0:2*ih/3', '-f', 'framemd5', '-'];
  return (await run('ffmpeg', ['-nostdin', '-v', 'error', ...args])).stdout.trim().split('\n').at(-1)!;
}

function makePicture(path: string): Promise<unknown> {
  return run('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'color=red:s=40x20', '-frames:v', '1', path]);
}

describe('a run of a blueprint', () => {
  let api: TestApi;
  let folder: string;
  let sandbox: Sandbox;
  let worker: Worker;
  let files: Awaited<ReturnType<typeof startSource>>;
  let airlock: Airlock;
  let origin: string;
  /** Whether requests for slow.mp4 have to wait. */
  let holds = false;
  beforeAll(async () => {
    (blueprints as Map<string, Blueprint>).set(pair.slug, pair);
    const capabilities = [...mortal.capabilities!, `blueprint:${pair.slug}`];
    const own = [
      { ...mortal, capabilities },
      writer as unknown as Kind,
      hiddenKind(writer as unknown as Kind, TRANSCRIBE_KIND),
    ];
    const registry = new Map([...kinds, ...own.map((kind) => [kind.name, kind] as const)]);
    const sources = { allow: ['127.0.0.1/32'], ports: [443] };
    api = await startApi({}, {}, sources, registry);
    await chmod(dirname(api.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-runs-'));
    await chmod(folder, 0o711);
    await Promise.all([makeClip(join(folder, 'clip.mp4')), makePicture(join(folder, 'logo.png'))]);
    files = await startSource(async (request, response) => {
      const name = request.url!.slice(1).replace(/\?.*/, '');
      await until(() => !(holds && name === 'slow.mp4'), { what: 'the release of a source' }).catch(() => {});
      const body = await readFile(join(folder, name.replace('slow', 'clip'))).catch(() => null);
      response.writeHead(body ? 200 : 404, { 'content-length': body?.length ?? 0 }).end(body ?? undefined);
    });
    sandbox = await openTestSandbox({ dataDir: folder, slots: 2 });
    worker = await startWorker({
      ...{ context: api.context, kinds: registry, sandbox, onBroken: () => {}, metrics: null },
      fetcher: createFetcher({ ...sources, maxBytes: 2 ** 24, deadlineMs: 10_000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      settings: {
        ...{ databaseUrl: api.database.url, version: 'test', dataDir: folder, workDir: join(folder, 'work', 'one') },
        ...{ slots: [['interactive'], ['light', 'heavy']], cores: 2, cellMemoryBytes: 2 ** 30, drainMs: 1000 },
        ...{ diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true, storageWaitSeconds: 60, outputWaitMs: 1000 },
        reviewSeconds: 7200,
      },
    });
    origin = await api.listen();
    airlock = new Airlock({ url: origin, key: api.key });
  });
  afterAll(async () => {
    (blueprints as Map<string, Blueprint>).delete(pair.slug);
    await worker?.drain();
    await sandbox?.close();
    files?.close();
    await api?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const create = async (slug: string, inputs: object): Promise<string> => {
    const made = await api.call('POST', `/v1/blueprints/${slug}/runs`, inputs);
    expect([made.status, made.text]).toEqual([201, made.text]);
    return made.json.id;
  };
  const ended = async (id: string) => (await api.call('GET', `/v1/blueprints/runs/${id}?wait=60`)).json;
  const url = (name: string) => `${files.url}/${name}?signature=secret`;
  const query = async (text: string, ...values: unknown[]) => (await api.database.pg.query(text, values)).rows;
  const childrenOf = (id: string) =>
    query('SELECT kind, status, attempts, erased_at, request_sealed FROM jobs WHERE parent_id = $1 ORDER BY id', id);

  it('renders remote files in child jobs that clients do not see, and counts as one job', async () => {
    const usage = async () => (await api.call('GET', '/v1/account/usage')).json.usage;
    const before = await usage();
    const id = await create('watermark', { video_url: url('clip.mp4'), logo_url: url('logo.png'), size: 'small' });
    const made = await ended(id);
    expect(made).toMatchObject({ status: 'completed', step: 'done', outputs: [{ label: 'video' }] });
    expect([made.output_url, made.output_url.includes('X-Amz-Expires=600')]).toEqual([made.outputs[0].url, true]);
    const path = join(folder, 'watermark.mp4');
    await airlock.blueprints.save(id, path);
    expect((await ffprobe(path)).streams[0]).toMatchObject({ codec_name: 'h264', width: 320, height: 180 });
    expect(await childrenOf(id)).toEqual(
      ['probe', 'probe', 'blueprint-transcode'].map((kind) =>
        expect.objectContaining({ kind, status: 'completed', attempts: 1, request_sealed: null }),
      ),
    );
    expect(await query('SELECT kind, state, job_id FROM objects')).toEqual([
      { kind: 'output', state: 'live', job_id: id },
    ]);
    const { items, total } = (await api.call('GET', '/v1/jobs')).json;
    expect([items.map((job: { id: string }) => job.id), total]).toEqual([[id], 1]);
    expect((await api.call('GET', '/v1/transcodes')).json.total).toBe(0);
    const after = await usage();
    expect([after.jobs - before.jobs, after.minutes - before.minutes]).toEqual([1, 1]);
  });

  it('records an event for each step and output, and none for its child jobs', async () => {
    const id = await create('pair-test', { video_url: url('clip.mp4') });
    await ended(id);
    const events = async () => (await api.call('GET', `/v1/events?limit=100`)).json.events;
    const isEnd = ({ type, data }: { type: string; data: { job_id: string } }) =>
      type === 'blueprint.completed' && data.job_id === id;
    await until(async () => (await events()).some(isEnd), { what: 'the last event' });
    const own = (await events()).filter(({ data }: { data: { job_id: string } }) => data.job_id === id);
    const told = own.map(({ type, data }: { type: string; data: { step?: string; output?: string } }) =>
      [type.replace('blueprint.', ''), data.step ?? data.output].filter(Boolean).join(' '),
    );
    expect(told.filter((one: string) => one !== 'started')).toEqual([
      ...[
        'queued',
        ...['step probe', 'awaiting_children'],
        'step render',
        'awaiting_children',
        'output_ready first',
        'output_ready second',
        'completed',
      ],
    ]);
    expect(JSON.stringify(own)).not.toContain('X-Amz');
    expect((await events()).every(({ type }: { type: string }) => /^(blueprint|key)\./.test(type))).toBe(true);
  });

  it('fails with the failure of an output, and keeps the other outputs', async () => {
    const id = await create('pair-test', { video_url: url('clip.mp4'), width: 4000 });
    const made = await ended(id);
    expect(made).toMatchObject({
      ...{ status: 'failed', error_code: 'filter_failed', error_message: expect.stringMatching(/^second: /) },
      outputs: [{ label: 'first', url: expect.any(String) }],
    });
    expect((await fetch(made.outputs[0].url)).status).toBe(200);
  });

  it('fails with the name of an input that is missing or has the wrong kind', async () => {
    const missing = await ended(await create('pair-test', { video_url: url('none.mp4') }));
    expect(missing).toMatchObject({ status: 'failed', error_code: 'source_not_found', outputs: [] });
    expect(missing.error_message).toMatch(/^video_url: /);
    const picture = await ended(await create('pair-test', { video_url: url('logo.png') }));
    expect(picture).toMatchObject({ error_code: 'unsupported_media', error_message: expect.stringMatching(/picture/) });
    await writeFile(join(folder, 'text.mp4'), 'no media');
    const text = await ended(await create('pair-test', { video_url: url('text.mp4') }));
    expect([text.status, text.error_code]).toEqual(['failed', 'unsupported_media']);
  });

  it('rejects an SVG as a logo by URL, by its content type, and as an upload that is declared as a PNG', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
    await writeFile(join(folder, 'logo.svg'), svg);
    const made = await ended(await create('watermark', { video_url: url('clip.mp4'), logo_url: url('logo.svg') }));
    expect([made.status, made.error_code]).toEqual(['failed', 'unsupported_media']);
    expect(made.error_message).toMatch(/^logo_url: /);
    const presign = (contentType: string) =>
      api.call('POST', '/v1/upload/presigned-url', { filename: 'logo.png', contentType, fileSize: svg.length });
    expect((await presign('image/svg+xml')).status).toBe(400);
    const { filename, uploadUrl } = (await presign('image/png')).json.result;
    const put = await fetch(uploadUrl, { method: 'PUT', body: svg, headers: { 'content-type': 'image/png' } });
    expect(put.status).toBe(200);
    const confirmed = await api.call('POST', '/v1/upload/confirm', { filename, fileSize: svg.length });
    expect([confirmed.status, confirmed.json.code]).toEqual([400, 'upload_type_mismatch']);
  });

  it('a run of a blueprint with an inspected upload needs no probe, and is rejected immediately if the upload has the wrong kind', async () => {
    const { fileUrl } = await airlock.upload(join(folder, 'clip.mp4'));
    const { fileUrl: logo } = await airlock.upload(join(folder, 'logo.png'));
    const wrong = await api.call('POST', '/v1/blueprints/pair-test/runs', { video_url: logo });
    expect([wrong.status, wrong.json.details.field, wrong.json.details.reason]).toEqual([
      422,
      'video_url',
      'is a picture',
    ]);
    const result = await airlock.blueprints.run('watermark', {
      video_url: fileUrl,
      logo_url: join(folder, 'logo.png'),
    });
    expect((await childrenOf(result.id)).map(({ kind }) => kind)).toEqual(['blueprint-transcode']);
    await airlock.blueprints.erase(result.id);
    const { receipt } = await airlock.blueprints.receipt(result.id);
    expect(receipt).toMatchObject({ kind: 'blueprint', complete: true, remaining: [] });
    expect(receipt.deleted.map(({ kind }) => kind).sort()).toEqual(['output', 'upload', 'upload']);
  });

  it('renders no output twice when its attempts die after they have created child jobs', async () => {
    dying = 2;
    const id = await create('pair-test', { video_url: url('clip.mp4') });
    const made = await ended(id);
    expect([made.status, made.outputs.length]).toEqual(['completed', 2]);
    expect((await childrenOf(id)).map(({ kind }) => kind)).toEqual([
      ...['probe', 'blueprint-transcode', 'blueprint-transcode'],
    ]);
  });

  it('occupies no slot while its child jobs run, and cancels and erases them', async () => {
    holds = true;
    const id = await create('watermark', { video_url: url('slow.mp4'), logo_url: url('logo.png') });
    await until(async () => (await childrenOf(id)).some(({ status }) => status === 'processing'), { what: 'a child' });
    expect(await query('SELECT status, awaiting FROM jobs WHERE id = $1', id)).toEqual([
      { status: 'pending', awaiting: 'children' },
    ]);
    expect((await api.call('GET', `/v1/blueprints/runs/${id}`)).json).toMatchObject({
      status: 'processing',
      step: 'probe',
    });
    const canceled = await airlock.blueprints.cancel(id);
    holds = false;
    expect(canceled.status).toBe('canceled');
    expect((await childrenOf(id)).every(({ status }) => ['canceled', 'completed'].includes(status))).toBe(true);
    await airlock.blueprints.erase(id);
    expect((await childrenOf(id)).every(({ erased_at }) => erased_at !== null)).toBe(true);
  });

  it('counts as awaiting until its captions are reviewed, and burns in the reviewed captions', async () => {
    const id = await create('caption-video', { video_url: url('clip.mp4'), style: 'clean-lower' });
    const waiting = await ended(id);
    expect(waiting).toMatchObject({ status: 'awaiting_review', step: 'review', outputs: [] });
    expect(waiting.srt_text).toBe('1\n00:00:00,000 --> 00:00:00,900\nWritten by a toy\n');
    expect(await query('SELECT status, awaiting FROM jobs WHERE id = $1', id)).toEqual([
      { status: 'pending', awaiting: 'review' },
    ]);
    const { waiting: queued, awaiting } = await viewQueue(api.database.db);
    expect({ queued, awaiting }).toEqual({ queued: 0, awaiting: 1 });
    const left = 'SELECT extract(epoch FROM review_until - now())::int AS seconds FROM jobs WHERE id = $1';
    const [{ seconds }] = await query(left, id);
    expect([seconds > 7000, seconds <= 7200]).toEqual([true, true]);
    const types = async () =>
      (await api.call('GET', `/v1/blueprints/runs/${id}/events`)).json.events.map(({ type }: { type: string }) => type);
    await until(async () => (await types()).at(-1) === 'blueprint.awaiting_review', {
      what: 'the event of the review',
    });
    const made = await airlock.blueprints.continue(id, waiting.srt_text.replace('a toy', 'a person'));
    expect(made).toMatchObject({ status: 'completed', srt_text: expect.stringContaining('a person') });
    const [plain, captioned] = [join(folder, 'clip.mp4'), join(folder, 'captioned.mp4')];
    await airlock.blueprints.save(id, captioned);
    expect(await lowerThird(captioned)).not.toBe(await lowerThird(plain));
    await airlock.blueprints.erase(id);
    expect((await api.call('GET', `/v1/blueprints/runs/${id}`)).json.srt_text).toBeNull();
    expect(await query('SELECT state FROM objects WHERE job_id = $1', id)).toEqual([{ state: 'deleted' }]);
  });

  describe('a run of a blueprint in the dashboard', () => {
    let browser: Browser;
    let page: Page;
    const problems: string[] = [];
    beforeAll(async () => {
      browser = await openBrowser();
      const by = { actor: 'test', ip: null, requestId: null };
      const token = await api.database.db.transaction().execute(async (tx) => {
        const person = { accountId: api.account.id, email: 'ada@runs.example', role: 'admin' as const };
        return createSetupLink(tx, await createUser(tx, person, by), by);
      });
      page = await setUp(browser, origin + setupPath(token));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
    });
    afterAll(() => browser?.close());

    /** Expects that the page is readable and accessible in the window of a desktop and of a phone, each in another theme. */
    const isReadable = async (name: string) => {
      for (const [width, colorScheme] of [[1280, 'light'] as const, [390, 'dark'] as const]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        expect([name, width, await overflowing(page), await faultsOf(page)]).toEqual([name, width, [], []]);
        const folder = process.env.SCREENSHOTS;
        if (folder)
          await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      }
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: 'light' });
    };

    it('is started from a card and a form of its inputs, and shows its steps and outputs', async () => {
      await visit(page, 'Blueprints');
      await page.getByRole('link', { name: 'Watermark', exact: true }).waitFor();
      await page.getByText('Not available', { exact: true }).waitFor();
      await isReadable('catalogue');
      await page.getByRole('link', { name: 'Watermark', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'Watermark' }).waitFor();
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      expect(await page.getByText('Add this input.').count()).toBe(2);
      await page.getByLabel('File for Video').setInputFiles(join(folder, 'clip.mp4'));
      await page.getByLabel('URL of Logo').fill(url('logo.png'));
      await page.getByRole('button', { name: 'small' }).click();
      await page.getByText('Ready', { exact: true }).waitFor();
      await isReadable('form');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByText('Completed', { exact: true }).waitFor();
      const video = page.getByLabel('Output video');
      await until(() => video.evaluate((element) => (element as unknown as { readyState: number }).readyState > 0), {
        what: 'the video of the output',
      });
      await isReadable('run');
      expect(problems).toEqual([]);
    });

    it('has captions that can be reviewed next to the video with only the keyboard', async () => {
      await page.goto(`${origin}/blueprints/caption-video`);
      await page.getByLabel('File for Video').setInputFiles(join(folder, 'clip.mp4'));
      await page.getByText('Ready', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      const caption = page.getByLabel('Caption 1', { exact: true });
      await caption.waitFor();
      await page.locator('.review video').waitFor();
      await isReadable('review');
      await caption.fill('Written by a person');
      await caption.press('Alt+Enter');
      await caption.press('Control+Enter');
      await page.getByText('Completed', { exact: true }).waitFor();
      const { items } = (await api.call('GET', '/v1/blueprints/runs?limit=1')).json;
      expect((await api.call('GET', `/v1/blueprints/runs/${items[0].id}`)).json.srt_text).toContain('a person');
      await page.getByRole('button', { name: 'Erase' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByText('The run has no outputs.').waitFor();
      expect(problems).toEqual([]);
    });
  });
});
