import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestService } from '../../../testkit/service.ts';
import { startSource } from '../../../testkit/source-server.ts';
import {
  BUCKET,
  CREDENTIAL,
  type EmbeddedGateway,
  REGION,
  startEmbeddedGateway,
} from '../../conformance/embedded-gateway.ts';

/** Buckets of the account's owner: a real gateway of its own, and servers that misbehave. */
export const destinations = (given: () => TestService) => () => {
  let service: TestService;
  let bucket: EmbeddedGateway;
  let folder: string;
  beforeAll(async () => {
    service = given();
    folder = await mkdtemp(join(tmpdir(), 'airlock-destinations-'));
    bucket = await startEmbeddedGateway({ credentials: [KEYS] }, { credentials: KEYS });
  });
  afterAll(async () => {
    await bucket?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const SECRET = randomBytes(20).toString('hex');
  const KEYS = { accessKeyId: CREDENTIAL.accessKeyId, secretAccessKey: SECRET };
  const body = (change: object = {}) => ({
    ...{ name: 'media', endpoint: bucket.endpoint, region: REGION, bucket: BUCKET },
    ...{ access_key_id: KEYS.accessKeyId, secret_access_key: SECRET },
    ...change,
  });
  const connect = (change: object = {}) => service.call('POST', '/v1/connections', body(change));
  const filesOf = async () => {
    const keys: string[] = [];
    for await (const { key } of bucket.store.list('airlock')) keys.push(key);
    return keys;
  };

  describe('a connection', () => {
    it('is stored after a test write, lists without its secret, and is deleted with it', async () => {
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

    it('is not stored if its key is wrong or if its endpoint redirects, and says what the bucket responded', async () => {
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

    it('cannot have an endpoint in a private network, and is rejected before anything is sent there', async () => {
      for (const endpoint of ['http://10.0.0.1', 'https://169.254.169.254', 'ftp://x.example']) {
        const rejected = await connect({ endpoint });
        expect([endpoint, rejected.status, rejected.json.details?.field]).toEqual([endpoint, 400, 'endpoint']);
      }
    });
  });
};
