import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BUCKET,
  CREDENTIAL,
  type EmbeddedGateway,
  REGION,
  startEmbeddedGateway,
} from '../../test/conformance/embedded-gateway.ts';
import { rawRequest } from '../../test/conformance/raw-client.ts';
import { objectFolder, versionName } from '../storage/embedded/disk-layout.ts';
import { credentialScope, type Pair, sign, UNSIGNED_PAYLOAD } from '../storage/s3/sigv4.ts';
import { parseTarget } from './target.ts';

let gateway: EmbeddedGateway;
let outside: string;

beforeAll(async () => {
  gateway = await startEmbeddedGateway();
  outside = await mkdtemp(join(tmpdir(), 'airlock-outside-'));
  await writeFile(join(outside, 'secret'), 'secret');
});
afterAll(async () => {
  await gateway.close();
  await rm(outside, { recursive: true });
});

/** Signs any path, even a malformed one, as the holder of a stolen key could. */
async function insider(method: string, path: string, body = ''): Promise<string> {
  const timestamp = new Date().toISOString().replace(/[:-]|\.\d{3}/g, '');
  const headers: Pair[] = [
    ['content-length', String(body.length)],
    ['host', `127.0.0.1:${gateway.port}`],
    ['x-amz-content-sha256', UNSIGNED_PAYLOAD],
    ['x-amz-date', timestamp],
  ];
  const request = { method, path, query: [], headers, payloadHash: UNSIGNED_PAYLOAD };
  const signature = sign(request, timestamp, REGION, CREDENTIAL.secretAccessKey);
  const credential = `${CREDENTIAL.accessKeyId}/${credentialScope(timestamp, REGION)}`;
  const names = headers.map(([name]) => name).join(';');
  const lines = headers.map(([name, value]) => `${name}: ${value}`).join('\r\n');
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return rawRequest(gateway.port, `${method} ${path} HTTP/1.1\r\n${lines}\r\nauthorization: ${authorization}`, body);
}

const status = (response: string): number => Number(response.slice(9, 12));

describe('paths', () => {
  it('paths that try to escape the bucket are rejected even with a valid signature', async () => {
    const tricks = [
      '..',
      '../tmp/x',
      'a/../b',
      './a',
      'a/.',
      '%2e%2e',
      '%2e%2e%2fetc%2fpasswd',
      '..%2f..%2fetc',
      'a%2Fb',
      '%00',
      'a%00b',
      '/absolute',
      '//x',
      'a\\b',
      '%c0%ae%c0%ae/',
      '%',
      '%zz',
      'a b',
      '%61',
      '%5c..%5c',
      'x'.repeat(1025),
    ];
    for (const trick of tricks) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const response = await insider(method, `/${BUCKET}/${trick}`, method === 'PUT' ? 'x' : '');
        expect([400, 403], `${method} ${trick}`).toContain(status(response));
      }
    }
    expect(await readdir(join(gateway.root, 'objects'))).toEqual([]);
    expect(await readdir(gateway.root)).toEqual(['closed', 'objects', 'parts', 'tmp']);
    expect(status(await insider('PUT', `/${BUCKET}/honest`, 'x'))).toBe(200);
  });

  it('paths with backslashes and double slashes are ordinary, distinct keys', async () => {
    for (const path of ['a%5C..%5Cb', 'a//b', 'a/b', 'a/b/', 'a...b', '...', '~']) {
      expect(status(await insider('PUT', `/${BUCKET}/plain/${path}`, 'x')), path).toBe(200);
    }
    const keys: string[] = [];
    for await (const { key } of gateway.store.list('plain/')) keys.push(key.slice(6));
    expect(keys).toEqual(['...', 'a...b', 'a//b', 'a/b', 'a/b/', 'a\\..\\b', '~']);
  });

  it('are accepted only in canonical form: every accepted path equals the encoding of its key', () => {
    const piece = fc.constantFrom(
      'a',
      '/',
      '%',
      '%2F',
      '%2e',
      '.',
      '..',
      '%41',
      '%C3%A9',
      'é',
      ' ',
      '+',
      '%20',
      '\\',
      '?',
      '&',
      '=',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const raw = `/bucket/${pieces.join('')}`;
        let target: ReturnType<typeof parseTarget>;
        try {
          target = parseTarget(raw);
        } catch (error) {
          expect(error).toMatchObject({ name: 'S3Error' });
          return;
        }
        const encoded = encodeURIComponent(`${target.bucket}/${target.key}`).replaceAll('%2F', '/');
        expect(`/${encoded}`).toBe(target.path);
        expect(raw.startsWith(target.path)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('symbolic links in the storage folder', () => {
  it('are not followed, neither as an object, nor as its folder, nor as a parent folder', async () => {
    const { root, store } = gateway;
    const name = versionName(1, 'video/mp4');
    await writeFile(join(outside, name), 'secret');
    await mkdir(objectFolder(root, 'link-file'));
    await symlink(join(outside, 'secret'), join(objectFolder(root, 'link-file'), name));
    await symlink(outside, objectFolder(root, 'link-folder'));
    await symlink(outside, join(root, 'objects', 'way+'));
    await mkdir(join(outside, 'deep='));
    await writeFile(join(outside, 'deep=', name), 'secret');

    for (const key of ['link-file', 'link-folder', 'way/deep']) {
      expect(await store.head(key), key).toBeNull();
      expect(await store.get(key), key).toBeNull();
      expect(await (await store.capabilities()).localPath!(key), key).toBeNull();
      expect(await store.copy(key, 'stolen'), key).toBeNull();
    }
    const listed: string[] = [];
    for await (const { key } of store.list('')) listed.push(key);
    expect(listed.some((key) => key.startsWith('link') || key.startsWith('way'))).toBe(false);

    const before = await readdir(outside, { recursive: true });
    for (const key of ['link-folder', 'way/deep', 'way/new', 'way/new/er']) {
      await store.delete(key);
      expect(status(await insider('PUT', `/${BUCKET}/${key}`, 'x')), key).toBe(500);
    }
    expect(await readdir(outside, { recursive: true })).toEqual(before);
    expect(await gateway.tempFiles()).toEqual([]);
  });
});
