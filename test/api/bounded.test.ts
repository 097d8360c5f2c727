import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_REQUESTS, LIST_PAGE_BYTES } from '../../src/contract/limits.ts';
import type { Job, JobListItem } from '../../src/contract/transcodes.ts';
import { rawConnections } from '../../testkit/raw-connections.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const body = (extra: object = {}) => ({
  inputs: [{ url: 'https://media.example.com/clip.mp4' }],
  outputFormat: 'mp4',
  ...extra,
});

describe('a list of jobs', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.close());

  const list = async (query = '') => (await api.call('GET', `/v1/transcodes${query}`)).json;

  it('contains no options and does not unseal them, but the response for a single job contains them', async () => {
    const limits = { memory_mb: 512 };
    const options = [{ option: '-vf', argument: 'scale=64:64' }];
    const job: Job = (await api.call('POST', '/v1/transcodes', body({ options, limits }))).json;
    const preset: Job = (await api.call('POST', '/v1/transcodes', body({ preset: { quality: 'low' } }))).json;
    expect((await api.call('GET', `/v1/transcodes/${job.id}`)).json.ffmpeg_options.options).toEqual(options);
    // No read can decrypt this value, so a read that unseals it would fail.
    await api.database.db
      .updateTable('jobs')
      .set({ request_sealed: randomBytes(2 ** 20) })
      .execute();
    const { items } = await list();
    expect(items).toEqual([
      { ...preset, ffmpeg_options: { ...preset.ffmpeg_options, options: [] }, shortened: false },
      { ...job, ffmpeg_options: { ...job.ffmpeg_options, options: [] }, shortened: false },
    ]);
    expect(items[1].limits.memory_mb.requested).toBe(512);
    await api.database.db.deleteFrom('job_sources').execute();
    await api.database.db.deleteFrom('jobs').execute();
  });

  it('contains a bounded number of bytes of text, and marks the jobs whose text it omits', async () => {
    const inputs = Array.from({ length: 10 }, (_, index) => ({
      url: `https://media.example.com/${'a'.repeat(1500)}/${index}.mp4`,
    }));
    const metadata = { text: 'm'.repeat(8000) };
    for (let index = 0; index < 30; index += 1) {
      const made = await api.call(
        'POST',
        '/v1/transcodes',
        body({ inputs, metadata, filters: [{ filter: 'concat=n=10' }] }),
      );
      expect(made.status).toBe(201);
    }
    const response = await api.call('GET', '/v1/transcodes?limit=100');
    expect(response.status).toBe(200);
    const items: JobListItem[] = response.json.items;
    expect([items.length, response.json.total]).toEqual([30, 30]);
    expect(Buffer.byteLength(response.text)).toBeLessThan(LIST_PAGE_BYTES + 30 * 4096);
    const first = items.findIndex(({ shortened }) => shortened);
    expect(first).toBeGreaterThan(15);
    for (const [index, item] of items.entries()) {
      expect(item.shortened).toBe(index >= first);
      expect(item.metadata.user).toEqual(item.shortened ? null : metadata);
      expect(item.inputs.map(({ url }) => url)).toEqual(inputs.map(({ url }) => (item.shortened ? null : url)));
    }
    const complete: Job = (await api.call('GET', `/v1/transcodes/${items.at(-1)!.id}`)).json;
    expect(complete.metadata.user).toEqual(metadata);
    expect((await list('?limit=5&page=6')).items.map(({ shortened }: JobListItem) => shortened)).toEqual(
      Array(5).fill(false),
    );
  });
});

describe('concurrent requests of one key', () => {
  let api: TestApi;
  let port: number;
  const connections = rawConnections();
  beforeAll(async () => {
    api = await startApi();
    port = Number(new URL(await api.listen()).port);
  });
  afterAll(async () => {
    connections.close();
    await api?.close();
  });

  /** Sends the head of a request without its body. */
  function send(method: string, path: string, headers: string[] = []) {
    const head = [`${method} ${path} HTTP/1.1`, 'host: a', `authorization: Bearer ${api.key}`, ...headers];
    return connections.open(port, `${head.join('\r\n')}\r\n\r\n`);
  }
  const read = (key = api.key) =>
    api.call('GET', '/v1/transcodes?limit=1', undefined, { authorization: `Bearer ${key}` });

  it('are limited by a 429 response that names the limit, and do not affect other keys and accounts', async () => {
    const unfinished = Array.from({ length: KEY_REQUESTS.active }, () =>
      send('POST', '/v1/transcodes', ['content-type: application/json', 'content-length: 10']),
    );
    const rejected = await until(
      async () => {
        const response = await read();
        return response.status === 429 ? response : null;
      },
      { what: 'the bound' },
    );
    expect(rejected.headers.get('retry-after')).toBe('1');
    expect(rejected.json).toMatchObject({
      error: 'Too many concurrent requests',
      code: 'concurrency_exceeded',
      details: { limit: KEY_REQUESTS.active },
    });
    expect((await read(await api.makeKey())).status).toBe(200);
    expect((await read(await api.makeKey({ account: await api.makeAccount() }))).status).toBe(200);
    for (const { socket } of unfinished) socket.destroy();
    await until(async () => (await read()).status === 200, { what: 'the end of the requests of disconnected clients' });
  });

  it('do not count towards the limit while they wait for their jobs', async () => {
    const { id } = (await api.call('POST', '/v1/transcodes', body())).json;
    const responses: Promise<string>[] = [];
    // Sends the requests in groups. Requests beyond the limit wait for a slot, and a busy process would reject some of them.
    for (let group = 0; group < 3; group += 1) {
      const waits = Array.from({ length: KEY_REQUESTS.active }, () => send('GET', `/v1/transcodes/${id}?wait=60`));
      responses.push(...waits.map(({ received }) => received('\r\n')));
      expect((await read()).status).toBe(200);
    }
    expect((await api.call('PATCH', `/v1/transcodes/${id}/cancel`)).status).toBe(200);
    const statuses = (await Promise.all(responses)).map((text) => text.split('\r\n')[0]);
    expect(new Set(statuses)).toEqual(new Set(['HTTP/1.1 200 OK']));
  });
});
