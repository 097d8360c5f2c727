import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type GcsCredentials, keyCredentials, platformCredentials } from '../../src/storage/gcs/credentials.ts';
import { openGcsStore } from '../../src/storage/gcs/store.ts';
import { S3_RETRIES } from '../../src/storage/retries.ts';
import type { ObjectStore } from '../../src/storage/types.ts';
import { startSource } from '../../testkit/source-server.ts';
import { type GcsServer, startGcsServer } from './gcs-server/start.ts';

const RETRIES = { ...S3_RETRIES, waitsMs: [1, 1] };
const GET = { filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 600 };

describe('Google Cloud Storage under failures', () => {
  let server: GcsServer;
  const closers: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    server = await startGcsServer();
    closers.push(server.close);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const close of closers.splice(0).reverse()) await close();
  });

  const ownKey = (pem = server.pem) =>
    keyCredentials({ email: server.email, pem, keyId: 'key-1', privateKey: createPrivateKey(pem) });
  function open(changes: { bucket?: string; credentials?: GcsCredentials; now?: () => number } = {}): ObjectStore {
    const { endpoint } = server;
    const location = { endpoint, publicEndpoint: endpoint, bucket: server.bucket.name, credentials: ownKey() };
    const store = openGcsStore({ ...location, retries: RETRIES, ...changes });
    closers.push(() => store.close());
    return store;
  }

  it('a bucket that does not exist is reported as the reason, with the remedy', async () => {
    const message = /404 NoSuchBucket: create the bucket, or correct its name in AIRLOCK_STORAGE_URL/;
    await expect(open({ bucket: 'other' }).ping()).rejects.toMatchObject({ retry: false, message });
  });

  it('credentials of another account are rejected, and are not retried', async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = stranger.export({ type: 'pkcs8', format: 'pem' }) as string;
    const store = open({ credentials: ownKey(pem) });
    const message = /401 AuthenticationRequired: check the credentials/;
    await expect(store.ping()).rejects.toMatchObject({ retry: false, status: 401, message });
    expect(server.seen).toHaveLength(1);
    const download = await fetch(await store.presignGet('k', GET));
    expect(await download.text()).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  it('credentials without permission on the bucket cause an error that links to the list of permissions', async () => {
    server.fault = { status: 403, code: 'AccessDenied' };
    const message = /403 AccessDenied: grant the credentials the rights.*google-cloud-storage\.md/;
    await expect(open().ping()).rejects.toMatchObject({ retry: false, message });
  });

  it.each([
    [600_000, 's ahead of the clock of the storage'],
    [-600_000, 's behind the clock of the storage'],
  ])(
    'a clock that is wrong by %i ms is detected by a ping, before storage rejects requests of clients',
    async (ms, text) => {
      const store = open({ now: () => Date.now() + ms });
      await expect(store.ping()).rejects.toMatchObject({ retry: false, message: expect.stringContaining(text) });
      await expect(store.ping()).rejects.toThrow('synchronize it, for example with NTP');
    },
  );

  it('a request to storage that returns 503 for minutes is retried for as long as the caller allows', async () => {
    server.bucket.store('k', Buffer.from('abc'), 'video/mp4');
    server.fault = { status: 503, code: 'ServiceUnavailable' };
    const store = open();
    await expect(store.head('k')).rejects.toMatchObject({ retry: true, status: 503 });
    expect(server.seen).toHaveLength(3);
    let attempts = 0;
    const onUnreachable = () => {
      attempts += 1;
      if (attempts === 2) server.fault = null;
    };
    const outagePolicy = { ms: 120_000, signal: new AbortController().signal, onUnreachable };
    const uploadId = await open()
      .createMultipart('k', { contentType: 'video/mp4' })
      .catch(() => null);
    expect(uploadId).toBeNull();
    const put = store.putFile('k', import.meta.filename, { contentType: 'text/plain', size: 3, outagePolicy });
    await expect(put).resolves.toBeUndefined();
    expect(attempts).toBe(2);
  });

  it('the identity of a machine signs through IAM, with a token of the metadata server', async () => {
    const google = await startPlatform(server);
    closers.push(google.close);
    vi.stubEnv('GCE_METADATA_HOST', google.host);
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present');
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
    const store = open({ credentials: platformCredentials(`http://${google.host}/sign/`) });
    server.bucket.store('k', Buffer.from('abc'), 'video/mp4');
    expect(await store.head('k')).toMatchObject({ size: 3 });
    const download = await fetch(await store.presignGet('k', GET));
    expect(await download.text()).toBe('abc');
    expect(google.asked.filter((path) => path.startsWith('/sign/'))).toEqual([`/sign/${server.email}:signBlob`]);

    google.refuse();
    const rejected = await store.presignGet('k', GET).catch((error: Error) => error);
    expect(rejected).toMatchObject({ name: 'StorageError', retry: false, message: /refused a signature with 403/ });
    expect(JSON.stringify(rejected) + (rejected as Error).stack).not.toContain('token-of-machine');
  });
});

/** Starts the metadata server of a machine at Google, and the IAM API, which signs with the key of the service account. */
async function startPlatform({ email, pem, tokens }: GcsServer) {
  const { sign } = await import('node:crypto');
  const asked: string[] = [];
  let rejected = false;
  tokens.add('token-of-machine');
  const { port, close } = await startSource(async (request, response) => {
    asked.push(request.url!.split('?')[0]!);
    response.setHeader('metadata-flavor', 'Google');
    const reply = (body: unknown) =>
      response
        .writeHead(200, { 'content-type': typeof body === 'string' ? 'application/text' : 'application/json' })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    if (request.url!.includes('/token')) {
      return reply({ access_token: 'token-of-machine', expires_in: 3600, token_type: 'Bearer' });
    }
    if (request.url!.includes('/email')) return reply(email);
    if (request.url!.endsWith('/service-accounts/?recursive=true')) return reply({ default: { email } });
    if (request.url!.endsWith(':signBlob')) {
      if (rejected || request.headers.authorization !== 'Bearer token-of-machine') {
        return response.writeHead(403).end('{"error":{"code":403}}');
      }
      const { payload } = (await json(request)) as { payload: string };
      return reply({ signedBlob: sign('sha256', Buffer.from(payload, 'base64'), pem).toString('base64') });
    }
    if (request.url!.includes('universe')) return response.writeHead(404).end();
    return reply('instance');
  });
  return {
    asked,
    host: `127.0.0.1:${port}`,
    refuse() {
      rejected = true;
    },
    close,
  };
}
