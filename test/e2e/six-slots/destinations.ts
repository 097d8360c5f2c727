import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../../testkit/browser.ts';
import { makeClip, upload } from '../../../testkit/media.ts';
import { invite, setUp, visit } from '../../../testkit/people.ts';
import type { TestService } from '../../../testkit/service.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';
import {
  BUCKET,
  CREDENTIAL,
  type EmbeddedGateway,
  REGION,
  startEmbeddedGateway,
} from '../../conformance/embedded-gateway.ts';
import { commandsOf } from '../../helpers/run-command.ts';
import { faultsOf } from '../../web/axe.ts';

// biome-ignore lint/suspicious/noExplicitAny: read field by field
type Json = any;

const SECRET = randomBytes(20).toString('hex');
const KEYS = { accessKeyId: CREDENTIAL.accessKeyId, secretAccessKey: SECRET };
/** Variables for the commands, which read the access key from the environment. */
export const BUCKET_KEYS = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: SECRET };

/** Tests destinations in buckets of the account's owner: the bucket of a real gateway, and servers that misbehave. */
export const destinations = (given: () => TestService) => () => {
  let service: TestService;
  let bucket: EmbeddedGateway;
  let folder: string;
  let clip: string;
  let browser: Browser;
  beforeAll(async () => {
    service = given();
    browser = await openBrowser();
    folder = await mkdtemp(join(tmpdir(), 'airlock-destinations-'));
    clip = join(folder, 'clip.mp4');
    await makeClip(clip, { size: '160x90' });
    bucket = await startEmbeddedGateway({ credentials: keys }, { credentials: KEYS });
  });
  afterAll(async () => {
    await browser?.close();
    await bucket?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Valid keys of the bucket. A test revokes a key by removing it from the list. */
  const keys = [KEYS];
  const PUT = { contentType: 'video/mp4', size: 1, expiresIn: 600 };
  const body = (change: object = {}) => ({
    ...{ name: 'media', endpoint: bucket.endpoint, region: REGION, bucket: BUCKET },
    ...{ access_key_id: KEYS.accessKeyId, secret_access_key: SECRET },
    ...change,
  });
  const connect = (change: object = {}) => service.call('POST', '/v1/connections', body(change));
  const filesOf = async (prefix = 'airlock') => {
    const keys: string[] = [];
    for await (const { key } of bucket.store.list(prefix)) keys.push(key);
    return keys;
  };

  const uploaded = async () => [{ url: (await upload(service, clip, 'video/mp4', 'clip.mp4')).fileUrl }];
  const run = async (change: object) => {
    const job = await service.call('POST', '/v1/transcodes?wait=60', { inputs: await uploaded(), ...change });
    expect(job.status).toBe(201);
    return job.json;
  };

  describe('a connection', () => {
    it('is stored after a test write, is listed without its secret, and is deleted together with it', async () => {
      const made = await connect();
      expect([made.status, made.json.name, made.json.bucket]).toEqual([201, 'media', BUCKET]);
      expect(await filesOf()).toEqual([]);
      const shown = [
        made,
        await service.call('GET', '/v1/connections'),
        await service.call('GET', '/v1/connections/media'),
      ];
      expect(shown[1]!.json).toMatchObject({ items: [{ name: 'media', access_key_id: KEYS.accessKeyId }], next: null });
      for (const { text } of shown) expect(text).not.toContain(SECRET);
      expect(service.output()).not.toContain(SECRET);
      expect((await connect()).json).toMatchObject({ code: 'connection_exists', details: { field: 'name' } });
      const near = await service.call('GET', '/v1/connections/medai');
      expect([near.status, near.json.details.near]).toEqual([404, 'media']);
      const removed = await service.call('DELETE', '/v1/connections/media');
      expect(removed.json).toEqual({ id: 'media', object: 'connection', deleted: true });
      expect((await service.call('GET', '/v1/connections')).json.items).toEqual([]);
    });

    it("is not stored if its key is wrong or if its endpoint redirects, and the error contains the bucket's response", async () => {
      const redirecting = await startSource((_, response) =>
        response.writeHead(307, { location: `${bucket.endpoint}/${BUCKET}/x` }).end(),
      );
      const wrong = await connect({ secret_access_key: 'wrong' });
      expect([wrong.status, wrong.json.code]).toEqual([422, 'connection_check_failed']);
      expect(wrong.json.message).toContain('responded with 403 SignatureDoesNotMatch');
      const elsewhere = await connect({ endpoint: redirecting.url });
      expect(elsewhere.json.message).toContain('responded with a redirect (307)');
      await redirecting.close();
      expect((await service.call('GET', '/v1/connections')).json.items).toEqual([]);
    });

    it('allows only keys below its prefix, and only the direction of its mode', async () => {
      const made = await connect({ name: 'team', prefix: 'team', mode: 'read' });
      expect(made.json).toMatchObject({ name: 'team', prefix: 'team/', mode: 'read' });
      expect((await connect({ name: 'sink', prefix: 'sink/', mode: 'write' })).status).toBe(201);
      expect((await connect({ name: 'wrong', mode: 'read', secret_access_key: 'wrong' })).status).toBe(422);
      const inputs = await uploaded();
      const to = (connection: string, prefix?: string) => ({ inputs, destination: { s3: { connection, prefix } } });
      const rejected = async (request: object) => {
        const { status, json } = await service.call('POST', '/v1/transcodes', { outputFormat: 'mp4', ...request });
        return [status, json.details?.field, json.details?.reason];
      };
      const outside = (prefix: string) => `is outside of the prefix "${prefix}" of the connection`;
      const from = (url: string) => rejected({ inputs: [{ url }] });
      expect(await from('s3://team/other/a.mp4')).toEqual([400, 'inputs[0].url', outside('team/')]);
      expect(await from('s3://team/team/../a.mp4')).toEqual([422, 'inputs[0].url', 'the key contains a dot segment']);
      expect(await from('s3://sink/sink/a.mp4')).toEqual([
        400,
        'inputs[0].url',
        'names a connection only for delivering outputs',
      ]);
      expect(await rejected(to('team', 'team/a'))).toEqual([
        400,
        'destination.s3.connection',
        'names a connection only for reading sources',
      ]);
      expect(await rejected(to('sink', 'sinks'))).toEqual([400, 'destination.s3.prefix', outside('sink/')]);
      const job = await run({ ...to('sink'), outputFormat: 'mp4' });
      expect(job.outputs[0].destination).toMatchObject({ status: 'delivered', prefix: 'sink/' });
      const [key] = await filesOf('sink/');
      await bucket.store.delete(key!);
      for (const name of ['team', 'sink']) await service.call('DELETE', `/v1/connections/${name}`);
    });

    it('cannot have an endpoint in a private network, and is rejected before any data is sent', async () => {
      for (const endpoint of ['http://10.0.0.1', 'https://169.254.169.254', 'ftp://x.example']) {
        const rejected = await connect({ endpoint });
        expect([endpoint, rejected.status, rejected.json.details?.field]).toEqual([endpoint, 400, 'endpoint']);
      }
    });
  });

  describe('an output with a destination', () => {
    beforeAll(async () => {
      expect((await connect({ name: 'films' })).status).toBe(201);
    });

    it('is delivered with all of its files to the bucket of a connection, and the receipt names this bucket', async () => {
      const job = await run({
        outputs: [{ outputFormat: 'mp4' }, { outputFormat: 'hls', ladder: [{ height: 64 }] }],
        destination: { s3: { connection: 'films', bucket: BUCKET, prefix: 'one/two' } },
      });
      expect(job).toMatchObject({ status: 'completed', warnings: [] });
      const delivered = { status: 'delivered', host: new URL(bucket.endpoint).host, bucket: BUCKET, error_code: null };
      expect(job.outputs.map(({ destination }: Json) => destination)).toMatchObject([
        { ...delivered, prefix: 'one/two/' },
        { ...delivered, prefix: 'one/two/hls/' },
      ]);
      const files = (await service.call('GET', `/v1/transcodes/${job.id}/files?output=hls`)).json.items;
      const keys = files.map(({ path }: Json) => `one/two/hls/${path}`);
      expect((await filesOf('one/')).sort()).toEqual([...keys, 'one/two/clip.mp4'].sort());
      const copy = await buffer((await bucket.store.get('one/two/clip.mp4'))!);
      expect(createHash('sha256').update(copy).digest('hex')).toBe(job.outputs[0].sha256);
      await service.call('DELETE', `/v1/transcodes/${job.id}`);
      const { receipt } = (await service.call('GET', `/v1/transcodes/${job.id}/receipt`)).json;
      expect(receipt).toMatchObject({
        complete: true,
        copies: [
          { format: 'mp4', bucket: BUCKET, prefix: 'one/two/', delivered: true },
          { format: 'hls', bucket: BUCKET, prefix: 'one/two/hls/', delivered: true },
        ],
      });
    });

    it('is delivered to a presigned URL, which no response, log or table contains', async () => {
      const { url, headers } = await bucket.store.presignPut('signed.mp4', PUT);
      const sign = async (size: number) => bucket.store.presignPut('signed.mp4', { ...PUT, size });
      expect([new URL(url).search, headers['content-type']]).toEqual([expect.stringContaining('X-Amz'), 'video/mp4']);
      const first = await run({ outputFormat: 'mp4', preset: { quality: 'low' } });
      const signed = await sign(first.outputs[0].size);
      const type = { 'Content-Type': 'video/mp4' };
      const job = await run({
        ...{ outputFormat: 'mp4', preset: { quality: 'low' }, webhook_url: 'http://127.0.0.1:9/' },
        destination: { url: signed.url, headers: type },
      });
      expect(job.outputs[0].destination).toMatchObject({ status: 'delivered', bucket: null, error_message: null });
      expect(await bucket.store.head('signed.mp4')).toMatchObject({ size: job.outputs[0].size });
      const shown = [JSON.stringify(job), (await service.call('GET', `/v1/transcodes/${job.id}/details`)).text];
      const events = await service.call('GET', `/v1/transcodes/${job.id}/events`);
      const signature = new URL(signed.url).searchParams.get('X-Amz-Signature')!;
      for (const text of [...shown, events.text, service.output()]) expect(text).not.toContain(signature);
    });

    it('stays available for download if the destination rejects it, and the job is completed with a warning', async () => {
      const job = await run({
        outputFormat: 'mp4',
        destination: { url: `${bucket.endpoint}/${BUCKET}/none.mp4?X-Amz-Signature=secret` },
      });
      expect(job).toMatchObject({ status: 'completed', warnings: [{ field: 'destination' }] });
      const { destination } = job.outputs[0];
      expect(destination).toMatchObject({ status: 'failed', error_code: 'destination_failed', delivered_at: null });
      expect(destination.error_message).toMatch(/^The destination responded with 40\d/);
      expect((await service.call('GET', `/v1/transcodes/${job.id}/download`)).status).toBe(200);
    });

    it('is not delivered if its connection is deleted while the job waits for its source', async () => {
      await connect({ name: 'going' });
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const bytes = await readFile(clip);
      // The job is already processing when its worker requests the source.
      const slow = await startSource((_, response) => {
        released.then(() => response.end(bytes));
      });
      const request = {
        inputs: [{ url: `${slow.url}/a.mp4` }],
        outputFormat: 'mp4',
        destination: { s3: { connection: 'going' } },
      };
      const { id } = (await service.call('POST', '/v1/transcodes', request)).json;
      await until(async () => (await service.call('GET', `/v1/transcodes/${id}`)).json.status === 'processing', {
        what: 'the job',
      });
      await service.call('DELETE', '/v1/connections/going');
      release();
      const job = (await service.call('GET', `/v1/transcodes/${id}?wait=60`)).json;
      await slow.close();
      expect([job.status, job.outputs[0].destination.error_message]).toEqual([
        'completed',
        'The connection "going" has been deleted.',
      ]);
    });

    it('is rejected for an unknown connection with the nearest name, for another bucket and for a private URL', async () => {
      const inputs = [{ url: 'https://example.org/a.mp4' }];
      const rejected = async (destination: object) => {
        const { status, json } = await service.call('POST', '/v1/transcodes', {
          inputs,
          outputFormat: 'mp4',
          destination,
        });
        return [status, json.code, json.details?.field, json.details?.near ?? null];
      };
      expect([
        await rejected({ s3: { connection: 'fims' } }),
        await rejected({ s3: { connection: 'films', bucket: 'another' } }),
        await rejected({ url: 'https://10.0.0.1/a' }),
      ]).toEqual([
        [422, 'connection_not_found', 'destination.s3.connection', 'films'],
        [400, 'invalid_request', 'destination.s3.bucket', null],
        [400, 'invalid_request', 'destination.url', null],
      ]);
      const request = { inputs, outputFormat: 'mp4', destination: { s3: { connection: 'fims' } } };
      const checked = await service.call('POST', '/v1/transcodes/validate', request);
      expect(checked.json).toMatchObject({ valid: false, errors: [{ field: 'destination.s3.connection' }] });
    });
  });

  describe('the commands', () => {
    it('create, list and delete connections, and deliver files', async () => {
      const airlock = commandsOf(service, BUCKET_KEYS);
      const place = ['--bucket', BUCKET, '--region', REGION, '--endpoint', bucket.endpoint];
      const made = await airlock('connections', 'create', 'shell', ...place);
      expect([made.code, made.stdout]).toEqual([0, expect.stringContaining(`can use the bucket ${BUCKET}`)]);
      expect((await airlock('connections', 'list')).stdout).toContain('shell');
      const clip = join(folder, 'shell.mp4');
      await makeClip(clip, { size: '160x90' });
      const target = join(folder, 'made.mp4');
      const done = await airlock('transcode', clip, target, '--to', 's3://shell/from-shell');
      expect([done.code, await filesOf('from-shell')]).toEqual([0, ['from-shell/shell.mp4']]);
      expect((await airlock('connections', 'delete', 'shell')).code).toBe(0);
      const failed = await airlock('transcode', clip, target, '--to', 's3://shell/from-shell');
      expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('there is no connection "shell"')]);
    });
  });

  describe('the pages of the dashboard', () => {
    it('add and delete connections, and create jobs whose targets and destinations the page of the job shows', async () => {
      const page = await setUp(browser, await invite(service, 'buckets@example.org', 'admin', 'default'));
      await visit(page, 'Connections');
      await page.getByRole('button', { name: 'Add connection' }).first().click();
      const fields = { Name: 'page', Bucket: BUCKET, Region: REGION, Endpoint: bucket.endpoint };
      const key = { 'Access key ID': KEYS.accessKeyId, 'Secret access key': 'wrong' };
      for (const [label, text] of Object.entries({ ...fields, ...key })) await page.getByLabel(label).fill(text);
      const add = page.getByRole('dialog').getByRole('button', { name: 'Add connection' });
      await add.click();
      await page.getByRole('alert').getByText('403 SignatureDoesNotMatch').waitFor();
      await page.getByLabel('Secret access key').fill(SECRET);
      await add.click();
      const row = page.getByRole('row').filter({ hasText: 'page' });
      await row.waitFor();
      expect([await faultsOf(page), await page.content()]).toEqual([[], expect.not.stringContaining(SECRET)]);
      const job = await run({ outputFormat: 'mp4', destination: { s3: { connection: 'page', prefix: 'seen' } } });
      await page.goto(`${service.api}/jobs/${job.id}`);
      await page.getByText(`Delivered to ${new URL(bucket.endpoint).host}/${BUCKET}/seen`).waitFor();
      await orderInForm(page);
      await page.getByText(`Delivered to ${new URL(bucket.endpoint).host}/${BUCKET}/form/2026`).waitFor();
      await page.getByText(/SSIM 0\.\d{4} on average, 0\.\d{4} in 99% of the frames/).waitFor();
      await page.getByText(/PSNR \d+\.\d dB on average/).waitFor();
      expect([await filesOf('form/'), await faultsOf(page)]).toEqual([['form/2026/form.mp4'], []]);
      await visit(page, 'Connections');
      await row.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await row.waitFor({ state: 'detached' });
      await page.context().close();
    });
  });

  /** Creates a job with a target, a measurement and a destination, using only the keyboard. */
  async function orderInForm(page: Page): Promise<void> {
    await visit(page, 'New job');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'form.mp4', mimeType: 'video/mp4', buffer: await readFile(clip) });
    await page.getByText('Ready', { exact: true }).waitFor();
    const request = page.getByRole('region', { name: 'Request' });
    const create = page.getByRole('button', { name: 'Create job' });
    const quality = page.getByRole('group', { name: 'Quality', exact: true });
    await page.getByRole('button', { name: 'SSIM', exact: true }).press('Enter');
    await quality.waitFor({ state: 'detached' });
    await page.getByLabel('At least').fill('1.5');
    await page.getByText('ssim is from 0.5 to 0.9999').waitFor();
    await page.getByLabel('At least').fill('0.9');
    await page.getByLabel('Highest bit rate').fill('4M');
    await page.getByRole('checkbox', { name: 'PSNR', exact: true }).press(' ');
    await page.getByRole('button', { name: 'A presigned URL' }).press('Enter');
    await page.getByText('Paste a presigned URL.').waitFor();
    expect(await create.isDisabled()).toBe(true);
    await page.getByLabel('Presigned URL').fill('https://10.0.0.1/a?X-Amz-Signature=1');
    await page.getByText('destination.url').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'A connection' }).press('Enter');
    expect(await create.isDisabled()).toBe(true);
    await page.getByLabel('Connection', { exact: true }).selectOption('page');
    await page.getByLabel('Folder').fill('form/2026');
    await page.getByText('Valid', { exact: true }).waitFor();
    for (const text of [
      '"metric": "ssim"',
      '"at_least": 0.9',
      '"max_bitrate": "4M"',
      '"psnr"',
      '"prefix": "form/2026"',
    ])
      expect(await request.textContent()).toContain(text);
    expect(await faultsOf(page)).toEqual([]);
    await create.press('Enter');
    await page.getByText('Completed', { exact: true }).first().waitFor();
  }

  describe('an output that was not delivered because the key of its connection was revoked', () => {
    afterAll(() => {
      if (keys.length === 0) keys.push(KEYS);
    });

    const REVOKED = 'The destination responded with 403 InvalidAccessKeyId.';
    const deliver = (id: string, sent: object = {}) => service.call('POST', `/v1/transcodes/${id}/redeliver`, sent);
    const deliveries = async (id: string) =>
      (await service.call('GET', `/v1/transcodes/${id}`)).json.outputs.map(({ destination }: Json) => destination);
    const ended = async (id: string) => {
      const isOpen = async () => (await deliveries(id)).some((one: Json) => one?.status === 'delivering');
      await until(async () => !(await isOpen()), { what: 'the deliveries' });
      return deliveries(id);
    };
    const eventsOf = async (id: string, type: string) => {
      const { json } = await service.call('GET', `/v1/transcodes/${id}/events?limit=100`);
      return json.events.filter((event: Json) => event.type === type);
    };

    it('can be delivered again by a request, a command and a button of the dashboard, while Airlock has it', async () => {
      keys.length = 0;
      const place = { s3: { connection: 'films', prefix: 'again' } };
      const job = await run({
        outputs: [{ outputFormat: 'mp4' }, { outputFormat: 'hls', ladder: [{ height: 64 }] }],
        destination: place,
      });
      const failed = { status: 'failed', connection: 'films', error_message: REVOKED };
      expect([job.status, job.outputs.map(({ destination }: Json) => destination)]).toMatchObject([
        ...['completed', [failed, failed]],
      ]);
      expect((await deliver(job.id)).json.items).toMatchObject([
        { output: 'mp4', destination: { status: 'delivering', prefix: 'again/', error_message: null } },
        { output: 'hls', destination: { status: 'delivering', prefix: 'again/hls/' } },
      ]);
      expect(await ended(job.id)).toMatchObject([failed, failed]);
      const [event] = await until(
        async () => {
          const found = await eventsOf(job.id, 'transcode.delivery_failed');
          // Two of the first delivery, and two of the second.
          return found.length === 4 && found;
        },
        { what: 'the events' },
      );
      expect(event.data).toMatchObject({ job_id: job.id, error_code: 'destination_failed' });
      keys.push(KEYS);
      const { code, stdout } = await commandsOf(service)('jobs', 'redeliver', job.id, '--output', 'hls');
      expect([code, stdout]).toEqual([0, expect.stringMatching(/hls: delivered to .*again\/hls/)]);
      expect((await filesOf('again/hls/')).length).toBeGreaterThan(2);
      const page = await setUp(browser, await invite(service, 'again@example.org', 'member', 'default'));
      await page.goto(`${service.api}/jobs/${job.id}`);
      await page.getByRole('button', { name: 'Deliver mp4 again' }).press('Enter');
      await page.getByText(/Delivered to .*again$/).waitFor();
      expect(await faultsOf(page)).toEqual([]);
      await page.context().close();
      expect(await ended(job.id)).toMatchObject([{ status: 'delivered' }, { status: 'delivered' }]);
      expect(await filesOf('again/clip')).toEqual(['again/clip.mp4']);
      const nowhere = await deliver(job.id, {});
      expect([nowhere.status, nowhere.json.details.field]).toEqual([400, 'output']);
      await service.call('DELETE', `/v1/transcodes/${job.id}`);
      const gone = await deliver(job.id, { output: 'mp4' });
      expect([gone.status, gone.json.code]).toEqual([410, 'output_deleted']);
    });

    it('can be delivered to another destination, and its receipt shows both destinations', async () => {
      keys.length = 0;
      const job = await run({ outputFormat: 'mp4', destination: { s3: { connection: 'films', prefix: 'first' } } });
      keys.push(KEYS);
      const second = await deliver(job.id, { destination: { s3: { connection: 'films', prefix: 'second' } } });
      expect(second.status).toBe(202);
      expect(await ended(job.id)).toMatchObject([{ status: 'delivered', prefix: 'second/' }]);
      const unknown = await deliver(job.id, { destination: { s3: { connection: 'fims' } } });
      expect([unknown.status, unknown.json.details.near]).toEqual([422, 'films']);
      await service.call('DELETE', `/v1/transcodes/${job.id}`);
      const { receipt } = (await service.call('GET', `/v1/transcodes/${job.id}/receipt`)).json;
      expect(receipt.copies).toMatchObject([
        { prefix: 'first/', delivered: false },
        { prefix: 'second/', delivered: true },
      ]);
    });

    it('needs a destination if its first destination was a presigned URL, and is not delivered twice concurrently', async () => {
      const job = await run({
        outputFormat: 'mp4',
        destination: { url: `${bucket.endpoint}/${BUCKET}/none.mp4?X-Amz-Signature=secret` },
      });
      const without = await deliver(job.id);
      expect([without.status, without.json.details]).toEqual([
        400,
        {
          field: 'destination',
          reason: 'is missing, and Airlock does not keep presigned URLs',
          remedy: 'Send a destination',
        },
      ]);
      const { url, headers } = await bucket.store.presignPut('twice.mp4', { ...PUT, size: job.outputs[0].size });
      const { 'content-length': _, ...signed } = headers;
      const answers = await Promise.all(
        [1, 2, 3].map(() => deliver(job.id, { destination: { url, headers: signed } })),
      );
      const begun = answers.filter(({ status }) => status === 202).length;
      expect(begun).toBeGreaterThan(0);
      for (const { status, json } of answers)
        expect([status, json.code ?? null]).toEqual(status === 202 ? [202, null] : [409, 'delivery_in_progress']);
      expect(await ended(job.id)).toMatchObject([{ status: 'delivered', connection: null }]);
      const shown = [JSON.stringify(answers[0]!.json), service.output()];
      for (const text of shown) expect(text).not.toContain(new URL(url).searchParams.get('X-Amz-Signature')!);
      const foreign = await service.call('POST', `/v1/transcodes/${crypto.randomUUID()}/redeliver`, {});
      expect(foreign.status).toBe(404);
    });
  });

  describe('a source in the bucket of a connection', () => {
    const create = (url: string) =>
      service.call('POST', '/v1/transcodes?wait=60', { inputs: [{ url }], outputFormat: 'mp4' });

    it('is read with the key of the connection, and its URL is shown without a signature', async () => {
      const clip = join(folder, 'source.mp4');
      await makeClip(clip, { size: '160x90' });
      await bucket.store.putFile('in/a clip+1.mp4', clip, { contentType: 'video/mp4', size: (await stat(clip)).size });
      const { json } = await create('s3://films/in/a clip+1.mp4');
      expect([json.status, json.error_message]).toEqual(['completed', null]);
      expect(json.inputs[0].url).toBe('s3://films/in/a clip+1.mp4');
      expect((await service.call('POST', '/v1/probe', { url: 's3://films/in/a clip+1.mp4' })).json.format).toMatch(
        /^mov/,
      );
      const missing = (await create('s3://films/in/none.mp4')).json;
      expect([missing.status, missing.error_code]).toEqual(['failed', 'source_not_found']);
    });

    it('is rejected for an unknown connection with the nearest name, and for a key with dot segments', async () => {
      const unknown = (await create('s3://flims/a.mp4')).json;
      expect([unknown.code, unknown.details.near]).toEqual(['connection_not_found', 'films']);
      for (const url of ['s3://films/../a.mp4', 's3://films', 's3://Films/a.mp4', 's3:///a']) {
        expect([url, (await create(url)).json.code]).toEqual([url, 'source_refused']);
      }
    });

    it('fails the job once the key of the connection is revoked', async () => {
      keys.length = 0;
      const { json } = await create('s3://films/in/a clip+1.mp4');
      expect([json.status, json.error_code, json.error_message]).toEqual([
        'failed',
        'source_error',
        'Input 1: The source responded with 403.',
      ]);
    });
  });
};
