import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDataDir } from '../../testkit/data-directory.ts';
import { fillDatabase } from '../../testkit/fill-database.ts';
import { startService } from '../../testkit/service.ts';
import { openAsSuperuser } from '../../testkit/service-database.ts';
import { toDisk } from '../lib/client.ts';
import { sourceTiny } from '../lib/media.ts';
import { cpuByRole, ROLES, type Role } from '../lib/own-cpu.ts';
import { pause } from '../lib/pause.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { median, spread } from '../lib/statistics.ts';
import { callApi, type V1Client, v1Client } from '../lib/v1-client.ts';

const [FEW, MANY] = [10_000, 1_000_000];
/** Name of the account to which `fillDatabase` gives the most jobs. */
const ACCOUNT = 'filled-1';
const PRESET = { outputFormat: 'mp4', options: [{ option: '-preset', argument: 'medium' }] };
const WARM_UP = 40;
const JOBS = 20;
const REQUESTS = 40;
/** Milliseconds after which the work that follows a job has ended. */
const SETTLE_MS = 1_000;
/** Milliseconds to wait for autovacuum and sweeps after a start. */
const REST_MS = 10_000;
const LISTS = {
  'the first page': 'limit=20',
  'completed jobs': 'limit=20&status=completed',
};
type List = keyof typeof LISTS;

interface Grown {
  bench: Bench;
  client: V1Client;
}

interface Measured {
  cpuMs: Record<Role, number>;
  listMs: Record<List, number>;
}

/**
 * Measures the cost of a tiny job and of a list for a service with a million jobs, compared with a service with ten thousand. Both services
 * run at the same time.
 */
export async function growth({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const tiny = await sourceTiny();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const open: Grown[] = [];
  try {
    for (const jobs of [FEW, MANY]) {
      progress(`writing ${jobs} jobs`);
      open.push(await openGrown(jobs));
    }
    const [few, many] = open as [Grown, Grown];
    for (const { client } of open) await runJobs(client, tiny.path, folder, WARM_UP);
    await pause(REST_MS);
    const measured: { few: Measured; many: Measured }[] = [];
    for (let pair = 1; pair <= pairs; pair += 1) {
      progress(`pair ${pair} of ${pairs}`);
      const measure = (grown: Grown) => measureOne(grown, tiny.path, folder);
      measured.push({ few: await measure(few), many: await measure(many) });
    }
    return { rows: rowsOf(measured), raw: { measured } };
  } finally {
    for (const { bench } of open) await bench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function openGrown(jobs: number): Promise<Grown> {
  const dataDir = await makeDataDir();
  const first = await startService({ AIRLOCK_LOG_LEVEL: 'warn' }, { dataDir });
  const database = await openAsSuperuser(dataDir);
  await fillDatabase(database, { jobs, waiting: 0 });
  // Bring the database to the state that it would have after a day of work.
  await database.query('CHECKPOINT');
  await database.end();
  const { key } = await first.makeKey('--account', ACCOUNT, '--scopes', 'transcode,upload,read', '--name', 'bench');
  await first.stop();
  const bench = await openBench({}, dataDir);
  const client = v1Client((method, path, body) => callApi(`${bench.service.api}${path}`, method, key, body));
  return { bench, client };
}

async function runJobs(client: V1Client, file: string, folder: string, jobs: number): Promise<void> {
  for (let job = 0; job < jobs; job += 1) await toDisk(client, file, PRESET, join(folder, 'grown.mp4'));
}

async function measureOne({ bench, client }: Grown, file: string, folder: string): Promise<Measured> {
  const before = cpuByRole(bench);
  await runJobs(client, file, folder, JOBS);
  await pause(SETTLE_MS);
  const after = cpuByRole(bench);
  const ofRole = (role: Role) => (after[role] - before[role]) / JOBS;
  const cpuMs = Object.fromEntries(ROLES.map((role) => [role, ofRole(role)])) as Record<Role, number>;
  const listMs = {} as Record<List, number>;
  for (const [list, query] of Object.entries(LISTS)) listMs[list as List] = await medianOfList(client, query);
  return { cpuMs, listMs };
}

async function medianOfList(client: V1Client, query: string): Promise<number> {
  const ms: number[] = [];
  for (let request = 0; request < REQUESTS; request += 1) {
    const began = performance.now();
    const { status, text } = await client.call('GET', `/v1/transcodes?${query}`);
    if (status !== 200) throw new Error(`the list answered ${status}: ${text.slice(0, 500)}`);
    ms.push(performance.now() - began);
  }
  return median(ms);
}

function rowsOf(measured: readonly { few: Measured; many: Measured }[]) {
  const compare = (what: string, of: (one: Measured) => number, unit: string, bound: number) => {
    const row = (name: string) => ({ case: 'growth', what: `${what}${name}` });
    const shown = (name: string, values: number[], target: number | null, of = unit) => {
      const { median: value, min, max } = spread(values);
      return bounded(row(name), { value, min, max }, target, of, of === '' ? 2 : 1);
    };
    return [
      shown(
        `, ${FEW.toLocaleString('en')} jobs`,
        measured.map(({ few }) => of(few)),
        null,
      ),
      shown(
        `, ${MANY.toLocaleString('en')} jobs`,
        measured.map(({ many }) => of(many)),
        null,
      ),
      shown(
        ', many / few',
        measured.map(({ few, many }) => of(many) / of(few)),
        bound,
        '',
      ),
    ];
  };
  return [
    ...compare('own CPU of a tiny job', ({ cpuMs }) => sum(Object.values(cpuMs)), 'ms CPU', 1.1),
    ...Object.keys(LISTS).flatMap((list) =>
      compare(`list, ${list}, p50`, ({ listMs }) => listMs[list as List], 'ms', 1.2),
    ),
  ];
}

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
