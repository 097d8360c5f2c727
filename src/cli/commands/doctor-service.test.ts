import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTlsProxy } from '../../../test/helpers/tls-proxy.ts';
import { shareService, type TestService } from '../../../testkit/service.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { readConfig } from '../../config/config.ts';
import { loadSecrets } from '../../supervisor/secrets.ts';
import { checkService } from './doctor-service.ts';

let service: TestService;
let dataDir: string;
beforeAll(async () => {
  service = await shareService();
  dataDir = await mkdtemp(join(tmpdir(), 'airlock-doctor-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** Returns the findings of each check of the service, by the name of the check. */
async function check(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await checkService(readConfig(env), async (name, _remedy, run) => {
    const seen = await run().catch((error: Error) => `fails: ${error.message}`);
    found[name] = typeof seen === 'string' ? seen : String(seen.seen);
  });
  return found;
}

describe('the ports that doctor checks', () => {
  /** Checks the ports from a data directory without `ready.json`, as for a role that runs alone. */
  function checkPorts(api: string, metrics: string): Promise<Record<string, string>> {
    const portOf = (url: string) => new URL(url).port;
    return check({
      AIRLOCK_DATA_DIR: dataDir,
      AIRLOCK_PORT: portOf(api),
      AIRLOCK_STORAGE_PORT: '0',
      AIRLOCK_METRICS_PORT: portOf(metrics),
    });
  }

  it('pass the check if a role of Airlock that runs alone uses them', async () => {
    const own = 'a role of Airlock responds on 127.0.0.1';
    expect(await checkPorts(service.api, service.metrics)).toMatchObject({
      [`Port ${new URL(service.api).port}`]: own,
      [`Port ${new URL(service.metrics).port}`]: own,
    });
  });

  it('fail the check if another program uses them', async () => {
    const { port, url, close } = await startSource((_request, response) => response.end('{"ok":"else"}'));
    try {
      expect(await checkPorts(url, url)).toMatchObject({ [`Port ${port}`]: 'fails: in use on 127.0.0.1' });
    } finally {
      await close();
    }
  });
});

describe('the check of uploads from pages', () => {
  afterAll(() => void vi.unstubAllEnvs());

  it('trusts the certificate authorities of AWS_CA_BUNDLE, as the client of storage does', async () => {
    const proxy = await openTlsProxy(Number(new URL(service.storage).port), '127.0.0.1', dataDir);
    const secrets = await loadSecrets(service.dataDir);
    vi.stubEnv('AWS_ACCESS_KEY_ID', secrets.storageAccessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secrets.storageSecretKey);
    vi.stubEnv('AWS_CA_BUNDLE', proxy.ca);
    try {
      const found = await check({
        AIRLOCK_DATA_DIR: service.dataDir,
        AIRLOCK_PUBLIC_URL: 'https://media.example.com',
        AIRLOCK_STORAGE_URL: `s3://airlock?endpoint=https://127.0.0.1:${proxy.port}&region=local`,
      });
      // Services of other test files that share this storage may have allowed their pages too.
      const pages = expect.stringMatching(/^allowed for https:\/\/media\.example\.com/);
      expect(found).toMatchObject({ Storage: 'responds', 'Uploads from pages': pages });
    } finally {
      await proxy.close();
    }
  });
});
