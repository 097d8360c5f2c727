import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAsSuperuser } from '../../testkit/service-database.ts';
import { until } from '../../testkit/until.ts';
import { inParallel, toDisk } from '../lib/client.ts';
import { openCpuGroup } from '../lib/cpu-group.ts';
import { forFiles, sourceTiny } from '../lib/media.ts';
import { cpuByRole, ownCpu, ROLES, type Role } from '../lib/own-cpu.ts';
import { pause } from '../lib/pause.ts';
import { tasksCreated } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { runWithXargs } from '../lib/run.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

const PRESET = { outputFormat: 'mp4', options: [{ option: '-preset', argument: 'medium' }] };
const COUNTED = 10;
const JOBS = 40;
/** Number of jobs that the client has in progress, and number of concurrent processes of plain `ffmpeg`. */
const CLIENT_WIDTH = 4;
const PLAIN_WIDTH = 2;
const WARM_UP = 10;
/** Milliseconds after which the work that follows a job has ended. */
const SETTLE_MS = 1_000;
/** Numbers of jobs after a cold start: first jobs, jobs that are not measured, and later jobs. */
const [FIRST, BETWEEN, LATER] = [5, 95, 100];

type Counts = Record<'statements' | 'roundTrips' | 'transactions' | 'flushes' | 'tasks', number>;
type Used = Record<Role | 'all' | 'plain', number>;

/** Measures the cost of one tiny job in addition to FFmpeg's own work, including the requests to create it, upload, wait and download. */
export async function budget(options: CaseOptions): Promise<CaseResult> {
  if (options.cold) return coldBudget(options);
  const tiny = await sourceTiny();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const counts = await countOne(tiny.path, folder, options);
    const used = await measureCpu(tiny.path, folder, options);
    const row = (what: string) => ({ case: 'budget', what: `one tiny job: ${what}` });
    const count = (what: string, value: number) => bounded(row(what), { value }, null, '');
    const ms = (what: string, of: (one: Used) => number, bound: number | null = null) => {
      const { median, min, max } = spread(used.map(of));
      return bounded(row(what), { value: median, min, max }, bound, 'ms CPU');
    };
    const rows: Row[] = [
      count('statements to PostgreSQL', counts.statements),
      count('round trips to PostgreSQL', counts.roundTrips),
      count('transactions', counts.transactions),
      count('flushes of the write-ahead log', counts.flushes),
      count('processes and threads started', counts.tasks),
      ms('all of it, less plain ffmpeg', ({ all, plain }) => all - plain, 40),
      ...ROLES.map((role) => ms(role, (one) => one[role])),
      ms('cells, less plain ffmpeg', (one) => one.all - one.plain - ROLES.reduce((sum, role) => sum + one[role], 0)),
    ];
    return { rows, raw: { counts, used }, notes: tiny.synthetic.map((clip) => `test pattern instead of ${clip}`) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Compares the service's own CPU time per job for the first jobs after a start with its CPU time for later jobs. The jobs run one after
 * another.
 */
async function coldBudget({ gapMs, progress }: CaseOptions): Promise<CaseResult> {
  const tiny = await sourceTiny();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const bench = await openBench();
  try {
    const measure = async (jobs: number) => {
      const before = ownCpu(bench);
      for (let job = 0; job < jobs; job += 1) {
        await pause(gapMs);
        await toDisk(bench, tiny.path, PRESET, join(folder, 'cold.mp4'));
      }
      await pause(SETTLE_MS);
      return (ownCpu(bench) - before) / jobs;
    };
    await pause(SETTLE_MS);
    progress('the first jobs');
    const first = await measure(FIRST);
    await measure(BETWEEN);
    progress('later jobs');
    const later = await measure(LATER);
    const row = (what: string) => ({ case: 'budget', what: `one tiny job: own CPU, ${what}` });
    const until = FIRST + BETWEEN;
    return {
      rows: [
        bounded(row(`first ${FIRST} after a start`), { value: first }, null, 'ms CPU'),
        bounded(row(`jobs ${until + 1} to ${until + LATER}`), { value: later }, null, 'ms CPU'),
        bounded(row('first / later'), { value: first / later }, 1.3, '', 2),
      ],
      raw: { first, later },
      notes: tiny.synthetic.map((clip) => `test pattern instead of ${clip}`),
    };
  } finally {
    await bench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Counts the statements, round trips, transactions, flushes and started tasks per job. The jobs run one after another. */
async function countOne(file: string, folder: string, { progress }: CaseOptions): Promise<Counts> {
  const reports = join(folder, 'counts');
  await mkdir(reports);
  const counter = join(import.meta.dirname, '..', 'lib', 'count-queries.mjs');
  const bench = await openBench({ NODE_OPTIONS: `--import ${counter}`, AIRLOCK_BENCH_COUNTS: reports });
  const database = await openAsSuperuser(bench.service.dataDir);
  try {
    const look = async () => {
      await pause(SETTLE_MS);
      const { rows } = await database.query(
        `SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = 'airlock')::float8 AS transactions,
                (SELECT wal_sync FROM pg_stat_wal)::float8 AS flushes`,
      );
      return { ...(await readReports(bench, reports)), ...rows[0], tasks: tasksCreated() } as Counts;
    };
    const run = async (jobs: number) => {
      for (let job = 0; job < jobs; job += 1) await toDisk(bench, file, PRESET, join(folder, 'counted.mp4'));
    };
    progress('counting');
    await run(WARM_UP);
    const before = await look();
    await run(COUNTED);
    const after = await look();
    return mapValues(after, (value, name) => (value - before[name]) / COUNTED);
  } finally {
    await database.end();
    await bench.close();
  }
}

/** Returns the numbers of statements and round trips that API and worker have sent so far. */
async function readReports(bench: Bench, folder: string): Promise<Pick<Counts, 'statements' | 'roundTrips'>> {
  const sum = { statements: 0, roundTrips: 0 };
  for (const pid of [...bench.service.pids('api'), ...bench.service.pids('worker')]) {
    const path = join(folder, `${pid}.json`);
    await rm(path, { force: true });
    process.kill(pid, 'SIGUSR2');
    const text = await until(async () => (await readFile(path, 'utf8').catch(() => '')) || null, {
      what: 'a report of counts',
    });
    const counts = JSON.parse(text) as typeof sum;
    sum.statements += counts.statements;
    sum.roundTrips += counts.roundTrips;
  }
  return sum;
}

/** Returns the CPU milliseconds per job with four jobs at a time, and the CPU milliseconds of plain `ffmpeg` with the same arguments. */
async function measureCpu(file: string, folder: string, { pairs, gapMs, progress }: CaseOptions): Promise<Used[]> {
  const group = openCpuGroup();
  const bench = await group.within(openBench);
  try {
    const used: Used[] = [];
    const { id } = await toDisk(bench, file, PRESET, join(folder, 'first.mp4'));
    const { args } = await bench.ranAs(id);
    for (let pair = 0; pair <= pairs; pair += 1) {
      progress(pair === 0 ? 'warm-up' : `pair ${pair} of ${pairs}`);
      const outputs = Array.from({ length: JOBS }, (_, job) => join(folder, `${job}.mp4`));
      const before = { ...cpuByRole(bench), all: group.cpuMs() };
      await inParallel(
        outputs.map((output) => async () => {
          await pause(gapMs);
          return toDisk(bench, file, PRESET, output);
        }),
        CLIENT_WIDTH,
      );
      await pause(SETTLE_MS);
      const after = { ...cpuByRole(bench), all: group.cpuMs() };
      const xargs = await runWithXargs((output) => forFiles(args, file, output), outputs, PLAIN_WIDTH);
      const plain = xargs.cpuSeconds * 1000;
      if (pair > 0)
        used.push(
          mapValues({ ...after, plain }, (value, name) => (value - (name === 'plain' ? 0 : before[name])) / JOBS),
        );
    }
    return used;
  } finally {
    await bench.close();
    group.close();
  }
}

function mapValues<K extends string>(from: Record<K, number>, change: (value: number, name: K) => number) {
  return Object.fromEntries(
    Object.entries<number>(from).map(([name, value]) => [name, change(value, name as K)]),
  ) as Record<K, number>;
}
