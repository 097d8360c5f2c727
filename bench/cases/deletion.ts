import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjectStore } from '../../src/cli/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { forEachAtOnce } from '../../src/storage/at-once.ts';
import { storeFromUrl } from '../../src/storage/store-url.ts';
import type { ObjectStore } from '../../src/storage/types.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { startSwiftServers, swiftVariables } from '../../testkit/swift/start.ts';
import { until } from '../../testkit/until.ts';
import { atLeast, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';

const BYTES = 1_024;
const WRITERS = 32;
const EMBEDDED = { name: 'the embedded storage', objects: 10_000, target: 1_000 };
const SWIFT = { name: 'OpenStack Swift', objects: 3_000, target: 300 };
const LIMIT_MS = 300_000;
/** Number of keys in a request of a bare client, as in a request of the service, and number of its concurrent requests. */
const BARE = { keys: 200, requests: 3 };
/** Minimum number of deletions per second, as a multiple of the deletions of a bare client on the same servers. */
const LEAST_RATIO = 0.8;

/** Measures how many objects a running service deletes per second, once their deletion is due. */
export async function deletion(options: CaseOptions): Promise<CaseResult> {
  const embedded = await measure(EMBEDDED, {}, options);
  const servers = await startSwiftServers();
  try {
    const env = await swiftVariables(servers.endpoint, 1);
    const swift = await measure(SWIFT, env, options);
    // The servers, five Python processes, share the cores with all other processes, so they are the limit.
    const bare = await measureBare(env, options);
    const ratio = swift.perSecond / bare;
    const row = { case: 'deletion', what: `${SWIFT.name}, against a bare client`, value: ratio.toFixed(2) };
    return {
      rows: [embedded.row, swift.row, atLeast(row, ratio, LEAST_RATIO)],
      raw: { embedded: embedded.perSecond, swift: swift.perSecond, bare },
    };
  } finally {
    await servers.close();
  }
}

async function measure(
  { name, objects, target }: typeof EMBEDDED,
  env: Record<string, string>,
  { progress }: CaseOptions,
): Promise<{ row: Row; perSecond: number }> {
  const service = await startService({ AIRLOCK_LOG_LEVEL: 'warn', ...env });
  const database = await openServiceDatabase(service);
  try {
    progress(`${objects} objects in ${name}`);
    await writeObjects(service, env, objects);
    progress(`deleting them from ${name}`);
    await database.query(
      `INSERT INTO objects (id, account_id, key, kind, content_type, size, state)
       SELECT gen_random_uuid(), (SELECT id FROM accounts LIMIT 1), 'outputs/bench/' || number, 'output', 'video/mp4', $2,
         'deleting' FROM generate_series(1, $1::int) AS number`,
      [objects, BYTES],
    );
    // Measure from the first deletion, because the worker looks for due deletions every few seconds.
    const deleted = async () =>
      (
        await database.query(
          `SELECT count(*)::int, extract(epoch FROM max(deleted_at) - min(deleted_at))::float8 AS seconds
           FROM objects WHERE state = 'deleted'`,
        )
      ).rows[0];
    await until(async () => (await deleted()).count === objects, {
      ...{ what: `deletions from ${name}`, timeoutMs: LIMIT_MS, everyMs: 1_000 },
    });
    const { seconds } = await deleted();
    const perSecond = objects / seconds;
    const row = { case: 'deletion', what: `${objects} objects of ${name}`, value: `${perSecond.toFixed(0)} /s` };
    return { row: atLeast(row, perSecond, target), perSecond };
  } finally {
    await database.end();
    await service.remove();
  }
}

/** Returns how many objects a client deletes from Swift per second if it sends only the requests. */
async function measureBare(env: Record<string, string>, { progress }: CaseOptions): Promise<number> {
  const store = storeFromUrl(env.AIRLOCK_STORAGE_URL!, env);
  try {
    progress(`${SWIFT.objects} objects in ${SWIFT.name}`);
    await writeTo(store, SWIFT.objects);
    progress(`deleting them from ${SWIFT.name}`);
    const keys = Array.from({ length: SWIFT.objects }, (_, index) => keyOf(index + 1));
    const pages = Array.from({ length: Math.ceil(keys.length / BARE.keys) }, (_, page) =>
      keys.slice(page * BARE.keys, (page + 1) * BARE.keys),
    );
    const began = performance.now();
    await forEachAtOnce(pages, BARE.requests, async (page) => {
      const { failed } = await store.deleteMany(page);
      if (failed.size > 0) throw failed.values().next().value;
    });
    return SWIFT.objects / ((performance.now() - began) / 1000);
  } finally {
    await store.close();
  }
}

async function openEmbedded(service: TestService): Promise<ObjectStore> {
  const storagePort = new URL(service.storage).port;
  const config = readConfig({ AIRLOCK_DATA_DIR: service.dataDir, AIRLOCK_STORAGE_PORT: storagePort });
  return openObjectStore(config, await loadSecrets(service.dataDir));
}

async function writeObjects(service: TestService, env: Record<string, string>, count: number): Promise<void> {
  const store = env.AIRLOCK_STORAGE_URL ? storeFromUrl(env.AIRLOCK_STORAGE_URL, env) : await openEmbedded(service);
  try {
    await writeTo(store, count);
  } finally {
    await store.close();
  }
}

async function writeTo(store: ObjectStore, count: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const path = join(folder, 'bytes');
    await writeFile(path, Buffer.alloc(BYTES));
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    await forEachAtOnce(numbers, WRITERS, (number) =>
      store.putFile(keyOf(number), path, { contentType: 'video/mp4', size: BYTES }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function keyOf(number: number): string {
  return `outputs/bench/${number}`;
}
