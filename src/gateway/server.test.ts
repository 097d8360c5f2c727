import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rawConnection } from '../../test/conformance/raw-client.ts';
import { openEmbeddedStore, SOCKET_ENDPOINT } from '../storage/embedded/store.ts';
import type { ObjectStore } from '../storage/types.ts';
import { type Gateway, type GatewayOptions, startGateway } from './server.ts';

/** Retries a check for up to 30 seconds, because the machine may be busy with other tests. */
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000 });

const CREDENTIAL = { accessKeyId: 'k', secretAccessKey: 's' };
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
let root: string;
const stores: ObjectStore[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'airlock-server-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(root, { recursive: true, force: true });
});

function start(changes: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const address = { bucket: 'b', region: 'local', host: '127.0.0.1', port: 0 };
  const connections = { total: 100, perAddress: 100, firstByteMs: 5_000 };
  const fixed = { credentials: [CREDENTIAL], maxObjectBytes: 1e9, connections, logger: SILENT };
  return startGateway({ ...address, root, ...fixed, ...changes });
}

function internalStore(path: string, credentials = CREDENTIAL): ObjectStore {
  const endpoints = { endpoint: SOCKET_ENDPOINT, publicEndpoint: 'http://127.0.0.1:1', socketPath: path };
  const store = openEmbeddedStore({ ...endpoints, bucket: 'b', region: 'local', credentials });
  stores.push(store);
  return store;
}

function storeOf(gateway: Gateway): ObjectStore {
  const endpoint = `http://127.0.0.1:${gateway.port}`;
  const store = openEmbeddedStore({
    endpoint,
    publicEndpoint: endpoint,
    bucket: 'b',
    region: 'local',
    credentials: CREDENTIAL,
  });
  stores.push(store);
  return store;
}

describe('the gateway', () => {
  it('finishes a running upload when it stops, and accepts no new requests', async () => {
    const gateway = await start({ connections: { total: 100, perAddress: 100, firstByteMs: 60_000 } });
    const url = new URL(
      (await storeOf(gateway).presignPut('k', { contentType: 'video/mp4', size: 6, expiresIn: 60 })).url,
    );
    const idle = rawConnection(gateway.port);
    const upload = rawConnection(gateway.port);
    upload.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`);
    upload.write('content-type: video/mp4\r\ncontent-length: 6\r\n\r\nabc');
    await eventually(async () => expect(await readdir(join(root, 'tmp'))).toHaveLength(1));
    const started = performance.now();
    const closed = gateway.close();
    await expect(fetch(url, { method: 'PUT' })).rejects.toThrow();
    upload.write('def');
    expect(await upload.ended).toMatch(/^HTTP\/1\.1 200/);
    await closed;
    await idle.ended;
    // The grace period is ten seconds.
    expect(performance.now() - started).toBeLessThan(9_000);
    const again = await start();
    expect(await storeOf(again).head('k')).toMatchObject({ size: 6 });
    await again.close();
  });

  it('closes connections after the grace period when it stops', async () => {
    const gateway = await start();
    const url = new URL(
      (await storeOf(gateway).presignPut('k', { contentType: 'video/mp4', size: 6, expiresIn: 60 })).url,
    );
    const upload = rawConnection(gateway.port);
    upload.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`);
    upload.write('content-type: video/mp4\r\ncontent-length: 6\r\n\r\nabc');
    await eventually(async () => expect(await readdir(join(root, 'tmp'))).toHaveLength(1));
    await gateway.close(50);
    await eventually(async () => expect(await readdir(join(root, 'tmp'))).toEqual([]));
  });

  it('deletes the temp files that a killed gateway left', async () => {
    await (await start()).close();
    await writeFile(join(root, 'tmp', 'left-by-kill-9'), 'x');
    const gateway = await start();
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
    await gateway.close();
  });

  it('fails to start and reports the reason if it cannot listen', async () => {
    const gateway = await start();
    await expect(start({ port: gateway.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await gateway.close();
  });

  it('is unhealthy if its folder has been deleted', async () => {
    const gateway = await start();
    const health = `http://127.0.0.1:${gateway.port}/-/healthy`;
    expect(await (await fetch(health)).text()).toBe('ok');
    await rm(join(root, 'tmp'), { recursive: true });
    expect((await fetch(health)).status).toBe(500);
    await gateway.close();
  });

  it('serves internal roles on its socket while clients exhaust its port, and verifies their signatures', async () => {
    const path = join(root, 'storage.sock');
    const connections = { total: 2, perAddress: 2, firstByteMs: 60_000 };
    const gateway = await start({ connections, internalSocket: { path, mode: 0o600 } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const busy = [rawConnection(gateway.port), rawConnection(gateway.port)];
    for (const { socket } of busy) await once(socket, 'connect');
    await expect(storeOf(gateway).ping()).rejects.toMatchObject({ retry: true });

    const own = internalStore(path);
    await writeFile(join(root, 'file'), 'bytes');
    await own.putFile('k', join(root, 'file'), { contentType: 'video/mp4', size: 5 });
    expect(await own.head('k')).toMatchObject({ size: 5 });
    const forged = internalStore(path, { ...CREDENTIAL, secretAccessKey: 'guessed' });
    await expect(forged.head('k')).rejects.toMatchObject({ status: 403 });
    for (const { socket } of busy) socket.destroy();
    await gateway.close();
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('replaces the socket of a killed gateway, but not the socket of a running gateway', async () => {
    const internalSocket = { path: join(root, 'storage.sock'), mode: 0o660 };
    await writeFile(internalSocket.path, 'what a killed one leaves cannot be connected to either');
    const gateway = await start({ internalSocket });
    await internalStore(internalSocket.path).ping();
    await expect(start({ internalSocket })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await internalStore(internalSocket.path).ping();
    await gateway.close();
  });
});
