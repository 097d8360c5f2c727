import { createServer } from 'node:net';
import type { Config } from '../../config/config.ts';
import { loadTls } from '../../config/tls.ts';
import { openPool, type Pool } from '../../database/pool.ts';
import { readStranded } from '../../fleet/capabilities.ts';
import { aliveWorkers } from '../../fleet/workers.ts';
import { countStuck, stuckObjects } from '../../objects/deletion.ts';
import { authoritiesOf } from '../../storage/store-url.ts';
import type { ObjectStore } from '../../storage/types.ts';
import { type ReadyInfo, readReadyFile } from '../../supervisor/ready-file.ts';
import { loadSecrets } from '../../supervisor/secrets.ts';
import { openObjectStore } from '../compose.ts';
import { databaseUrl } from '../database-url.ts';
import { listenUrl, metricsHost, STORAGE_ENDPOINT_VARIABLE } from '../endpoints.ts';
import { openFetch } from '../exchange-fetch.ts';
import type { Check } from './doctor-check.ts';
import { checkUploads, uploadingOrigins } from './doctor-uploads.ts';

type RunCheck = (name: string, remedy: string, check: () => Promise<string | Partial<Check>>) => Promise<void>;

/** Checks the running service. If no service runs, checks whether a service could start. */
export async function checkService(config: Config, run: RunCheck): Promise<void> {
  const ready = await readReadyFile(config.dataDir);
  if (ready) await run('API', 'See the log of ./airlock up, or restart it', () => askApi(config, ready));
  else await checkPorts(config, run);
  if (!ready && !config.databaseUrl) return run('Service', '', async () => 'not running (./airlock up starts it)');
  if (ready) process.env[STORAGE_ENDPOINT_VARIABLE] ??= ready.storage;
  const secrets = await loadSecrets(config.dataDir);
  const url = databaseUrl(config, secrets, 'owner');
  await run('Database', 'Check AIRLOCK_DATABASE_URL, or start ./airlock up', () =>
    withPool(url, async ({ db }) => {
      const { length } = await aliveWorkers(db);
      return `responds, ${length} ${length === 1 ? 'worker' : 'workers'} alive`;
    }),
  );
  await run('Queue', '', () => withPool(url, checkQueue));
  await run('Deletions', '', () => withPool(url, checkDeletions));
  await run('Storage', 'Check AIRLOCK_STORAGE_URL, or start ./airlock up', async () => {
    await (await openObjectStore(config, secrets)).ping();
    return 'responds';
  });
  // The embedded storage allows every page, so only other storage is checked.
  const { storageUrl } = config;
  if (!storageUrl) return;
  const pages = { publicUrl: config.publicUrl, storageUrl };
  await run('Uploads from pages', '', () =>
    withPool(url, async (pool) => checkPages(pool, await openObjectStore(config, secrets), pages)),
  );
}

/** Runs a check with one connection to the database. */
async function withPool<T>(url: string, check: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = openPool(url, { max: 1, role: 'doctor', onError: () => {} });
  try {
    return await check(pool);
  } finally {
    await pool.close();
  }
}

/** Checks whether pages may upload. Trusts the same certificate authorities as the client of storage. */
async function checkPages(
  pool: Pool,
  store: ObjectStore,
  { publicUrl, storageUrl }: { publicUrl: string | null; storageUrl: string },
): Promise<string | Partial<Check>> {
  // The database role of a worker may not read upload tokens.
  const { rows } = await pool.pg.query("SELECT has_column_privilege('upload_tokens', 'origin', 'SELECT') AS allowed");
  if (!rows[0].allowed) return 'not checked here: this login reads no upload tokens';
  const origins = await uploadingOrigins(pool.db, publicUrl);
  const { fetch, close } = openFetch(authoritiesOf(storageUrl) ?? undefined);
  try {
    return await checkUploads(store, origins, fetch);
  } finally {
    close();
  }
}

/** Milliseconds to wait for a response from the program that uses a port. */
const PORT_MS = 5_000;

/** Maximum number of objects that `doctor` names. */
const NAMED_OBJECTS = 5;

/** Reports the objects that storage does not delete, and names the first of these objects. */
async function checkDeletions({ db }: Pool): Promise<string | Partial<Check>> {
  const total = await countStuck(db);
  if (total === 0) return 'no object is stuck';
  const named = (await stuckObjects(db, NAMED_OBJECTS)).map(
    ({ key, deletion_failures: failures, deletion_error: error }) => `${key} (${error}, ${failures} times)`,
  );
  const others = total > named.length ? `, and ${total - named.length} more` : '';
  const remedy =
    "Look for a retention policy, an object lock, or a missing permission of Airlock's key. Airlock retries at least hourly";
  return { state: 'warning', seen: `storage rejects the deletion of ${named.join(', ')}${others}`, remedy };
}

/** Reports the waiting jobs that no active worker can run, with their requirements. */
async function checkQueue({ db }: Pool): Promise<string | Partial<Check>> {
  const stranded = await readStranded(db);
  if (stranded.length === 0) return 'every waiting job has a worker that can run it';
  const named = stranded.map(({ kind, needs, jobs }) => `${jobs} of the kind ${[kind, ...needs].join(' with ')}`);
  const remedy = 'Start a worker that supports their kind and has the programs they need';
  return { state: 'warning', seen: `no active worker can run waiting jobs: ${named.join(', ')}`, remedy };
}

async function askApi(config: Config, { api }: ReadyInfo): Promise<string | Partial<Check>> {
  const tls = await loadTls(config.tls, config.dataDir, [config.host]);
  const { fetch, close } = openFetch(tls?.ca ?? undefined);
  try {
    const response = await fetch(`${api}/readyz`);
    if (response.ok) return `responds at ${api}`;
    const remedy = 'Look at /health-check for the cause; an overloaded process recovers automatically';
    return { state: 'unsafe', seen: `${api} is not ready (${response.status})`, remedy };
  } finally {
    close();
  }
}

/** Checks whether each role can listen on its port. Port 0 stands for any free port, and needs no check. */
async function checkPorts(config: Config, run: RunCheck): Promise<void> {
  const metrics = metricsHost(config);
  const ports = [
    ['AIRLOCK_PORT', config.host, config.port, () => isOwnApi(config)],
    ['AIRLOCK_STORAGE_PORT', config.host, config.storageUrl ? 0 : config.storagePort, null],
    ['AIRLOCK_METRICS_PORT', metrics, config.metricsPort, () => isOwnMetrics(metrics, config.metricsPort)],
  ] as const;
  for (const [variable, host, port, isOwn] of ports) {
    if (port === 0) continue;
    await run(`Port ${port}`, `Stop what uses it, or set ${variable} to another port`, async () => {
      try {
        await tryListen(host, port);
      } catch (error) {
        // A role that runs alone, for example under systemd, writes no ready.json.
        if (await isOwn?.().catch(() => false)) return `a role of Airlock responds on ${host}`;
        throw error;
      }
      return `free on ${host}`;
    });
  }
}

async function isOwnApi(config: Config): Promise<boolean> {
  const tls = await loadTls(config.tls, config.dataDir, [config.host]);
  const { fetch, close } = openFetch(tls?.ca ?? undefined);
  try {
    const response = await fetch(`${listenUrl(config, config.port, tls !== null)}/livez`, deadline());
    return response.ok && JSON.stringify(await response.json()) === '{"ok":true}';
  } finally {
    close();
  }
}

async function isOwnMetrics(host: string, port: number): Promise<boolean> {
  const { fetch, close } = openFetch();
  try {
    const response = await fetch(`${listenUrl({ host }, port, false)}/metrics`, deadline());
    return response.ok && (await response.text()).includes('\nairlock_');
  } finally {
    close();
  }
}

/** Limits the wait for a program that accepts a connection but never responds. */
const deadline = () => ({ signal: AbortSignal.timeout(PORT_MS) });

function tryListen(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(error.code === 'EADDRINUSE' ? `in use on ${host}` : `cannot listen on ${host}: ${error.code}`));
    });
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
