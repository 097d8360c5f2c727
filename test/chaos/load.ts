import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Client } from 'pg';
import { expect } from 'vitest';
import { MAX_ATTEMPTS } from '../../src/jobs/rows.ts';
import { storeFromUrl } from '../../src/storage/store-url.ts';
import { type ApiResponse, call, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { filesIn } from '../helpers/files.ts';

/** A typical client, which retries temporary failures. */
export interface PatientClient {
  key: string;
  /** Sends a request, and retries it after connection errors, 429 and 5xx with the same Idempotency-Key. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  /** Creates a job, and returns its id. */
  create(body: unknown): Promise<string>;
}

const PATIENCE_MS = 60_000;

export interface OutagePolicy {
  /** Maximum number of milliseconds for all attempts together. */
  totalMs?: number;
  /** Milliseconds after which an attempt is aborted, because a stopped process never responds. */
  attemptMs?: number;
  /** Headers of every request. */
  headers?: Record<string, string>;
}

export function patientClient(
  service: { readonly api: string },
  key: string,
  { totalMs = PATIENCE_MS, attemptMs, headers: always = {} }: OutagePolicy = {},
): PatientClient {
  const attempt = async (response: Promise<ApiResponse>) => {
    const given = attemptMs ? [setTimeoutPromise(attemptMs, null, { ref: false })] : [];
    return Promise.race([response, ...given]).catch(() => null);
  };
  const patient: PatientClient = {
    key,
    async call(method, path, body, headers) {
      return until(
        async () => {
          const response = await attempt(call(`${service.api}${path}`, method, key, body, { ...always, ...headers }));
          return response && response.status !== 429 && response.status < 500 ? response : null;
        },
        { what: `${method} ${path} to be answered`, timeoutMs: totalMs, everyMs: 100 },
      );
    },
    async create(body) {
      const response = await patient.call('POST', '/v1/transcodes', body, { 'idempotency-key': randomUUID() });
      if (response.status !== 201) throw new Error(`create: ${response.status} ${response.text}`);
      return response.json.id;
    },
  };
  return patient;
}

/** Polls until every job is final. Returns their statuses. */
export async function untilFinal(client: PatientClient, ids: string[]): Promise<string[]> {
  return Promise.all(
    ids.map((id) =>
      until(
        async () => {
          const { json } = await client.call('GET', `/v1/transcodes/${id}?wait=5`);
          return ['completed', 'failed', 'canceled'].includes(json.status) ? (json.status as string) : null;
        },
        { what: `job ${id} to end`, timeoutMs: 90_000, everyMs: 100 },
      ),
    ),
  );
}

/** Checks the events, attempts and objects of the jobs: each job must have completed exactly once. */
export async function expectEachCompletedOnce(db: Client, ids: string[]): Promise<void> {
  const { rows } = await db.query(
    `SELECT t.id, t.status, t.error_code, o.state AS output,
       (SELECT count(*)::int FROM events WHERE job_id = t.id AND type = 'transcode.completed') AS completions,
       (SELECT count(*)::int FROM events WHERE job_id = t.id AND type IN ('transcode.failed', 'transcode.canceled')) AS other_ends,
       (SELECT count(*)::int FROM objects WHERE state = 'live' AND key LIKE 'outputs/%/' || t.id || '/%') AS live_outputs,
       (SELECT count(*)::int FROM attempts WHERE job_id = t.id AND state = 'running') AS running,
       (SELECT count(*)::int FROM attempts WHERE job_id = t.id AND state = 'completed') AS completed,
       (SELECT count(*)::int FROM attempts WHERE job_id = t.id) = t.attempts AS counted
     FROM jobs t LEFT JOIN job_outputs made ON made.job_id = t.id LEFT JOIN objects o ON o.id = made.object_id WHERE t.id = ANY($1) ORDER BY t.id`,
    [ids],
  );
  const wanted = {
    status: 'completed',
    error_code: null,
    output: 'live',
    completions: 1,
    other_ends: 0,
    live_outputs: 1,
    running: 0,
    completed: 1,
    counted: true,
  };
  // Compares only the jobs that differ, so that a failure does not print hundreds of jobs.
  expect(rows.filter(({ id, ...row }) => !isDeepStrictEqual(row, wanted))).toEqual([]);
  expect(rows.map(({ id }) => id)).toEqual([...ids].sort());
}

/**
 * Checks that each failed job failed once, because its worker died in every attempt, and left nothing behind. Returns the ids of the failed
 * jobs.
 */
export async function expectFailedByLossAlone(db: Client, ids: string[]): Promise<Set<string>> {
  const { rows } = await db.query(
    `SELECT t.id, t.error_code,
       (SELECT count(*)::int FROM attempts WHERE job_id = t.id AND state = 'lost') AS lost,
       (SELECT count(*)::int FROM events WHERE job_id = t.id AND type = 'transcode.failed') AS failures,
       (SELECT count(*)::int FROM events WHERE job_id = t.id AND type IN ('transcode.completed', 'transcode.canceled')) AS other_ends,
       (SELECT count(*)::int FROM objects WHERE state = 'live' AND key LIKE 'outputs/%/' || t.id || '/%') AS live_outputs
     FROM jobs t WHERE t.id = ANY($1) AND t.status = 'failed'`,
    [ids],
  );
  const wanted = { error_code: 'worker_lost', lost: MAX_ATTEMPTS, failures: 1, other_ends: 0, live_outputs: 0 };
  expect(rows.filter(({ id, ...row }) => !isDeepStrictEqual(row, wanted))).toEqual([]);
  return new Set(rows.map(({ id }) => id));
}

/** Waits for the sweep of interrupted work, and checks that the storage contains exactly the objects that rows describe. */
export async function expectNoOrphans(db: Client, service: TestService): Promise<void> {
  await until(
    async () => {
      const { rows } = await db.query(
        `SELECT count(*)::int AS open FROM objects WHERE state IN ('pending', 'deleting')`,
      );
      return rows[0].open === 0;
    },
    { what: 'the sweep of interrupted work' },
  );
  const { rows } = await db.query(`SELECT count(*)::int AS live FROM objects WHERE state = 'live'`);
  expect(await countStored(service)).toBe(rows[0].live);
}

/** Returns the number of objects in the embedded or external storage of a service. */
async function countStored({ dataDir, storageVariables }: TestService): Promise<number> {
  const url = storageVariables.AIRLOCK_STORAGE_URL;
  if (!url) return (await filesIn(join(dataDir, 'storage', 'objects'))).length;
  const store = storeFromUrl(url, storageVariables);
  let count = 0;
  for await (const _ of store.list('')) count += 1;
  await store.close();
  return count;
}

/** Returns whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
