import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findReadError, ReadError } from '../../src/attempt/outputs/deliver.ts';
import { explainBucketError, openConnection } from '../../src/connections/bucket.ts';
import { createFetcher, type Fetcher, type FetcherOptions } from '../../src/fetcher/index.ts';
import { S3_RETRIES } from '../../src/storage/retries.ts';
import type { BucketPut } from '../../src/storage/s3/bucket.ts';
import { putToUrl } from '../../src/storage/s3/signed-put.ts';
import { StorageError } from '../../src/storage/types.ts';
import { httpServer, listen, type RequestHandler } from '../../testkit/servers.ts';
import { readSteadily } from '../../testkit/slow-reader.ts';
import { startSource } from '../../testkit/source-server.ts';
import {
  BUCKET,
  CREDENTIAL,
  type EmbeddedGateway,
  REGION,
  startEmbeddedGateway,
} from '../conformance/embedded-gateway.ts';

const RETRIES = { ...S3_RETRIES, waitsMs: [10, 10], withinMs: 5_000 };
const never = new AbortController().signal;

function fetcher(changes: Partial<FetcherOptions> = {}): Fetcher {
  return createFetcher({
    ...{
      allow: ['127.0.0.1'],
      ports: [443],
      maxBytes: 2 ** 31,
      deadlineMs: 20_000,
      peerRate: { bytes: 8_192, windowMs: 300 },
    },
    ...changes,
  });
}

function putOf(bytes: Buffer): BucketPut {
  const CHUNK = 2 ** 16;
  const chunks = function* (start: number, end: number) {
    for (let at = start; at < end; at += CHUNK) yield bytes.subarray(at, Math.min(end, at + CHUNK));
  };
  const read = (start: number, end: number) => Readable.from(chunks(start, end), { objectMode: false });
  return { size: bytes.length, contentType: 'video/mp4', read, signal: never };
}

/** Sends bytes to a signed URL. Returns the reason for people why that failed; null if it succeeded. */
async function deliver(url: string, put: BucketPut, by = fetcher(), headers = {}): Promise<string | null> {
  const exchange = by.exchange();
  try {
    await putToUrl({ url, headers, exchange, retries: RETRIES }, put);
    return null;
  } catch (error) {
    return explainBucketError(error);
  } finally {
    exchange.close();
  }
}

async function serving<T>(handler: RequestHandler, work: (url: string) => Promise<T>): Promise<T> {
  const server = await startSource(handler);
  try {
    return await work(server.url);
  } finally {
    await server.close();
  }
}

describe('a destination', () => {
  const LARGE = randomBytes(8 * 2 ** 20);

  it('a destination that responds with 503 is retried, each time with all bytes', async () => {
    const received: Buffer[] = [];
    const answer: RequestHandler = async (request, response) => {
      received.push(await buffer(request));
      response.writeHead(received.length < 3 ? 503 : 200).end();
    };
    expect(await serving(answer, (url) => deliver(`${url}/a?sig=secret`, putOf(LARGE)))).toBeNull();
    expect(received.map((bytes) => bytes.equals(LARGE))).toEqual([true, true, true]);
  });

  it('a destination that responds with 403 is not retried, and receives no byte of the output', async () => {
    let requests = 0;
    let bytes = 0;
    const server = httpServer((request) => request.destroy());
    server.on('checkContinue', (request, response) => {
      requests++;
      request.on('data', (chunk) => {
        bytes += chunk.length;
      });
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    });
    const { url, close } = await listen(server);
    const reason = await deliver(`${url}/a`, putOf(LARGE));
    expect([reason, requests, bytes]).toEqual(['The destination responded with 403 AccessDenied.', 1, 0]);
    await close();
  });

  it('a destination that redirects to loopback, a private address or another site is not followed', async () => {
    let hits = 0;
    await serving(
      (_, response) => response.end(String(hits++)),
      async (inner) => {
        for (const location of [inner, 'http://169.254.169.254/latest', 'https://example.org/']) {
          const redirect: RequestHandler = (request, response) =>
            request.resume().once('end', () => response.writeHead(307, { location }).end());
          const reason = await serving(redirect, (url) => deliver(url, putOf(LARGE)));
          expect(reason).toBe('The destination responded with a redirect (307).');
        }
      },
    );
    expect(hits).toBe(0);
  });

  it('a destination that stops reading halfway causes the delivery to fail', async () => {
    const stall: RequestHandler = (request) => {
      request.once('data', () => request.pause());
    };
    const once = { ...RETRIES, waitsMs: [] };
    const reason = await serving(stall, async (url) => {
      const exchange = fetcher().exchange();
      const put = putToUrl({ url, headers: {}, exchange, retries: once }, putOf(randomBytes(32 * 2 ** 20)));
      const failed = await put.then(() => null, explainBucketError);
      exchange.close();
      return failed;
    });
    expect(reason).toBe('The destination stopped reading.');
  });

  it('a destination is not blamed if the storage of Airlock fails while the output is read', async () => {
    const failure = new StorageError('storage is away', { retry: true });
    const bytes = async function* () {
      yield randomBytes(2 ** 16);
      throw new ReadError('an output cannot be read', { cause: failure });
    };
    const read = () => Readable.from(bytes(), { objectMode: false });
    const put = { ...putOf(LARGE), read };
    const answer: RequestHandler = (request, response) =>
      void buffer(request).then(
        () => response.end(),
        () => {},
      );
    const failed = await serving(answer, async (url) => {
      const exchange = fetcher().exchange();
      const sent = putToUrl({ url, headers: {}, exchange, retries: RETRIES }, put);
      return sent.catch(findReadError).finally(() => exchange.close());
    });
    expect(failed).toMatchObject({ cause: failure });
  });

  // At the usual minimum rate of 8 KiB per second over a minute, this destination would read 16 KB per second.
  it('a destination that reads slowly and steadily receives all bytes in one request', async () => {
    const sizes: number[] = [];
    const slow: RequestHandler = async (request, response) => {
      sizes.push(await readSteadily(request, { bytes: 16_000, everyMs: 10, forMs: 2_000 }));
      response.writeHead(200).end();
    };
    const peerRate = { bytes: 491_520, windowMs: 600 };
    const patient = fetcher({ peerRate, headersTimeoutMs: 1_000 });
    expect(await serving(slow, (url) => deliver(url, putOf(LARGE), patient))).toBeNull();
    expect(sizes).toEqual([LARGE.length]);
  });

  it('a destination that never responds causes the delivery to fail', async () => {
    const silent: RequestHandler = (request) => request.resume();
    const reason = await serving(silent, (url) => deliver(url, putOf(LARGE), fetcher({ headersTimeoutMs: 100 })));
    expect(reason).toBe('The destination did not respond in time.');
  });

  it('a destination in a private network is never contacted, by its address, by a name or without TLS', async () => {
    const lookup = async () => [{ address: '10.1.2.3', family: 4 }];
    const open = fetcher({ allow: [], lookup });
    const NOT_PUBLIC = 'The host is a private or reserved address.';
    expect(await deliver('https://10.0.0.1/a', putOf(LARGE), open)).toBe(NOT_PUBLIC);
    expect(await deliver('https://rebound.example.org/a', putOf(LARGE), open)).toBe(NOT_PUBLIC);
    expect(await deliver('http://example.org/a', putOf(LARGE), open)).toMatch(/port is not allowed/);
  });

  it('receives exactly the headers of the request, and a length that Airlock computes', async () => {
    let seen: Record<string, unknown> = {};
    const answer: RequestHandler = async (request, response) => {
      seen = request.headers;
      await buffer(request);
      response.writeHead(201).end();
    };
    const headers = { 'content-type': 'video/x', 'x-amz-acl': 'private' };
    await serving(answer, (url) => deliver(url, putOf(Buffer.from('abc')), fetcher(), headers));
    expect(seen).toMatchObject({ ...headers, 'content-length': '3' });
    expect(seen.authorization).toBeUndefined();
  });
});

describe('the bucket of a connection', () => {
  let gateway: EmbeddedGateway;
  beforeAll(async () => {
    gateway = await startEmbeddedGateway();
  });
  afterAll(() => gateway?.close());
  const access = () => ({
    ...{ endpoint: gateway.endpoint, region: REGION, bucket: BUCKET },
    ...{ access_key_id: CREDENTIAL.accessKeyId, secret_access_key: CREDENTIAL.secretAccessKey },
  });

  it('receives a large object in parts, and stores the same bytes', async () => {
    const bytes = randomBytes(70 * 2 ** 20);
    const bucket = openConnection(fetcher(), access(), RETRIES);
    await bucket.put('folder/large object.mp4', putOf(bytes));
    const stored = await gateway.store.get('folder/large object.mp4');
    expect((await buffer(stored!)).equals(bytes)).toBe(true);
    const link = await bucket.presignGet('folder/large object.mp4', 60);
    expect((await fetch(link, { headers: { range: 'bytes=0-9' } })).status).toBe(206);
    await bucket.close();
  });

  it('contains no part of an object whose delivery was interrupted', async () => {
    const stopping = new AbortController();
    const read = (start: number, end: number) => {
      if (start > 16 * 2 ** 20) stopping.abort();
      return Readable.from([Buffer.alloc(end - start)]);
    };
    const bucket = openConnection(fetcher(), access(), RETRIES);
    const put = { size: 80 * 2 ** 20, contentType: 'video/mp4', read, signal: stopping.signal };
    await expect(bucket.put('broken', put)).rejects.toThrow();
    expect(await gateway.store.head('broken')).toBeNull();
    await bucket.close();
  });

  it('is protected from keys with dot segments, which are rejected', async () => {
    const bucket = openConnection(fetcher(), access(), RETRIES);
    await expect(bucket.put('a/../../other/b', putOf(Buffer.from('x')))).rejects.toThrow('dot segment');
    await expect(bucket.presignGet('../b', 60)).rejects.toThrow('dot segment');
    await bucket.close();
  });
});
