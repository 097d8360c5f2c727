import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Airlock } from '../../sdk/src/index.ts';
import { createFetcher } from '../../src/fetcher/index.ts';
import { readStatistics } from '../../src/fleet/statistics.ts';
import { createSetupLink } from '../../src/identity/setup-links.ts';
import { setupPath } from '../../src/identity/setup-path.ts';
import { createUser } from '../../src/identity/users.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { createLogger, createRegistry, createWorkerMetrics } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { setUp, visit } from '../../testkit/people.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { openTestSandbox } from '../helpers/root-image.ts';
import { faultsOf } from '../web/axe.ts';
import { overflowing } from '../web/undeletable.ts';
import { VIOLATION } from './toy/execute.ts';
import { toy } from './toy/index.ts';

/** Whether child jobs have to wait in their attempt. */
let holdsParts = false;
const held: typeof toy = {
  ...toy,
  async load() {
    const execute = await toy.load();
    return async (tools, run, kinds) => {
      await run.lease.acquire(run.signal);
      const isPart = run.claim.job.parent_id !== null;
      while (isPart && holdsParts) await sleep(20, null, { signal: run.signal });
      return execute(tools, run, kinds);
    };
  },
};

describe('a job of a kind that consists of one folder and one registry entry', () => {
  let api: TestApi;
  let folder: string;
  let sandbox: Sandbox;
  let worker: Worker;
  let receiver: Awaited<ReturnType<typeof startSource>>;
  const received: { type: string; data: Record<string, unknown> }[] = [];
  const numbers = createRegistry('worker');
  beforeAll(async () => {
    const sources = { allow: ['127.0.0.1/32'], ports: [443] };
    const registry = new Map([...kinds, [toy.name, held as unknown as Kind]]);
    api = await startApi({}, {}, sources, registry);
    await chmod(dirname(api.gateway.root), 0o711);
    receiver = await startSource(async (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      received.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(204).end();
    });
    folder = await mkdtemp(join(tmpdir(), 'airlock-kind-'));
    await chmod(folder, 0o711);
    sandbox = await openTestSandbox({ dataDir: folder, slots: 1 });
    worker = await startWorker({
      ...{ context: api.context, kinds: registry, sandbox, onBroken: () => {} },
      metrics: await createWorkerMetrics(await numbers),
      fetcher: createFetcher({ ...sources, maxBytes: 2 ** 20, deadlineMs: 5000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      settings: {
        ...{ databaseUrl: api.database.url, version: 'test', dataDir: folder, workDir: join(folder, 'work', 'one') },
        ...{ slots: [['light']], cores: 2, cellMemoryBytes: 2 ** 30, drainMs: 1000 },
        ...{ diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true, storageWaitSeconds: 60, outputWaitMs: 1000 },
      },
    });
  });
  afterAll(async () => {
    await worker?.drain();
    await sandbox?.close();
    receiver?.close();
    await api?.close();
    await rm(folder, { recursive: true, force: true });
  });

  let listening: Promise<string> | undefined;
  const url = () => (listening ??= api.listen());
  const create = async (body: object, headers = {}) => {
    const made = await api.call('POST', '/v1/toys', body, headers);
    expect([made.status, made.text]).toEqual([201, made.text]);
    return made.json;
  };
  const read = async (id: string, wait = 30) => (await api.call('GET', `/v1/toys/${id}?wait=${wait}`)).json;
  afterEach(() => {
    holdsParts = false;
  });
  const reaches = (id: string, status: string) =>
    until(async () => (await read(id, 0)).status === status, { what: `a toy that is ${status}` });
  const eventsOf = async (id: string) => (await api.call('GET', `/v1/toys/${id}/events`)).json.events;
  const objectsOf = async (id: string) =>
    (await api.database.pg.query('SELECT state FROM objects WHERE job_id = $1 ORDER BY id', [id])).rows;
  const childrenOf = async (id: string) =>
    (await api.database.pg.query('SELECT id, status, attempts, erased_at FROM jobs WHERE parent_id = $1', [id])).rows;

  it('is created, awaited, shown with its two outputs, and downloaded', async () => {
    const made = await api.call('POST', '/v1/toys?wait=30', { text: 'live' });
    expect([made.status, made.headers.get('location')]).toEqual([201, `/v1/toys/${made.json.id}`]);
    expect(made.json).toMatchObject({
      ...{ status: 'completed', text: 'live' },
      outputs: [
        { format: 'txt', size: 4, sha256: expect.any(String) },
        { format: 'md', size: 12, files: 3, sha256: expect.any(String) },
      ],
    });
    const { json } = await api.call('GET', `/v1/toys/${made.json.id}/download?output=txt`);
    expect(await (await fetch(json.url)).text()).toBe('evil');
    const { status, json: unnamed } = await api.call('GET', `/v1/toys/${made.json.id}/download`);
    expect([status, unnamed.details]).toEqual([400, expect.objectContaining({ accepted: ['txt', 'md'] })]);
  });

  let many: Promise<{ id: string }> | undefined;
  /** Returns the id of a job with an output of 120 files. Storing these files takes seconds, so three tests use the same job. */
  const manyFiles = async (): Promise<string> => {
    many ??= create({ text: 'many' });
    const { id } = await many;
    await read(id);
    return id;
  };

  it('has an output of 120 files, which are listed, downloaded one by one, and downloaded as a zip', async () => {
    const id = await manyFiles();
    expect((await read(id)).outputs[1]).toMatchObject({ format: 'md', size: 480, files: 120 });
    const { items, next } = (await api.call('GET', `/v1/toys/${id}/files?output=md&limit=80`)).json;
    expect([items.length, next]).toEqual([80, items.at(-1).path]);
    const rest = (await api.call('GET', `/v1/toys/${id}/files?output=md&limit=80&after=${next}`)).json;
    expect([rest.items.length, rest.next]).toEqual([40, null]);
    const wrong = await api.call('GET', `/v1/toys/${id}/files?output=md&after=another`);
    expect([wrong.status, wrong.json.details.field]).toEqual([400, 'after']);
    const file = (await api.call('GET', `/v1/toys/${id}/download?output=md&file=7.md`)).json;
    expect(await (await fetch(file.url)).text()).toBe('MANY');
    const zip = (await api.call('GET', `/v1/toys/${id}/download?output=md`)).json;
    expect((await (await fetch(zip.url)).arrayBuffer()).byteLength).toBeGreaterThan(480);
  });

  it('records its events, including one of its own, and includes the job in the last event', async () => {
    const { id } = await create({ text: 'mood' });
    await read(id);
    const events = await until(async () => ((await eventsOf(id)).length === 6 ? eventsOf(id) : null), {
      what: 'the events of a toy',
    });
    const types = events.map(({ type }: { type: string }) => type);
    expect(types.toSorted()).toEqual(
      ['queued', 'started', 'reversed', 'output_ready', 'output_ready', 'completed']
        .map((name) => `toy.${name}`)
        .sort(),
    );
    const dataOf = (type: string) => events.find((event: { type: string }) => event.type === type).data;
    const ready = events.filter(({ type }: { type: string }) => type === 'toy.output_ready');
    expect(ready.map(({ data }: { data: object }) => data)).toEqual([
      { job_id: id, output: 'txt', position: 0, format: 'txt' },
      { job_id: id, output: 'md', position: 1, format: 'md' },
    ]);
    expect(dataOf('toy.reversed')).toEqual({ job_id: id, letters: 4 });
    expect(dataOf('toy.completed')).toMatchObject({ job_id: id, job: { id, status: 'completed' } });
    const filtered = await api.call('GET', `/v1/events?types=toy.reversed&job=${id}`);
    expect(filtered.json.events).toHaveLength(1);
    expect((await api.call('GET', '/v1/events?types=toy.revesed')).json.details.near).toBe('toy.reversed');
  });

  it("sends its events to the account's webhooks for these events, and its last event to the webhook URL of the job", async () => {
    const hook = await api.call('POST', '/v1/webhooks', { url: `${receiver.url}/hook`, types: ['toy.reversed'] });
    expect(hook.status).toBe(201);
    const { id } = await create({ text: 'drawer', webhook_url: `${receiver.url}/job` });
    await until(() => received.length === 2, { what: 'the webhooks of a toy' });
    expect(received.map(({ type, data }) => [type, data.job_id]).sort()).toEqual([
      ['toy.completed', id],
      ['toy.reversed', id],
    ]);
    expect(received.find(({ type }) => type === 'toy.completed')!.data.job).toMatchObject({ id, status: 'completed' });

    const firstAttempts = async () =>
      (await (await numbers).metrics()).match(/airlock_webhook_delay_seconds_count\S* (\d+)/)?.[1];
    const counted = Number(await firstAttempts());
    expect(counted).toBeGreaterThanOrEqual(2);
    const [delivery] = (await api.call('GET', `/v1/webhooks/${hook.json.id}/deliveries`)).json.items;
    expect((await api.call('POST', `/v1/webhooks/deliveries/${delivery.id}/redeliver`)).status).toBe(202);
    await until(() => received.length === 3, { what: 'the webhook that is sent again' });
    expect(Number(await firstAttempts()), 'a redelivery is not the first attempt').toBe(counted);
  });

  it('is in the list of its kind, which has its own count, and in no list of another kind', async () => {
    const [first, second] = [await create({ text: 'one' }), await create({ text: 'two' })];
    for (const { id } of [first, second]) await read(id);
    const list = await api.call('GET', '/v1/toys?limit=2&status=completed');
    expect(list.json.items.map(({ id }: { id: string }) => id)).toEqual([second.id, first.id]);
    const { rows } = await api.database.pg.query(`SELECT count(*)::int FROM jobs WHERE kind = 'toy'`);
    expect(list.json.total).toBe(rows[0].count);
    expect(list.headers.get('x-total-count')).toBe(String(rows[0].count));
    expect((await api.call('GET', '/v1/transcodes')).json).toMatchObject({ items: [], total: 0 });
    for (const [method, path] of [
      ['GET', `/v1/transcodes/${first.id}`],
      ['PATCH', `/v1/transcodes/${first.id}/cancel`],
      ['DELETE', `/v1/transcodes/${first.id}`],
    ] as const) {
      expect([path, (await api.call(method, path)).status]).toEqual([path, 404]);
    }
  });

  it('has an output with one file, which is listed and downloaded as this file', async () => {
    const { id } = await create({ text: 'single' });
    const sha256 = createHash('sha256').update('SINGLE').digest('hex');
    expect((await read(id)).outputs[1]).toMatchObject({ format: 'md', size: 6, files: 1, sha256 });
    expect((await api.call('GET', `/v1/toys/${id}/files?output=md`)).json.items).toMatchObject([
      { path: '0.md', sha256 },
    ]);
    const toys = new Airlock({ url: await url(), key: api.key }).kind('toys');
    const path = join(folder, 'single.md');
    // The SDK also checks the hash.
    await toys.resultOf(await toys.get(id)).save(path, { output: 'md' });
    expect(await readFile(path, 'utf8')).toBe('SINGLE');
  });

  it('is counted by kind in the metrics of its worker', async () => {
    const text = await (await numbers).metrics();
    expect(text).toMatch(/airlock_stage_seconds_count\{[^}]*stage="store",kind="toy"[^}]*\} [1-9]/);
    expect(text).toMatch(/airlock_attempts_total\{[^}]*kind="toy"[^}]*\} [1-9]/);
  });

  it('is failed and recorded in the audit log and the metrics if one of its outputs violates the sandbox', async () => {
    const { id } = await create({ text: VIOLATION });
    const { status, outputs } = await read(id);
    expect([status, outputs[0].size, outputs[1].size]).toEqual(['failed', VIOLATION.length, null]);
    const audit = `SELECT action, result FROM audit_log WHERE target = $1`;
    const entries = await until(
      async () => {
        const { rows } = await api.database.pg.query(audit, [id]);
        return rows.length > 0 && rows;
      },
      { what: 'the entry of the violation' },
    );
    expect(entries).toEqual([{ action: 'sandbox.violation', result: 'refused' }]);
    const text = await (await numbers).metrics();
    expect(text).toMatch(/airlock_failures_total\{[^}]*code="sandbox_violation",kind="toy"[^}]*\} 1/);
  });

  it('is erased with both outputs, and has a receipt for them', async () => {
    const { id } = await create({ text: 'gone' });
    await read(id);
    expect(await objectsOf(id)).toEqual([{ state: 'live' }, { state: 'live' }]);
    expect((await api.call('GET', `/v1/toys/${id}/receipt`)).json.code).toBe('receipt_not_ready');
    expect((await api.call('DELETE', `/v1/toys/${id}`)).json).toMatchObject({
      ...{ id, object: 'toy', deleted: true },
      success: true,
    });
    expect(await objectsOf(id)).toEqual([{ state: 'deleted' }, { state: 'deleted' }]);
    expect((await api.call('GET', `/v1/toys/${id}/download`)).json.code).toBe('output_deleted');
    const { receipt } = (await api.call('GET', `/v1/toys/${id}/receipt`)).json;
    expect(receipt).toMatchObject({ kind: 'toy', job_id: id, transcode_id: id, status: 'completed' });
    expect(receipt.deleted).toHaveLength(2);
    const { rows } = await api.database.pg.query('SELECT action FROM audit_log WHERE target = $1', [id]);
    expect(rows).toEqual([{ action: 'toy.erased' }]);
  });

  it('waits for its child jobs without a slot, and continues when the last of them has ended', async () => {
    const { id } = await create({ text: 'abc+de' });
    await until(async () => (await childrenOf(id)).length === 2, { what: 'the children of a toy' });
    const done = await read(id);
    expect(done.status).toBe('completed');
    const { json } = await api.call('GET', `/v1/toys/${id}/download?output=txt`);
    expect(await (await fetch(json.url)).text()).toBe('2 3');
    const children = await childrenOf(id);
    expect(children.map(({ status, attempts }) => [status, attempts])).toEqual(Array(2).fill(['completed', 1]));
    await api.call('DELETE', `/v1/toys/${id}`);
    for (const child of await childrenOf(id)) {
      expect(child.erased_at).not.toBeNull();
      expect(await objectsOf(child.id)).toEqual([{ state: 'deleted' }]);
    }
  });

  it('is shown in its own state while its child jobs run, and cancels them when it is canceled', async () => {
    holdsParts = true;
    const { id } = await create({ text: 'p+c' });
    await reaches(id, 'collecting');
    const isListed = async () => {
      const { items } = (await api.call('GET', '/v1/toys?status=processing')).json;
      return items.some((one: { id: string; status: string }) => one.id === id && one.status === 'collecting');
    };
    await until(isListed, { what: 'the toy in the list of those that run' });
    await until(async () => (await childrenOf(id)).some(({ status }) => status === 'processing'), {
      what: 'a part that runs',
    });
    const canceled = await api.call('PATCH', `/v1/toys/${id}/cancel`);
    expect(canceled.json).toMatchObject({ success: true, job: { id, status: 'canceled' } });
    expect((await childrenOf(id)).map(({ status }) => status)).toEqual(['canceled', 'canceled']);
    holdsParts = false;
    expect((await api.call('PATCH', `/v1/toys/${id}/cancel`)).json.code).toBe('cancel_final');
    const last = async () => (await eventsOf(id)).at(-1)?.type;
    await until(async () => (await last()) === 'toy.canceled', { what: 'the event of the cancel' });
  });

  it('is created once for each Idempotency-Key, and is rejected by its own schema', async () => {
    const headers = { 'idempotency-key': 'k' };
    const [first, second] = [await create({ text: 'a' }, headers), await create({ text: 'a' }, headers)];
    expect(second.id).toBe(first.id);
    const rejected = await api.call('POST', '/v1/toys', { text: '', txt: 1 });
    expect([rejected.status, rejected.json.details.field]).toEqual([400, 'text']);
  });

  it('belongs to a kind in the list of kinds, with which the dashboard shows the job among all jobs', async () => {
    const { items } = (await api.call('GET', '/v1/kinds')).json;
    const statuses = ['pending', 'processing', 'completed', 'failed', 'canceled', 'collecting'];
    const noun = { one: 'toy', many: 'toys' };
    expect(items).toContainEqual({ name: 'toy', path: 'toys', noun, statuses, events: expect.any(Array) });
    expect(items.find(({ name }: { name: string }) => name === 'toy').events).toContain('toy.reversed');
    const { id } = await create({ text: 'listed' });
    await read(id);
    const { items: jobs, total } = (await api.call('GET', '/v1/jobs?limit=100')).json;
    expect(jobs[0]).toMatchObject({ id, kind: 'toy', status: 'completed' });
    expect(total).toBe(jobs.length);
    expect((await api.call('GET', '/v1/jobs?kind=transcode')).json).toMatchObject({ items: [], total: 0 });
  });

  it('has tools of the Model Context Protocol that create, wait for, read and erase it', async () => {
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${api.key}` } };
    const transport = new StreamableHTTPClientTransport(new URL(`${await url()}/mcp`), { requestInit });
    await client.connect(transport as Parameters<Client['connect']>[0]);
    // The tools of other kinds also list, cancel, erase and download toys, with the argument `kind`.
    const names = (await client.listTools()).tools.map(({ name }) => name).filter((name) => name.includes('toy'));
    expect(names.toSorted()).toEqual(['create_toy', 'get_toy']);
    // biome-ignore lint/suspicious/noExplicitAny: results are looked at field by field
    const use = async (name: string, args: object): Promise<any> =>
      (await client.callTool({ name, arguments: { ...args } })).structuredContent;
    const made = await use('create_toy_and_wait', { text: 'tool' });
    expect(made).toMatchObject({ job: { status: 'completed' }, downloadUrl: null });
    const { id } = made.job;
    expect(made.downloadUrls.map(({ output }: { output: string }) => output)).toEqual(['txt', 'md']);
    expect(await (await fetch(made.downloadUrls[0].url)).text()).toBe('loot');
    expect((await use('list_toy_files', { id, output: 'md', limit: 2 })).items).toHaveLength(2);
    const { url: file } = await use('get_toy_download_url', { id, output: 'md', file: '1.md' });
    expect(await (await fetch(file)).text()).toBe('TOOL');
    expect((await use('erase_toy', { id })).success).toBe(true);
    expect(await use('get_toy_download_url', { id, output: 'md' })).toMatchObject({ code: 'output_deleted' });
    await client.close();
  });

  it('is run, listed, downloaded and erased by the SDK', async () => {
    const toys = new Airlock({ url: await url(), key: api.key }).kind('toys');
    const stages = new Set<string>();
    const result = await toys.run({ text: 'kit' }, { onProgress: ({ stage }) => stages.add(stage) });
    const { id } = result.job;
    expect([...stages]).toContain('prepare');
    const { value: newest } = await toys.list({ status: 'completed' }).next();
    expect(newest).toMatchObject({ id });
    expect(await (await result.blob({ output: 'txt' })).text()).toBe('tik');
    const files: { path: string }[] = [];
    for await (const file of toys.files(id, { output: 'md' })) files.push(file);
    expect(files.map(({ path }) => path)).toEqual(['0.md', '1.md', '2.md']);
    const types: string[] = [];
    for await (const { type } of toys.events(id)) types.push(type);
    expect(types.at(-1)).toBe('toy.completed');
    await toys.erase(id);
    expect((await toys.receipt(id)).receipt).toMatchObject({ job_id: id, kind: 'toy' });
    await expect(toys.download(id, { output: 'txt' })).rejects.toMatchObject({ code: 'output_deleted' });
  });

  it('is named by the noun of its kind in errors', async () => {
    holdsParts = true;
    const { id } = await create({ text: 'n+o' });
    await reaches(id, 'collecting');
    const download = `/v1/toys/${id}/download?output=txt`;
    const early = await api.call('GET', download);
    expect([early.status, early.json.code, early.json.error]).toEqual([
      ...[409, 'job_not_completed', 'The toy is not completed'],
    ]);
    const { jobs } = await readStatistics(api.context, ['toy']);
    expect(jobs.map(({ kind }) => kind)).toContain('toy');
    await api.call('PATCH', `/v1/toys/${id}/cancel`);
    holdsParts = false;
    const late = await api.call('GET', download);
    expect([late.status, late.json.code, late.json.error]).toEqual([409, 'job_canceled', 'The toy was canceled']);
  });

  it('is described by the OpenAPI document', async () => {
    const { paths, tags } = (await api.call('GET', '/openapi.json')).json;
    expect(Object.keys(paths).filter((path) => path.startsWith('/v1/toys'))).toHaveLength(7);
    expect(paths['/v1/toys'].post.operationId).toBe('createToy');
    expect(paths['/v1/toys'].post.requestBody.content['application/json'].example).toEqual({ text: 'live' });
    expect(tags).toContainEqual({ name: 'toys', description: 'Reversed texts.' });
    const types = (await api.call('GET', '/openapi.json')).json.components.schemas.Event.properties.type.enum;
    expect(types).toContain('toy.reversed');
  });

  describe('a job of this kind in the dashboard', () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      browser = await openBrowser();
      const by = { actor: 'test', ip: null, requestId: null };
      const token = await api.database.db.transaction().execute(async (tx) => {
        const person = { accountId: api.account.id, email: 'ada@kinds.example', role: 'admin' as const };
        return createSetupLink(tx, await createUser(tx, person, by), by);
      });
      page = await setUp(browser, (await url()) + setupPath(token));
    });
    afterAll(() => browser?.close());

    const region = (name: string | RegExp) => page.getByRole('region', { name });
    const open = async (id: string) => {
      await page.goto(`${await url()}/jobs/toys/${id}`);
      await page.getByRole('heading', { level: 1, name: `Toy ${id.slice(-8)}` }).waitFor();
    };
    /** Returns the name and the bytes of the file that a button downloads. */
    const downloadBy = async (name: string) => {
      const button = page.getByRole('button', { name, exact: true }).first();
      const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
      return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
    };
    /** Expects that the page is readable in the windows of a desktop and of a phone, and accessible in the window of a phone. */
    const isReadable = async () => {
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 });
        expect([width, await overflowing(page), await faultsOf(page)]).toEqual([width, [], []]);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
    };

    it('is in the list of jobs together with jobs of other kinds, and alone if the list is filtered by its kind', async () => {
      const source = { inputs: [{ url: 'https://127.0.0.1/a.mp4' }], outputFormat: 'mp3' };
      const { id: other } = (await api.call('POST', '/v1/transcodes', source)).json;
      await api.call('PATCH', `/v1/transcodes/${other}/cancel`);
      const { id } = await create({ text: 'newest' });
      await read(id);
      const { total } = (await api.call('GET', '/v1/toys?limit=1')).json;
      await visit(page, 'Jobs');
      const ofToy = page.getByRole('row').filter({ hasText: `Toy ${id.slice(-8)}` });
      const ofOther = page.getByRole('row', { name: /a\.mp4/ });
      const show = (kind: string) => page.getByRole('combobox', { name: 'Kind' }).selectOption(kind);
      await ofToy.getByText('Completed', { exact: true }).waitFor();
      await ofOther.waitFor();
      await page.getByText(`${total + 1} jobs, newest first`).waitFor();
      await isReadable();
      await show('Toys');
      await page.getByText(`${total} jobs, newest first`).waitFor();
      expect([await ofToy.count(), await ofOther.count()]).toEqual([1, 0]);
      await show('Transcodes');
      await page.getByText('1 job, newest first').waitFor();
      await ofOther.waitFor();
      expect(await ofToy.count()).toBe(0);
      await page.getByRole('button', { name: 'Completed', exact: true }).click();
      await page.getByText('No jobs match the filter').waitFor();
      await show('All kinds');
      await ofToy.getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: `Toy ${id.slice(-8)}` }).waitFor();
    });

    it('has a page with its outputs, its own events and its receipt', async () => {
      const { id } = await create({ text: 'page' });
      await read(id);
      await open(id);
      await region('Outputs')
        .getByRole('row', { name: /txt Text Ready 4 B/ })
        .waitFor();
      await region('Outputs')
        .getByRole('row', { name: /md Text Ready 12 B in 3 files/ })
        .waitFor();
      for (const moment of ['Attempt 1 started', 'Reversed', 'Output txt ready', 'Output md ready'])
        await region('Timeline').getByText(moment).waitFor();
      await isReadable();
      expect(await downloadBy('Download txt')).toEqual({
        name: expect.stringMatching(/\.txt$/),
        bytes: Buffer.from('egap'),
      });
      await page.getByRole('button', { name: 'Erase' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('link', { name: 'The signed receipt' }).waitFor();
      await region('Outputs')
        .getByRole('row', { name: /md Text Deleted/ })
        .waitFor();
      await isReadable();
    });

    it('is linked from the deliveries of its events', async () => {
      const { json: hook } = await api.call('POST', '/v1/webhooks', {
        url: `${receiver.url}/link`,
        types: ['toy.reversed'],
      });
      const { id } = await create({ text: 'link' });
      const delivered = async () => (await api.call('GET', `/v1/webhooks/${hook.id}/deliveries`)).json.total === 1;
      await until(delivered, { what: 'the delivery of an event' });
      await page.goto(`${await url()}/webhooks/${hook.id}`);
      await page.getByRole('link', { name: id.slice(-8) }).click();
      await page.getByRole('heading', { level: 1, name: `Toy ${id.slice(-8)}` }).waitFor();
    });

    it('has a list of the files of an output, with pages, downloads of single files and a zip of all files', async () => {
      const id = await manyFiles();
      await open(id);
      await page.getByRole('button', { name: 'Show files of md' }).click();
      const files = region('Files of md (120)');
      const paths = () => files.getByRole('rowheader').allTextContents();
      const { items } = (await api.call('GET', `/v1/toys/${id}/files?output=md&limit=120`)).json;
      const pathsOf = (number: number) =>
        items.slice(50 * number, 50 * number + 50).map(({ path }: { path: string }) => path);
      const shows = (number: number) =>
        until(async () => (await paths()).join() === pathsOf(number).join(), { what: `page ${number} of the files` });
      await shows(0);
      await isReadable();
      const next = files.getByRole('button', { name: 'Next page' });
      await next.click();
      await shows(1);
      await files.getByRole('button', { name: 'Previous page' }).click();
      await shows(0);
      for (let number = 1; number < 3; number += 1) {
        await next.click();
        await shows(number);
      }
      expect(await next.count()).toBe(0);
      const row = files.getByRole('row', { name: new RegExp(`^${items.at(-1).path} `) });
      const [one] = await Promise.all([page.waitForEvent('download'), row.getByRole('button').click()]);
      expect(one.suggestedFilename()).toBe(items.at(-1).path);
      expect(await readFile(await one.path(), 'utf8')).toBe('MANY');
      const zip = await downloadBy('Download all as a zip');
      expect([zip.name, zip.bytes.subarray(0, 2).toString()]).toEqual([expect.stringMatching(/\.zip$/), 'PK']);
      expect((await downloadBy('Download md as a zip')).bytes.equals(zip.bytes)).toBe(true);
      await page.getByRole('button', { name: 'Hide files of md' }).click();
      expect(await files.count()).toBe(0);
    });

    it('is shown in its own state, and can be canceled', async () => {
      holdsParts = true;
      const { id } = await create({ text: 'd+b' });
      // No event is sent when a parent starts to wait for its children, so the page is opened afterwards.
      await reaches(id, 'collecting');
      await open(id);
      await page.getByText('Collecting', { exact: true }).first().waitFor();
      await region('Outputs')
        .getByRole('row', { name: /md Text Not ready/ })
        .waitFor();
      await isReadable();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel the job' }).click();
      await page.getByText('Canceled', { exact: true }).first().waitFor();
      holdsParts = false;
    });
  });

  it('is erased with all 120 files of an output, and its receipt contains the number of files', async () => {
    const id = await manyFiles();
    await api.call('DELETE', `/v1/toys/${id}`);
    expect(await objectsOf(id)).toEqual(Array(3).fill({ state: 'deleted' }));
    const { receipt } = (await api.call('GET', `/v1/toys/${id}/receipt`)).json;
    expect(receipt.deleted).toContainEqual(expect.objectContaining({ files: 120, size: 480 }));
  });
});
