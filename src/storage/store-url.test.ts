import { describe, expect, it } from 'vitest';
import { storeFromUrl } from './store-url.ts';

const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
const get = { filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 600 };

describe('a storage URL', () => {
  it('names bucket, endpoint and region', async () => {
    const store = storeFromUrl('s3://media?endpoint=https://s3.example:9000&region=eu-west-1', env);
    expect(store.bucket).toBe('media');
    const url = new URL(await store.presignGet('a/b', get));
    expect(url.origin + url.pathname).toBe('https://s3.example:9000/media/a/b');
    expect(url.searchParams.get('X-Amz-Credential')).toMatch(/^AKID\/\d{8}\/eu-west-1\/s3\/aws4_request$/);
  });

  it('defaults to Amazon’s endpoint, and opens a store that signs for the public endpoint if one is set', async () => {
    const amazon = storeFromUrl('s3://media?region=eu-central-1', env);
    expect(await amazon.presignGet('k', get)).toMatch(/^https:\/\/media\.s3\.eu-central-1\.amazonaws\.com\/k\?/);
    const proxied = storeFromUrl('s3://media?endpoint=http://127.0.0.1:9000', env, 'https://files.example');
    expect(await proxied.presignGet('k', get)).toMatch(/^https:\/\/files\.example\/media\/k\?/);
  });

  it.each([
    ['s3://media.example?region=eu-central-1', 'https://s3.eu-central-1.amazonaws.com/media.example/k'],
    ['s3://media?region=eu-central-1&style=path', 'https://s3.eu-central-1.amazonaws.com/media/k'],
    ['s3://media?region=cn-north-1', 'https://media.s3.cn-north-1.amazonaws.com.cn/k'],
    [
      's3://media?endpoint=https://s3.dualstack.eu-west-1.amazonaws.com',
      'https://media.s3.dualstack.eu-west-1.amazonaws.com/k',
    ],
    ['s3://media?endpoint=https://minio.example&style=virtual', 'https://media.minio.example/k'],
    ['s3://media?endpoint=https://ceph.example/s3', 'https://ceph.example/s3/media/k'],
  ])('determines whether signed URLs contain the bucket in the host or in the path: %s', async (url, expected) => {
    const { origin, pathname } = new URL(await storeFromUrl(url, env).presignGet('k', get));
    expect(origin + pathname).toBe(expected);
  });

  it('implies equal parts and the region auto for R2', async () => {
    const store = storeFromUrl('s3://media?endpoint=https://account.r2.cloudflarestorage.com', env);
    expect(store.equalParts).toBe(true);
    expect(await store.presignGet('k', get)).toContain('%2Fauto%2Fs3%2Faws4_request');
    expect(storeFromUrl('s3://media', env).equalParts).toBe(false);
    expect(storeFromUrl('s3://media?parts=equal', env).equalParts).toBe(true);
  });

  it('opens a store that signs with the keys and the session token of the environment', async () => {
    const url = await storeFromUrl('s3://media', { ...env, AWS_SESSION_TOKEN: 'to/ken=' }).presignGet('k', get);
    expect(new URL(url).searchParams.get('X-Amz-Security-Token')).toBe('to/ken=');
  });

  it('can name a Unix socket, while clients get the public address', async () => {
    const url = 's3://airlock?endpoint=unix:/run/airlock-storage/storage.sock&region=local';
    const store = storeFromUrl(url, env, 'https://files.example');
    expect(await store.presignGet('k', get)).toMatch(/^https:\/\/files\.example\/airlock\/k\?/);
    await expect(store.ping()).rejects.toMatchObject({ retry: true, message: /ECONNREFUSED/ });
    expect(() => storeFromUrl(url, env)).toThrow(/^AIRLOCK_STORAGE_PUBLIC_URL: is not set/);
  });

  it('is rejected with a reason and a remedy if it or its environment is invalid', () => {
    const rejected: [string, NodeJS.ProcessEnv, RegExp][] = [
      ['gs://media?region=eu', env, /unknown parameter.*Only endpoint/],
      ['gs://key@media', env, /contains credentials.*GOOGLE_APPLICATION_CREDENTIALS/],
      ['gs://media?endpoint=http://fake-gcs:4443', env, /plain http endpoint on another machine/],
      ['gs://media', { GOOGLE_APPLICATION_CREDENTIALS: '/none.json' }, /cannot be read \(ENOENT\).*JSON key/],
      ['ftp://media', env, /has the protocol ftp:.*gs:\/\/bucket/],
      ['s3://media?endpoint=ftp://x', env, /is not a plain http or https URL/],
      ['s3://media?endpoint=http://minio:9000', env, /plain http endpoint on another machine.*https/],
      ['s3://media?endpoint=unix:storage.sock', env, /Unix socket without an absolute path/],
      ['s3://media/path', env, /names no bucket/],
      ['s3://media?regoin=x', env, /unknown parameter/],
      ['s3://key:secret@media', env, /contains credentials/],
      ['s3://media?style=dns', env, /has an unknown style.*style=path or style=virtual/],
      ['s3://me.dia?style=virtual', env, /cannot form a host name.*style=path/],
      ['s3://media?style=virtual&endpoint=http://127.0.0.1:9000', env, /cannot form a host name/],
      ['s3://media', { AWS_ACCESS_KEY_ID: 'AKID' }, /AWS_SECRET_ACCESS_KEY: is not set.*both, or neither/],
      ['s3://media?endpoint=https://minio.example', {}, /AWS_ACCESS_KEY_ID: is not set.*docs\/configuration/],
      ['s3://media', { AWS_EC2_METADATA_DISABLED: 'true' }, /AWS_ACCESS_KEY_ID: is not set/],
      ['s3://media', { AWS_EC2_METADATA_DISABLED: 'true', AWS_PROFILE: 'dev' }, /profiles are not read/],
      ['s3://media', { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }, /AWS_ROLE_ARN: is not set/],
      ['s3://media', { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://10.0.0.1' }, /is not an https URL/],
      ['s3://media', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.example/x' }, /is not an https URL/],
      ['s3://media', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '@evil.example/x' }, /is not an https URL/],
      [
        's3://media',
        { ...env, AWS_CA_BUNDLE: '/none.pem' },
        /AWS_CA_BUNDLE: names a file that cannot be read \(ENOENT\)/,
      ],
    ];
    for (const [url, environment, message] of rejected)
      expect(() => storeFromUrl(url, environment), url).toThrow(message);
  });
});
