import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore } from './s3-store.ts';
import type { ObjectStore } from './types.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function storeAt(port: number): ObjectStore {
  const endpoint = `http://127.0.0.1:${port}`;
  const store = openStore({
    endpoint,
    publicEndpoint: endpoint,
    bucket: 'b',
    region: 'r',
    accessKeyId: 'AKID',
    secretAccessKey: 'very-secret',
  });
  closers.push(() => store.close());
  return store;
}

/** A store whose server answers as told, with the number of requests that it saw. */
async function against(listener: RequestListener): Promise<{ store: ObjectStore; seen: () => number }> {
  let count = 0;
  const server: Server = createServer((request, response) => {
    count++;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { store: storeAt((server.address() as AddressInfo).port), seen: () => count };
}

it('a store that does not say that it closes keys is sent a plain DELETE, and asked once', async () => {
  const asked: string[] = [];
  const { store } = await against((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(request.method === 'HEAD' ? 200 : 204).end();
  });
  expect(await store.closeKey('k', new Date())).toBe(false);
  expect(await store.closeKey('k', new Date())).toBe(false);
  expect(asked).toEqual(['HEAD /b', 'DELETE /b/k', 'DELETE /b/k']);
});

describe('S3 store under failures', () => {
  it('tries again when the store answers 503, and succeeds once it is back', async () => {
    let failures = 2;
    const { store, seen } = await against((_, response) => {
      response.writeHead(failures-- > 0 ? 503 : 200, { 'content-length': 3 }).end('abc');
    });
    expect(String(await buffer((await store.get('k'))!))).toBe('abc');
    expect(seen()).toBe(3);
  });

  it('gives up after four attempts and says that a retry may help', async () => {
    const { store, seen } = await against((_, response) => void response.writeHead(500).end());
    await expect(store.delete('k')).rejects.toMatchObject({ retry: true, status: 500 });
    expect(seen()).toBe(4);
  });

  it('does not repeat what was refused, and names the reason', async () => {
    const { store, seen } = await against((_, response) => {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    });
    await expect(store.get('k')).rejects.toMatchObject({ retry: false, status: 403, message: /403 AccessDenied/ });
    expect(seen()).toBe(1);
  });

  it('calls an unreachable store a retry', async () => {
    const { store } = await against(() => undefined);
    await closers.shift()!(); // the server goes, its port is free
    const failure = await store.ping().catch((error) => error);
    expect(failure).toMatchObject({ name: 'StorageError', retry: true });
    expect(failure.message).toContain('ECONNREFUSED');
    expect(failure.message).not.toMatch(/http:|Signature|very-secret/);
  });

  it('ends a download that breaks midway with a StorageError', async () => {
    const { store } = await against((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('part', () => response.destroy());
    });
    await expect(buffer((await store.get('k'))!)).rejects.toMatchObject({ name: 'StorageError', retry: true });
  });

  it('takes an error inside a 200 answer to a copy for what it is', async () => {
    const { store } = await against((_, response) => {
      response.writeHead(200).end('<Error><Code>InternalError</Code></Error>');
    });
    await expect(store.copy('a', 'b')).rejects.toMatchObject({ retry: true });
  });

  it('knows a missing bucket from a missing object when copying', async () => {
    const { store } = await against((_, response) => {
      response.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>');
    });
    await expect(store.copy('a', 'b')).rejects.toMatchObject({ retry: false, message: /NoSuchBucket/ });
  });
});
