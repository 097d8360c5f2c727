import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { renewed } from '../../src/storage/s3/credentials/renewal.ts';
import { openS3Store } from '../../src/storage/s3/store.ts';
import { storeFromUrl } from '../../src/storage/store-url.ts';
import type { ObjectStore } from '../../src/storage/types.ts';
import { CONTAINER_TOKEN, PLATFORM_TOKEN, ROLE } from './aws-server/identities.ts';
import { type AwsServer, startAwsServer } from './aws-server/start.ts';

/** The default of `vi.waitFor` is one second, which a busy machine can exceed. */
const PATIENCE = { timeout: 30_000 };

const GET = { filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 600 };

describe('credentials of S3', () => {
  let folder: string;
  let server: AwsServer;
  let store: ObjectStore | null;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-aws-'));
    await writeFile(join(folder, 'token'), `${PLATFORM_TOKEN}\n`);
    await writeFile(join(folder, 'container'), `${CONTAINER_TOKEN}\n`);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    server = await startAwsServer();
    store = null;
  });
  afterEach(async () => {
    vi.useRealTimers();
    await store?.close();
    await server.close();
  });

  const sources = (): Record<string, NodeJS.ProcessEnv> => ({
    sts: {
      AWS_ENDPOINT_URL_STS: server.origin,
      AWS_ROLE_ARN: ROLE,
      AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'),
    },
    container: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.origin}/v2/credentials/task`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'container'),
    },
    imds: { AWS_EC2_METADATA_SERVICE_ENDPOINT: server.origin },
  });
  const open = (source: string): ObjectStore => {
    store = storeFromUrl(`s3://media?endpoint=${server.origin}&region=eu-west-1`, sources()[source]);
    return store;
  };

  it.each(['sts', 'container', 'imds'])(
    "are read from %s once, and sign Airlock's requests and presigned URLs",
    async (source) => {
      const opened = open(source);
      const [stream] = await Promise.all([opened.get('a b'), opened.ping()]);
      expect(await text(stream!)).toBe('a b');
      const url = await opened.presignGet('c', GET);
      expect(new URL(url).searchParams.get('X-Amz-Security-Token')).toBe(server.issued[0]!.token);
      expect(await (await fetch(url)).text()).toBe('c');
      expect(server.issued).toHaveLength(1);
      expect(new Set(server.asked)).toEqual(new Set([source]));
    },
  );

  it.each(['sts', 'container', 'imds'])(
    'credentials of S3 from %s are renewed early enough that URLs do not expire with them',
    async (source) => {
      const opened = open(source);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
      await opened.ping();
      // Afterwards, 19 of 60 minutes are left.
      vi.setSystemTime(Date.now() + 41 * 60_000);
      await opened.ping();
      await vi.waitFor(() => expect(server.issued).toHaveLength(2), PATIENCE);
      await vi.waitFor(async () => expect(await opened.presignGet('c', GET)).toContain(server.issued[1]!.id), PATIENCE);
    },
  );

  it('credentials of S3 that storage rejects cause an error with a remedy, and without tokens and keys', async () => {
    server.failure = { status: 403, code: 'AccessDenied' };
    for (const [source, message] of [
      ['sts', /^the token service \(STS\) responded with 403 AccessDenied: check AWS_ROLE_ARN/],
      ['container', /^the credential service of the container responded with 403: check the role/],
      ['imds', /^the instance metadata service responded with 403: set AWS_ACCESS_KEY_ID/],
    ] as const) {
      const error = await open(source)
        .presignGet('c', GET)
        .catch((caught: Error) => caught);
      expect(error).toMatchObject({ name: 'StorageError', retry: false, message: expect.stringMatching(message) });
      expect(JSON.stringify(error) + String(error)).not.toMatch(/eyJ|a token of/);
    }
  });

  it('credentials of S3 are requested again after their source returned 503', async () => {
    server.failure = { status: 503, code: 'ServiceUnavailable' };
    const opened = open('sts');
    const got = opened.get('a');
    await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(1), PATIENCE);
    server.failure = null;
    expect(await text((await got)!)).toBe('a');
  });

  it('a missing token file and responses without credentials are reported as errors', async () => {
    const gone = { ...sources().sts, AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'none') };
    store = storeFromUrl(`s3://media?endpoint=${server.origin}`, gone);
    await expect(store.ping()).rejects.toThrow(/AWS_WEB_IDENTITY_TOKEN_FILE cannot be read \(ENOENT\)/);
    await store.close();
    server.failure = { status: 200, code: '<html>login</html>' };
    await expect(open('imds').ping()).rejects.toThrow('the instance metadata service returned something other');
  });

  it('sign requests to a bucket that is part of the host name', async () => {
    const socketPath = join(folder, 'aws.sock');
    const bySocket = await startAwsServer(socketPath);
    bySocket.issued.push({ id: 'AKID', secret: 's', token: 't', expires: new Date(Date.now() + 3_600_000) });
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 's', sessionToken: 't' };
    const location = { endpoint: bySocket.origin, publicEndpoint: bySocket.origin, bucket: 'media', region: 'r' };
    store = openS3Store({ ...location, credentials, socketPath, addressing: 'virtual' });
    await store.ping();
    expect(await text((await store.get('a/b c'))!)).toBe('a/b c');
    await bySocket.close();
  });

  it('are reported as rejected by a ping if the secret is wrong or the access key is unknown', async () => {
    const opened = open('imds');
    await opened.ping();
    const { issued } = server;
    issued[0]!.secret = 'another';
    await expect(opened.ping()).rejects.toThrow(/403 SignatureDoesNotMatch: check the credentials/);
    issued.pop();
    await expect(opened.ping()).rejects.toThrow(/403 InvalidAccessKeyId: check the credentials/);
  });

  it('an error of the source of credentials reports that the clock is wrong', async () => {
    server.advance(-400_000);
    await expect(open('imds').ping()).rejects.toThrow(/clock of this machine is (399|400|401) s ahead of.*NTP/);
    server.lifetimeMs = -1;
    await expect(open('imds').ping()).rejects.toThrow(/had expired when they arrived: synchronize the clock/);
  });
});

describe('renewed credentials', () => {
  it('stay in use while they are valid and their source is unreachable', async () => {
    let now = 0;
    let isDown = false;
    let asked = 0;
    const keys = renewed(
      async () => {
        asked += 1;
        if (isDown) throw new Error('away');
        return { accessKeyId: `${asked}`, secretAccessKey: 's', sessionToken: 't', expiresAt: now + 3_600_000 };
      },
      () => now,
    );
    expect((await Promise.all([keys(), keys()])).map(({ accessKeyId }) => accessKeyId)).toEqual(['1', '1']);
    isDown = true;
    now = 3_000_000;
    expect((await keys()).accessKeyId).toBe('1');
    await keys();
    expect(asked).toBe(2);
    now = 3_590_000;
    expect((await keys()).accessKeyId).toBe('1');
    now = 3_600_001;
    await expect(keys()).rejects.toThrow('away');
    isDown = false;
    expect(Number((await keys()).accessKeyId)).toBeGreaterThan(1);
  });
});
