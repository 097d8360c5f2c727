import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService, type TestService } from '../../testkit/service.ts';

/**
 * Starts the service that test files share when the first of them asks, so that a run of unit tests does not pay for
 * it. The main process keeps it: it outlives the test files.
 */
export async function openSharing(): Promise<{ close(): Promise<void> }> {
  let service: ReturnType<typeof startShared> | null = null;
  const give = async (): Promise<object> => {
    service ??= startShared();
    const { api, storage, metrics, pid, dataDir, log } = await service;
    return { api, storage, metrics, pid, dataDir, log };
  };
  const server = createServer((_request, response) => {
    give().then(
      (given) => response.end(JSON.stringify(given)),
      (error) => response.writeHead(500).end(String(error?.stack ?? error)),
    );
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  // Test files inherit the environment.
  process.env.TEST_SHARING_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    async close() {
      server.close();
      server.closeAllConnections();
      const started = await service?.catch(() => null);
      await started?.remove();
    },
  };
}

/** Fetches from this machine; nothing else is set. */
async function startShared(): Promise<TestService & { log: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-shared-'));
  const log = join(folder, 'log');
  const service = await startService({ AIRLOCK_FETCH_ALLOW: '127.0.0.1/32' }, { log });
  return {
    ...service,
    log,
    async remove() {
      await service.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
