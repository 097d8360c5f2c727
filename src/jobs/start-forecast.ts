import { sql } from 'kysely';
import { databaseNow } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';
import type { ResourceClass } from '../database/tables.ts';
import { type QueuePosition, queuePositions } from './queue-positions.ts';

/** Maximum number of jobs of a class whose durations are averaged. */
const SAMPLE = 50;
/**
 * Maximum number of newest jobs of all classes that are searched for this sample, because more jobs may end in an hour than a statement
 * should read.
 */
const RECENT = 2_000;
/** Milliseconds for which the measured pace of the fleet is reused. */
const PACE_MS = 5_000;

/** The position and the expected start of a waiting job, as shown in events. */
export interface StartForecast {
  /** See `QueuePosition.position`. */
  position: number;
  /** Null while the duration of jobs is unknown. */
  expected_start_at: string | null;
}

/** The speed at which the fleet completes jobs of one resource class. */
interface Pace {
  /** Mean duration of the latest completed jobs in seconds. */
  seconds: number;
  /** Number of jobs that run at the same time. */
  running: number;
}

/** The latest measurement of each database. `at` is from `performance.now()`. */
const known = new WeakMap<Db, { at: number; paces: Promise<Map<ResourceClass, Pace>> }>();

/**
 * Returns the positions and the expected starts of the waiting jobs. Before a job starts, the jobs ahead of it and enough jobs of its own
 * account must end. The forecast assumes that the fleet runs as many jobs at a time as now, that the account runs as many jobs as it may,
 * and that each job takes as long as the latest jobs.
 */
export async function forecastStarts(db: Db, ids: readonly string[]): Promise<Map<string, StartForecast>> {
  if (ids.length === 0) return new Map();
  const jobs = await db
    .selectFrom('jobs')
    .select(['id', 'status', 'resource_class', databaseNow.as('now')])
    .where('id', 'in', ids)
    .execute();
  const positions = await queuePositions(db, jobs);
  if (positions.size === 0) return new Map();
  const paces = await recentPaces(db);
  const forecasts = new Map<string, StartForecast>();
  for (const { id, resource_class, now } of jobs) {
    const position = positions.get(id);
    const pace = paces.get(resource_class);
    if (!position) continue;
    const at = pace && new Date(now.getTime() + waitSeconds(position, pace) * 1000);
    forecasts.set(id, { position: position.position, expected_start_at: at?.toISOString() ?? null });
  }
  return forecasts;
}

function waitSeconds({ position, behindOwn, maxConcurrent }: QueuePosition, { seconds, running }: Pace): number {
  return seconds * Math.max(position / Math.max(1, running), behindOwn / maxConcurrent);
}

function recentPaces(db: Db): Promise<Map<ResourceClass, Pace>> {
  const last = known.get(db);
  if (last && performance.now() - last.at < PACE_MS) return last.paces;
  const paces = measurePaces(db);
  known.set(db, { at: performance.now(), paces });
  return paces;
}

async function measurePaces(db: Db): Promise<Map<ResourceClass, Pace>> {
  const { rows } = await sql<{ resource_class: ResourceClass; seconds: number | null; running: number }>`
    WITH ended AS MATERIALIZED (
      SELECT resource_class, started_at, completed_at FROM jobs
      WHERE status = 'completed' AND completed_at > now() - interval '1 hour'
      ORDER BY completed_at DESC LIMIT ${RECENT}
    )
    SELECT classes.resource_class, latest.seconds, running.count::int AS running
    FROM (VALUES ('interactive'), ('light'), ('heavy')) AS classes (resource_class)
    CROSS JOIN LATERAL (
      SELECT avg(extract(epoch FROM completed_at - started_at))::float8 AS seconds FROM (
        SELECT started_at, completed_at FROM ended WHERE ended.resource_class = classes.resource_class
        ORDER BY completed_at DESC LIMIT ${SAMPLE}) AS recent
    ) AS latest
    CROSS JOIN LATERAL (
      SELECT count(*) FROM attempts JOIN jobs ON jobs.id = attempts.job_id AND jobs.current_attempt = attempts.id
      WHERE attempts.state = 'running' AND jobs.resource_class = classes.resource_class
    ) AS running`.execute(db);
  return new Map(
    rows.flatMap(({ resource_class, seconds, running }) =>
      seconds === null ? [] : [[resource_class, { seconds, running }] as const],
    ),
  );
}
