import type { Insertable } from 'kysely';
import type { Security } from '../contract/security.ts';
import { databaseNow, secondsAgo } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';
import type { WorkersTable } from '../database/tables.ts';

/** Seconds between two heartbeats of a worker, and of each of its attempts. */
export const HEARTBEAT_SECONDS = 10;
/** Seconds without a heartbeat after which a worker or an attempt counts as lost. Allows for two missed heartbeats. */
export const LOST_SECONDS = 30;

export async function registerWorker(db: Db, worker: Insertable<WorkersTable>): Promise<void> {
  await db.insertInto('workers').values(worker).execute();
}

/**
 * The capabilities of a worker, and the FFmpeg build of its new cells: version, package, the time since which this build is used, and
 * whether it can hide its arguments.
 */
export type WorkerBuild = Pick<
  Insertable<WorkersTable>,
  'ffmpeg' | 'ffmpeg_package' | 'ffmpeg_since' | 'arguments_hidden' | 'capabilities'
>;

/**
 * Records a heartbeat and the current FFmpeg build, which can change while a worker runs. Resolves to whether an operator has requested
 * that the worker drains.
 */
export async function beatWorker(db: Db, id: string, now: { draining: boolean } & WorkerBuild): Promise<boolean> {
  const row = await db
    .updateTable('workers')
    .set({ heartbeat_at: databaseNow, ...now })
    .where('id', '=', id)
    .returning('drain_requested')
    .executeTakeFirst();
  return row?.drain_requested ?? false;
}

/** Requests that a worker drains, or that it accepts jobs again. Returns false if there is no such worker. */
export async function requestDrain(db: Db, id: string, wanted: boolean): Promise<boolean> {
  const row = await db
    .updateTable('workers')
    .set({ drain_requested: wanted })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Result of a self-test of the sandbox, as stored in the worker's row. */
export interface SelfTestResult {
  passed: boolean;
  /** Number of attacks that were tried. */
  checks: number;
  /** Attacks that succeeded and that the tier does not promise to stop. */
  exceptions: string[];
  at: Date;
}

export async function recordSelfTest(db: Db, id: string, result: SelfTestResult): Promise<void> {
  await db
    .updateTable('workers')
    .set({
      self_test_passed: result.passed,
      self_test_checks: result.checks,
      self_test_exceptions: result.exceptions,
      self_test_at: result.at,
    })
    .where('id', '=', id)
    .execute();
}

/** Records the state of a worker's FFmpeg: a newer package, known vulnerabilities, and the trimmed build. */
export async function recordFfmpegState(
  db: Db,
  id: string,
  state: Pick<Security['ffmpeg'], 'update' | 'advisories' | 'trimmed'>,
): Promise<void> {
  await db
    .updateTable('workers')
    .set({ ffmpeg_report: JSON.stringify(state) })
    .where('id', '=', id)
    .execute();
}

export async function removeWorker(db: Db, id: string): Promise<void> {
  await db.deleteFrom('workers').where('id', '=', id).execute();
}

/** Returns the workers with a recent heartbeat. */
export async function aliveWorkers(db: Db) {
  return db.selectFrom('workers').selectAll().where('heartbeat_at', '>', secondsAgo(LOST_SECONDS)).execute();
}

/** Returns the workers of the same host and boot. The caller can check which of their processes are alive. */
export async function workersOfHost(db: Db, host: string, boot: string) {
  return db.selectFrom('workers').selectAll().where('host', '=', host).where('boot', '=', boot).execute();
}

export async function removeSilentWorkers(db: Db, olderThanSeconds: number): Promise<void> {
  await db.deleteFrom('workers').where('heartbeat_at', '<', secondsAgo(olderThanSeconds)).execute();
}
