import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeyFile } from './key-file.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const pem = rsa.export({ type: 'pkcs8', format: 'pem' }) as string;
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const valid = { type: 'service_account', client_email: 'a@p.iam.gserviceaccount.com', private_key: pem };

describe('a key file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-key-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const read = async (text: string) => {
    const path = join(folder, 'key.json');
    await writeFile(path, text);
    return readKeyFile(path);
  };

  it('a key file of a service account is read', async () => {
    const key = await read(JSON.stringify({ ...valid, private_key_id: 'k1' }));
    expect(key).toMatchObject({ email: 'a@p.iam.gserviceaccount.com', keyId: 'k1' });
    expect(key!.privateKey.equals(rsa)).toBe(true);
  });

  it('a key file of workload identity contains no private key, and is read as null', async () => {
    expect(await read(JSON.stringify({ type: 'external_account', audience: 'x' }))).toBeNull();
  });

  it.each([
    ['{"type":"service_account","private_key":"-----BEGIN SECRET', /is not JSON/],
    ['null', /is not JSON/],
    ['{"installed":{"client_secret":"SECRET"}}', /contains no Google credentials/],
    [JSON.stringify({ ...valid, client_email: 'SECRET' }), /without a valid client_email/],
    [JSON.stringify({ ...valid, private_key: 'SECRET' }), /private_key is not an RSA key in PEM/],
    [JSON.stringify({ ...valid, private_key: undefined }), /private_key is not an RSA key in PEM/],
    [JSON.stringify({ ...valid, private_key: curve }), /private_key is not an RSA key in PEM/],
  ])('a malformed key file is rejected with a remedy, and the error does not quote it: %#', async (text, reason) => {
    const error = await read(text).catch((caught: Error) => caught);
    expect(error).toMatchObject({ name: 'ConfigError', message: reason });
    expect(String(error)).toMatch(/^ConfigError: GOOGLE_APPLICATION_CREDENTIALS: .*\. Create a JSON key/);
    expect(String(error)).not.toContain('SECRET');
  });
});
