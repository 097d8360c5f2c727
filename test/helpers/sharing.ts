import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyTemplate, sealTemplate } from '../../testkit/data-directory.ts';
import { startService, type TestService } from '../../testkit/service.ts';

/**
 * Serves what test files share: `/service` starts one service, and `/template` prepares the data directory that others
 * are copies of. Each is made when the first file asks, so that a run of unit tests does not pay for it. The main
 * process keeps them: they outlive the test files.
 */
export async function openSharing(): Promise<{ close(): Promise<void> }> {
  const template = once(makeTemplate);
  const service = once(async () => startShared(await template()));
  const answers: Record<string, () => Promise<object>> = {
    '/template': async () => ({ template: await template() }),
    '/service': async () => {
      const { api, storage, metrics, pid, dataDir, log } = await service();
      return { api, storage, metrics, pid, dataDir, log };
    },
  };
  const server = createServer((request, response) => {
    answers[request.url!]!().then(
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
      const started = await service.made?.catch(() => null);
      await started?.remove();
      const dataDir = await template.made?.catch(() => null);
      if (dataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Makes a thing at the first call. `made` is undefined until then. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { made?: Promise<T> } {
  const get: (() => Promise<T>) & { made?: Promise<T> } = () => {
    get.made ??= make();
    return get.made;
  };
  return get;
}

async function makeTemplate(): Promise<string> {
  const service = await startService({}, { fresh: true });
  await service.stop();
  await sealTemplate(service.dataDir);
  return service.dataDir;
}

/** Fetches from this machine; nothing else is set. */
async function startShared(template: string): Promise<TestService & { log: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-shared-'));
  const log = join(folder, 'log');
  const dataDir = await copyTemplate(template);
  const service = await startService({ AIRLOCK_FETCH_ALLOW: '127.0.0.1/32' }, { dataDir, log });
  return {
    ...service,
    log,
    async remove() {
      await service.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
