import { randomBytes, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPool, type Pool } from '../../src/database/pool.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { type CommitProxy, openCommitProxy } from '../helpers/commit-proxy.ts';

const SIZE = 65 * 2 ** 20;
const FILE = { filename: 'long.mp4', contentType: 'video/mp4', fileSize: SIZE };

interface Target {
  uploadId: string;
  partSize: number;
  parts: { partNumber: number; url: string; size: number }[];
}

/** The requests that begin uploads in parts, and where their responses contain the targets. */
const REQUESTS = [
  {
    path: '/v1/upload/multipart',
    body: FILE,
    // biome-ignore lint/suspicious/noExplicitAny: the JSON of a response
    targetOf: ({ result }: any): Target => result,
  },
  {
    path: '/v1/transcodes',
    body: { inputs: [{ upload: FILE }], outputFormat: 'mp4' },
    // biome-ignore lint/suspicious/noExplicitAny: the JSON of a response
    targetOf: ({ inputs }: any): Target => inputs[0].upload,
  },
  {
    path: '/v1/transcodes/batch',
    body: { jobs: [{ inputs: [{ upload: FILE }], outputFormat: 'mp4' }] },
    // biome-ignore lint/suspicious/noExplicitAny: the JSON of a response
    targetOf: ({ items }: any): Target => items[0].job.inputs[0].upload,
  },
];

/** The request, and the statement whose response is lost. */
const CASES = [
  ...REQUESTS.map((one) => ({ ...one, command: 'COMMIT' })),
  ...REQUESTS.slice(0, 2).map((one) => ({ ...one, command: 'UPDATE' })),
];

describe('a request whose connection to the database breaks', () => {
  let api: TestApi;
  let proxy: CommitProxy;
  let pool: Pool;
  /** Uploads in parts that were aborted in storage. */
  const aborted: string[] = [];
  beforeAll(async () => {
    api = await startApi();
    proxy = await openCommitProxy(api.database.url);
    pool = openPool(proxy.url, { max: 4, role: 'test', onError: () => {} });
    const { store } = api.context;
    Object.assign(api.context, {
      db: pool.db,
      store: {
        ...store,
        async abortMultipart(key: string, id: string) {
          await store.abortMultipart(key, id);
          aborted.push(id);
        },
      },
    });
  });
  afterAll(async () => {
    await api?.close();
    await pool?.close();
    await proxy?.close();
  });

  beforeEach(() => {
    aborted.length = 0;
  });

  const begun = () => readdir(join(api.gateway.root, 'parts'));
  const put = async ({ url, size }: Target['parts'][number]) =>
    (await fetch(url, { method: 'PUT', body: new Uint8Array(randomBytes(size)) })).status;

  // Except for a batch, the server receives COMMIT together with the last UPDATE, and runs it although the response to the UPDATE is lost.
  it.each(CASES)(
    'begins one upload in parts, which a repeated request returns: $path, response to $command lost',
    async (one) => {
      const { path, body, targetOf, command } = one;
      const before = await begun();
      const headers = { 'idempotency-key': randomUUID() };
      const lost = proxy.loseNext(command);
      const first = await api.call('POST', path, body, headers);
      await lost;
      expect([first.status, first.json.code, first.headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
      // The lookup is a transaction of its own.
      const { commits } = proxy;
      await until(() => proxy.commits > commits || aborted.length > 0, { what: 'the lookup of the outcome' });
      expect(aborted).toEqual([]);
      // This request begins another upload, and aborts it because the request was repeated.
      const repeated = await api.call('POST', path, body, headers);
      const target = targetOf(repeated.json);
      expect(await put(target.parts[0]!)).toBe(200);
      expect((await begun()).length).toBe(before.length + 1);
    },
  );

  it.each(REQUESTS)('leaves no upload in parts behind if nothing was committed: $path', async ({ path, body }) => {
    const before = await begun();
    const lost = proxy.loseNext('INSERT');
    const first = await api.call('POST', path, body, { 'idempotency-key': randomUUID() });
    await lost;
    expect(first.status).toBe(503);
    await until(async () => aborted.length > 0, { what: 'the abort of the upload' });
    expect(await begun()).toEqual(before);
  });
});
