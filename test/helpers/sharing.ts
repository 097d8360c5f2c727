import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { DEFAULT_ACCOUNT, ensureAccount } from '../../src/accounts/accounts.ts';
import { createKey } from '../../src/accounts/keys.ts';
import { databaseUrl } from '../../src/cli/database-url.ts';
import { readConfig } from '../../src/config/config.ts';
import { createKeyBody } from '../../src/contract/keys.ts';
import { openPool } from '../../src/database/pool.ts';
import { ffmpegUpdate } from '../../src/sandbox/ffmpeg/update.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { copyTemplate, linkRootImage, makeDataDir, sealTemplate } from '../../testkit/data-directory.ts';
import { httpServer, listen } from '../../testkit/servers.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { startSwiftServers, swiftVariables } from '../../testkit/swift/start.ts';
import { buildCellProgram } from '../hostile/cell-program.ts';
import { once } from './once.ts';
import { keepWhisper } from './whisper-program.ts';

/**
 * Serves resources that test files share. `/service` starts one service, and `/template` prepares a data directory for copying. Each
 * resource is created when the first file requests it, so that a run of unit tests does not wait for it. The main process keeps the
 * resources, because they outlive the test files. `/key` creates a key of any service without starting a program. `/swift` starts the
 * servers of an S3 storage, and `/storage` creates a bucket of the storage that `TEST_STORAGE` names. `/whisper` builds the speech
 * recognizer, and `/cell-program` builds the program of tests that attack cells.
 */
export async function openSharing(): Promise<{ close(): Promise<void> }> {
  // A run inside another run gets the template of the outer run.
  const outer = process.env.TEST_SHARING_URL;
  const template = once(outer ? () => askOuter(outer) : makeTemplate);
  const swift = once(startSwiftServers);
  const whisper = once(keepWhisper);
  const cellProgram = once(buildCellProgram);
  const accounts = new Map<string, number>();
  const service = once(async () => startShared((await template()).template));
  const responses: Record<string, (request: IncomingMessage) => Promise<object>> = {
    '/template': template,
    '/key': makeKey,
    '/whisper': whisper,
    '/cell-program': cellProgram,
    '/storage': async (request) => {
      if (process.env.TEST_STORAGE !== 'swift') throw new Error('--storage can be "swift" only');
      const name = await text(request);
      // A service that starts again finds its bucket. Account 0 belongs to other tests.
      const account = accounts.get(name) ?? accounts.size + 1;
      accounts.set(name, account);
      return swiftVariables((await swift()).endpoint, account);
    },
    '/swift': async () => ({ endpoint: (await swift()).endpoint }),
    '/service': async () => {
      const { api, storage, metrics, pid, dataDir, log } = await service();
      return { api, storage, metrics, pid, dataDir, log };
    },
  };
  const handler = httpServer((request, response) =>
    responses[request.url!]!(request).then(
      (given) => response.end(JSON.stringify(given)),
      (error) => response.writeHead(500).end(String(error?.stack ?? error)),
    ),
  );
  const server = await listen(handler);
  // Test files inherit the environment.
  process.env.TEST_SHARING_URL = server.url;
  return {
    async close() {
      await server.close();
      const started = await service.made?.catch(() => null);
      await started?.remove();
      await (await swift.made?.catch(() => null))?.close();
      (await cellProgram.made?.catch(() => null))?.remove();
      const prepared = outer ? null : await template.made?.catch(() => null);
      if (prepared) await rm(prepared.template, { recursive: true, force: true });
    },
  };
}

interface Template {
  /** Path of the data directory. */
  template: string;
  key: string;
}

async function askOuter(outer: string): Promise<Template> {
  return (await fetch(`${outer}/template`)).json() as Promise<Template>;
}

/** Prepares the data directory. `key` has every scope, and is valid in every copy. */
async function makeTemplate(): Promise<Template> {
  const dataDir = await makeDataDir();
  await linkRootImage(dataDir);
  const service = await startService({}, { dataDir });
  await service.stop();
  // Keeps the output of apt, because each copy would otherwise need 0.7 seconds of processor time for it.
  await ffmpegUpdate(null, service.dataDir);
  await sealTemplate(service.dataDir);
  return { template: service.dataDir, key: service.key };
}

/** Creates a key as `keys create` does. `args` are the arguments of the command, and `env` names the data directory. */
async function makeKey(request: IncomingMessage): Promise<{ id: string; key: string }> {
  const { env, args } = (await json(request)) as { env: NodeJS.ProcessEnv; args: string[] };
  const text = { type: 'string' } as const;
  const { account = DEFAULT_ACCOUNT, scopes } = parseArgs({ args, options: { account: text, scopes: text } }).values;
  const body = createKeyBody.parse({ name: 'test', scopes: scopes?.split(',') });
  const config = readConfig(env);
  const url = databaseUrl(config, await loadSecrets(config.dataDir), 'owner');
  const pool = openPool(url, { max: 1, role: 'test', onError: () => {} });
  try {
    const made = await pool.db.transaction().execute(async (tx) => {
      const { id } = await ensureAccount(tx, account, 'cli');
      return createKey(tx, id, body, { actor: 'cli' });
    });
    return { id: made.key.id, key: made.raw };
  } finally {
    await pool.close();
  }
}

/** Starts the shared service. Its only setting allows fetches from this machine. */
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
