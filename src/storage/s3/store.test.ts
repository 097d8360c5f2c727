import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestHandler } from '../../../testkit/servers.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { askedOnce } from '../embedded/store.ts';
import { S3_RETRIES } from '../retries.ts';
import type { ObjectStore } from '../types.ts';
import { openS3Store } from './store.ts';

/** Retries, limited to the number of attempts that a test has time for. */
const RETRIES = { ...S3_RETRIES, waitsMs: [5, 10, 20] };

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function storeAt(port: number, retries = RETRIES): ObjectStore {
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'very-secret' };
  const store = openS3Store(
    { endpoint, publicEndpoint: endpoint, bucket: 'b', region: 'r', credentials, retries },
    askedOnce,
  );
  closers.push(() => store.close());
  return store;
}

/** Opens a store whose server responds with `handler`. `seen` returns the number of requests that the server received. */
async function against(
  handler: RequestHandler,
  retries = RETRIES,
): Promise<{ store: ObjectStore; seen: () => number }> {
  let count = 0;
  const { port, close } = await startSource((request, response) => {
    count++;
    return handler(request, response);
  });
  closers.push(close);
  return { store: storeAt(port, retries), seen: () => count };
}

it('a store that does not declare features beyond S3 is asked once', async () => {
  const asked: string[] = [];
  const { store } = await against((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200).end();
  });
  expect(await store.capabilities()).toEqual({});
  expect(await store.capabilities()).toEqual({});
  expect(asked).toEqual(['HEAD /b']);
});

it('a store that was unreachable when it was asked for its features is asked again', async () => {
  let isDenied = true;
  const { store } = await against((_, response) => {
    response.writeHead(isDenied ? 403 : 200, { 'x-airlock-closes-keys': 'yes' }).end();
  });
  await expect(store.capabilities()).rejects.toMatchObject({ status: 403 });
  isDenied = false;
  expect(Object.keys(await store.capabilities())).toEqual(['closeKey', 'readPart', 'followStored', 'space']);
});

describe('the client of an S3 store', () => {
  it('retries when the store returns 503, and succeeds once the store is back', async () => {
    let failures = 2;
    const { store, seen } = await against((_, response) => {
      response.writeHead(failures-- > 0 ? 503 : 200, { 'content-length': 3 }).end('abc');
    });
    expect(String(await buffer((await store.get('k'))!))).toBe('abc');
    expect(seen()).toBe(3);
  });

  it('repeats requests for half a minute by default, since SlowDown lasts longer than a second', () => {
    const total = S3_RETRIES.waitsMs.reduce((sum, wait) => sum + wait, 0);
    expect(total).toBeGreaterThanOrEqual(30_000);
    expect(S3_RETRIES.withinMs).toBeGreaterThanOrEqual(total);
  });

  it('does not repeat a request when the time is over, even if attempts are left', async () => {
    const retries = { ...RETRIES, waitsMs: [1, 5_000, 5_000], withinMs: 100 };
    const { store, seen } = await against((_, response) => void response.writeHead(503).end(), retries);
    await expect(store.head('k')).rejects.toMatchObject({ retry: true, status: 503 });
    expect(seen()).toBe(2);
  });

  it('fails if a response does not arrive within the time-out of the backend', async () => {
    const { store, seen } = await against(() => undefined, { ...RETRIES, waitsMs: [1], silenceMs: 50 });
    await expect(store.head('k')).rejects.toMatchObject({ retry: true, message: /ETIMEDOUT/ });
    expect(seen()).toBe(2);
  });

  it('fails a ping instead of waiting a minute before the next attempt', async () => {
    const { store, seen } = await against((_, response) => void response.writeHead(503).end(), {
      ...RETRIES,
      waitsMs: [1, 60_000],
    });
    await expect(store.ping()).rejects.toMatchObject({ retry: true });
    expect(seen()).toBe(2);
  });

  it('fails after four attempts with an error that can be retried', async () => {
    const { store, seen } = await against((_, response) => void response.writeHead(500).end());
    await expect(store.delete('k')).rejects.toMatchObject({ retry: true, status: 500 });
    expect(seen()).toBe(4);
  });

  it('does not retry a rejected request, and names the reason', async () => {
    const { store, seen } = await against((_, response) => {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    });
    await expect(store.get('k')).rejects.toMatchObject({ retry: false, status: 403, message: /403 AccessDenied/ });
    expect(seen()).toBe(1);
  });

  it('reports an unreachable store as an error that can be retried', async () => {
    const { store } = await against(() => undefined);
    await closers.shift()!(); // the server stops, and its port is free
    const failure = await store.ping().catch((error) => error);
    expect(failure).toMatchObject({ name: 'StorageError', retry: true });
    expect(failure.message).toContain('ECONNREFUSED');
    expect(failure.message).not.toMatch(/http:|Signature|very-secret/);
  });

  it('fails a download that breaks midway with a StorageError', async () => {
    const { store } = await against((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('part', () => response.destroy());
    });
    await expect(buffer((await store.get('k'))!)).rejects.toMatchObject({ name: 'StorageError', retry: true });
  });

  it('fails a download that stops midway, as over a half-open connection', async () => {
    const { store } = await against(
      (_, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('part');
      },
      { ...RETRIES, silenceMs: 50 },
    );
    await expect(buffer((await store.get('k'))!)).rejects.toMatchObject({ name: 'StorageError', retry: true });
  });

  it('fails an upload that the store does not read, as over a half-open connection', async () => {
    const { store, seen } = await against(() => undefined, { ...RETRIES, waitsMs: [1], silenceMs: 50 });
    const bytes = Buffer.alloc(16 * 2 ** 20);
    const put = store.putPart('k', { uploadId: 'u', partNumber: 1, bytes });
    await expect(put).rejects.toMatchObject({ retry: true, message: /ETIMEDOUT/ });
    expect(seen()).toBe(2);
  });

  it('explains a rejected ping, whose response has no document', async () => {
    for (const [status, code, remedy] of [
      [404, 'NoSuchBucket', /create the bucket/],
      [403, 'AccessDenied', /grant the credentials the rights/],
      [400, 'AuthorizationHeaderMalformed', /set the region of the bucket/],
      [301, 'PermanentRedirect', /set the region of the bucket/],
      [403, 'RequestTimeTooSkewed', /synchronize the clock/],
      [400, 'ExpiredToken', /get new temporary credentials/],
    ] as const) {
      const { store } = await against((request, response) => {
        response.writeHead(status).end(request.method === 'HEAD' ? '' : `<Error><Code>${code}</Code></Error>`);
      });
      await expect(store.ping()).rejects.toMatchObject({ retry: false, code, message: expect.stringMatching(remedy) });
    }
  });

  it('treats an error inside a 200 response to a copy as an error', async () => {
    const { store } = await against((_, response) => {
      response.writeHead(200).end('<Error><Code>InternalError</Code></Error>');
    });
    await expect(store.copy('a', 'b')).rejects.toMatchObject({ retry: true, code: 'InternalError' });
  });

  it('distinguishes a missing bucket from a missing object when copying', async () => {
    const { store } = await against((_, response) => {
      response.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>');
    });
    await expect(store.copy('a', 'b')).rejects.toMatchObject({ retry: false, message: /NoSuchBucket/ });
  });

  it('treats an error inside a 200 response to CompleteMultipartUpload as an error, and recognizes a missing upload', async () => {
    let answer: [number, string] = [200, 'InternalError'];
    const { store } = await against((_, response) => {
      response.writeHead(answer[0]).end(`<Error><Code>${answer[1]}</Code></Error>`);
    });
    const complete = () => store.completeMultipart('k', 'id', [{ partNumber: 1, etag: '"e"' }]);
    await expect(complete()).rejects.toMatchObject({ retry: true, code: 'InternalError' });
    answer = [400, 'InvalidPart'];
    await expect(complete()).rejects.toMatchObject({ retry: false, code: 'InvalidPart' });
    answer = [404, 'NoSuchBucket'];
    await expect(complete()).rejects.toMatchObject({ retry: false, code: 'NoSuchBucket' });
    answer = [404, 'NoSuchUpload'];
    expect(await complete()).toBe(false);
  });

  it('stops listing when a page is truncated without a continuation token', async () => {
    const { store, seen } = await against((_, response) => {
      response.end('<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>');
    });
    const list = async () => {
      for await (const _ of store.list('a')) break;
    };
    await expect(list()).rejects.toMatchObject({ name: 'StorageError', retry: false });
    expect(seen()).toBe(1);
  });

  it('reads all pages of the parts of an upload', async () => {
    const part = (number: number) =>
      `<Part><PartNumber>${number}</PartNumber><Size>5</Size><ETag>&quot;${number}&quot;</ETag></Part>`;
    const asked: (string | null)[] = [];
    const { store } = await against((request, response) => {
      const marker = new URL(request.url!, 'http://s3').searchParams.get('part-number-marker');
      asked.push(marker);
      const more = '<IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>';
      response.end(`<ListPartsResult>${marker ? part(3) : more + part(1) + part(2)}</ListPartsResult>`);
    });
    expect((await store.listParts('k', 'id'))!.map(({ partNumber, etag }) => [partNumber, etag])).toEqual([
      [1, '"1"'],
      [2, '"2"'],
      [3, '"3"'],
    ]);
    expect(asked).toEqual([null, '2']);
  });
});
