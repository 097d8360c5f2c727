import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { openAsSuperuser } from '../../testkit/service-database.ts';
import { inParallel, toDisk } from '../lib/client.ts';
import { fillWithJobs } from '../lib/many-jobs.ts';
import { sourceTiny } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { median } from '../lib/statistics.ts';

const [FEW, MANY] = [100, 100_000];
/** The share of the jobs of `fillWithJobs` that belongs to the default account. */
const OWN_PART = 0.7;
const PRESET = { outputFormat: 'mp4', options: [{ option: '-preset', argument: 'medium' }] };
const JOBS = 24;
const WIDTH = 4;
const WARM_UP = 8;
const REQUESTS = 60;

/** Measures the cost of a tiny job and of an upload URL in an account that stores the files of 100,000 jobs, compared with 100 jobs. */
export async function stored({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const tiny = await sourceTiny();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const bench = await openBench();
  const database = await openAsSuperuser(bench.service.dataDir);
  try {
    const measured: Record<string, Record<string, number[]>> = {};
    for (const count of [FEW, MANY]) {
      progress(`writing ${count} jobs with their files`);
      await fillWithJobs(database, Math.ceil(count / OWN_PART));
      await fillWithFiles(database);
      const note = (what: string, values: number[]) => {
        measured[what] = { ...measured[what], [count]: values };
      };
      progress(`${count} jobs: upload URLs and the list of uploads`);
      note('upload URL, ms', await timed(bench, 'POST', '/v1/upload/presigned-url', () => presignOf()));
      await database.query(`UPDATE uploads SET state = 'deleted' WHERE state = 'pending'`);
      note('page of 20 uploads, ms', await timed(bench, 'GET', '/v1/uploads'));
      note('page of 20 unconfirmed uploads, ms', await timed(bench, 'GET', '/v1/uploads?status=pending'));
      const used: number[] = [];
      for (let round = 0; round <= pairs; round += 1) {
        progress(`${count} jobs: ${round === 0 ? 'warm-up' : `round ${round} of ${pairs}`}`);
        const jobs = round === 0 ? WARM_UP : JOBS;
        const before = bench.cpu();
        const tasks = Array.from(
          { length: jobs },
          (_, job) => () => toDisk(bench, tiny.path, PRESET, join(folder, `${job}.mp4`)),
        );
        await inParallel(tasks, WIDTH);
        if (round > 0) used.push(((bench.cpu() - before) * 1000) / jobs);
      }
      note('own CPU of a tiny job, ms', used);
    }
    return { rows: rowsOf(measured), raw: measured };
  } finally {
    await database.end();
    await bench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const BOUNDS: Record<string, number> = { 'upload URL, ms': 1.2, 'own CPU of a tiny job, ms': 1.1 };

function rowsOf(measured: Record<string, Record<string, number[]>>) {
  return Object.entries(measured).flatMap(([what, values]) => {
    const [few, many] = [median(values[FEW]!), median(values[MANY]!)];
    const range = (of: number[]) => ({ min: Math.min(...of), max: Math.max(...of) });
    const row = (name: string) => ({ case: 'stored', what: `${what}: ${name}` });
    return [
      bounded(row(`${FEW} jobs`), { value: few, ...range(values[FEW]!) }, null, 'ms'),
      bounded(row(`${MANY} jobs`), { value: many, ...range(values[MANY]!) }, null, 'ms'),
      bounded(row('ratio'), { value: many / few }, BOUNDS[what] ?? 1.2, '', 2),
    ];
  });
}

const presignOf = () => ({ filename: 'clip.mp4', contentType: 'video/mp4', fileSize: 1000 });

async function timed(bench: Bench, method: string, path: string, body?: () => object): Promise<number[]> {
  const ms: number[] = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    const began = performance.now();
    const response = await bench.service.call(method, path, body?.());
    if (response.status !== 200) throw new Error(`${path}: ${response.text.slice(0, 500)}`);
    if (index > 0) ms.push(performance.now() - began);
  }
  return ms;
}

/** Gives each job of the default account an output, and the upload from which it was made. */
async function fillWithFiles(database: pg.Client): Promise<void> {
  await database.query(
    `UPDATE uploads SET object_id = NULL;
     UPDATE job_outputs SET object_id = NULL;
     DELETE FROM uploads;
     DELETE FROM objects;
     UPDATE accounts SET max_open_uploads = 1000000;
     INSERT INTO objects (id, account_id, key, kind, job_id, content_type, size, state, delete_after)
       SELECT gen_random_uuid(), account_id, 'outputs/' || id, 'output', id, 'video/mp4', 1000, 'live', now() + interval '1 d'
       FROM jobs WHERE account_id = (SELECT id FROM accounts WHERE name = 'default');
     UPDATE job_outputs SET object_id = objects.id, status = 'completed' FROM objects WHERE objects.job_id = job_outputs.job_id;
     INSERT INTO objects (id, account_id, key, kind, content_type, size, state, delete_after)
       SELECT gen_random_uuid(), account_id, 'uploads/' || id, 'upload', 'video/mp4', 1000, 'live', now() + interval '1 d'
       FROM jobs WHERE account_id = (SELECT id FROM accounts WHERE name = 'default');
     INSERT INTO uploads (id, account_id, object_id, staging_key, name_fingerprint, declared_type, declared_size, state,
         url_expires_at, staging_closed_at, confirmed_at)
       SELECT gen_random_uuid(), account_id, id, key, sha256(key::bytea), content_type, size, 'confirmed', now(), now(), now()
       FROM objects WHERE kind = 'upload'`,
  );
  await database.query('VACUUM ANALYZE objects, uploads, job_outputs, account_storage');
}
