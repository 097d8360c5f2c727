import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shareService, type TestService } from '../../../testkit/service.ts';
import { readConfig } from '../../config/config.ts';
import { checkService } from './doctor-service.ts';

describe('the ports that doctor checks', () => {
  let service: TestService;
  let dataDir: string;
  beforeAll(async () => {
    service = await shareService();
    dataDir = await mkdtemp(join(tmpdir(), 'airlock-doctor-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  /** Checks the ports from a data directory without `ready.json`, as next to a role that runs alone. */
  async function check(api: string, metrics: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    const portOf = (url: string) => new URL(url).port;
    const config = readConfig({
      AIRLOCK_DATA_DIR: dataDir,
      AIRLOCK_PORT: portOf(api),
      AIRLOCK_STORAGE_PORT: '0',
      AIRLOCK_METRICS_PORT: portOf(metrics),
    });
    await checkService(config, async (name, _remedy, run) => {
      const seen = await run().catch((error: Error) => `fails: ${error.message}`);
      found[name] = String(seen);
    });
    return found;
  }

  it('pass where a role of Airlock runs alone', async () => {
    const own = 'a role of Airlock responds on 127.0.0.1';
    expect(await check(service.api, service.metrics)).toMatchObject({
      [`Port ${new URL(service.api).port}`]: own,
      [`Port ${new URL(service.metrics).port}`]: own,
    });
  });

  it('fail where another program uses them', async () => {
    const other = createServer((_request, response) => response.end('{"ok":"else"}')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const url = `http://127.0.0.1:${port}`;
      expect(await check(url, url)).toMatchObject({ [`Port ${port}`]: 'fails: in use on 127.0.0.1' });
    } finally {
      other.close();
      other.closeAllConnections();
    }
  });
});
