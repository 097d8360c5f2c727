import { describe, expect, it } from 'vitest';
import { storeFromUrl } from './store-url.ts';

const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
const get = { filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 600 };

describe('storage URL', () => {
  it('names bucket, endpoint and region', async () => {
    const store = storeFromUrl('s3://media?endpoint=https://s3.example:9000&region=eu-west-1', env);
    expect(store.bucket).toBe('media');
    const url = new URL(await store.presignGet('a/b', get));
    expect(url.origin + url.pathname).toBe('https://s3.example:9000/media/a/b');
    expect(url.searchParams.get('X-Amz-Credential')).toMatch(/^AKID\/\d{8}\/eu-west-1\/s3\/aws4_request$/);
  });

  it('means Amazon without an endpoint, and signs for the public endpoint where there is one', async () => {
    const amazon = storeFromUrl('s3://media?region=eu-central-1', env);
    expect(await amazon.presignGet('k', get)).toMatch(/^https:\/\/s3\.eu-central-1\.amazonaws\.com\/media\/k\?/);
    const proxied = storeFromUrl('s3://media?endpoint=http://127.0.0.1:9000', env, 'https://files.example');
    expect(await proxied.presignGet('k', get)).toMatch(/^https:\/\/files\.example\/media\/k\?/);
  });

  it('means a Unix socket, while clients get the public address', async () => {
    const url = 's3://airlock?endpoint=unix:/run/airlock-storage/storage.sock&region=local';
    const store = storeFromUrl(url, env, 'https://files.example');
    expect(await store.presignGet('k', get)).toMatch(/^https:\/\/files\.example\/airlock\/k\?/);
    await expect(store.ping()).rejects.toMatchObject({ retry: true, message: /ECONNREFUSED/ });
    expect(() => storeFromUrl(url, env)).toThrow(/^AIRLOCK_STORAGE_PUBLIC_URL: is not set/);
  });

  it('says what is wrong and what to do', () => {
    const refused: [string, NodeJS.ProcessEnv, RegExp][] = [
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
      ['s3://media', { AWS_ACCESS_KEY_ID: 'AKID' }, /AWS_SECRET_ACCESS_KEY: is not set/],
    ];
    for (const [url, environment, message] of refused)
      expect(() => storeFromUrl(url, environment), url).toThrow(message);
  });
});
