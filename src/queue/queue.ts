import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { fromKysely, PgBoss } from 'pg-boss';
import { notify } from '../database/notify.ts';
import type { Database, Db, Tx } from '../database/pool.ts';

/**
 * The only place that knows pg-boss. One queue a lane: light work (audio, stills, remuxes, small pictures) must
 * never wait behind a heavy encode (performance rule 7), and the inspection of an upload behind neither, because
 * somebody waits for its answer.
 */
export type Lane = 'inspect' | 'light' | 'heavy';

export const LANES: readonly Lane[] = ['inspect', 'light', 'heavy'];

export interface QueueEntry {
  id: string;
  /** The upload (lane `inspect`) or the transcode that the entry stands for. */
  subject: string;
}

export interface Queue {
  /**
   * Adds an entry in the caller's transaction and wakes the workers when it commits. `again`: it has had its turn
   * before, and comes before those that still wait for theirs. Returns the entry's id.
   */
  enqueue(
    tx: Tx,
    lane: Lane,
    job: { subject: string; accountId: string; delaySeconds?: number; again?: boolean },
  ): Promise<string>;
  /** Takes the oldest waiting entry whose account is not among `passedOver`, in the caller's transaction. */
  fetch(tx: Tx, lane: Lane, passedOver: string[]): Promise<QueueEntry | null>;
  /** Tells the queue that the entry is still being worked on. */
  touch(lane: Lane, queueJob: string): Promise<void>;
  /** Ends the entry, in the caller's transaction: whatever became of the job, it must not start again. */
  finish(tx: Tx, lane: Lane, queueJob: string): Promise<void>;
  /** Of these entries, those that can still start or are being worked on. */
  alive(db: Db, queueJobs: string[]): Promise<Set<string>>;
  /** Entries of a lane that have been worked on for longer than `seconds`. */
  activeLongerThan(db: Db, lane: Lane, seconds: number): Promise<QueueEntry[]>;
  close(): Promise<void>;
}

const SCHEMA = 'pgboss';
/** The longest that pg-boss lets an entry be active; our own wall limits are far below. */
const EXPIRE_SECONDS = 24 * 3600 - 1;
/** Backstop only: recovery (30 s) acts first. */
const HEARTBEAT_SECONDS = 120;
const KEEP_FINISHED_SECONDS = 3600;
/** For `pg`: between two rounds of housekeeping no connection is kept. */
const OCCASIONAL = { max: 2, idleTimeoutMillis: 2_000 };

const queueName = (lane: Lane) => `airlock-${lane}`;

/** Installs or upgrades pg-boss's schema and makes the queues; run by `migrate`. */
export async function migrateQueue(url: string): Promise<void> {
  const boss = new PgBoss({ connectionString: url, schema: SCHEMA, max: 2, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  try {
    for (const lane of LANES) {
      const options = {
        expireInSeconds: EXPIRE_SECONDS,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        deleteAfterSeconds: KEEP_FINISHED_SECONDS,
        retentionSeconds: 30 * 24 * 3600,
        // Tries are counted by us, with their reasons; the queue only has to hand the entry out again.
        retryLimit: 100,
        retryDelay: 0,
      };
      if (await boss.getQueue(queueName(lane))) await boss.updateQueue(queueName(lane), options);
      else await boss.createQueue(queueName(lane), { ...options, policy: 'standard' });
    }
  } finally {
    await boss.stop({ graceful: false });
  }
}

/**
 * Connects to the queue. `superviseUrl` belongs to the workers: with it pg-boss looks after dead entries and does its
 * own housekeeping, over connections of its own, because its batches of statements need the driver's raw results.
 */
export async function openQueue(
  db: Database,
  options: { superviseUrl: string | null; onError: (error: Error) => void },
): Promise<Queue> {
  const boss = new PgBoss({
    ...(options.superviseUrl ? { connectionString: options.superviseUrl, ...OCCASIONAL } : { db: fromKysely(db) }),
    schema: SCHEMA,
    migrate: false,
    createSchema: false,
    schedule: false,
    supervise: options.superviseUrl !== null,
    superviseIntervalSeconds: 30,
    monitorIntervalSeconds: 30,
    // Entries here never wait for each other; looking for such every 5 s kept a connection busy.
    flowIntervalSeconds: 3600,
  });
  boss.on('error', options.onError);
  await boss.start();

  return {
    async enqueue(tx, lane, job) {
      const id = randomUUID();
      await boss.send(
        queueName(lane),
        { subject: job.subject },
        {
          id,
          group: { id: job.accountId },
          startAfter: job.delaySeconds ?? 0,
          priority: job.again ? 1 : 0,
          db: fromKysely(tx),
        },
      );
      await notify(tx, 'airlock_queue', lane);
      return id;
    },

    async fetch(tx, lane, passedOver) {
      const [job] = await boss.fetch<{ subject: string }>(queueName(lane), {
        batchSize: 1,
        ignoreGroups: passedOver,
        db: fromKysely(tx),
      });
      return job ? { id: job.id, subject: job.data.subject } : null;
    },

    async touch(lane, queueJob) {
      await boss.touch(queueName(lane), queueJob);
    },

    async finish(tx, lane, queueJob) {
      // includeQueued: a job that is canceled or erased while it waits is ended just the same.
      await boss.complete(queueName(lane), queueJob, null, { includeQueued: true, db: fromKysely(tx) });
    },

    async alive(db, queueJobs) {
      if (queueJobs.length === 0) return new Set();
      const { rows } = await sql<{ id: string }>`
        SELECT id FROM pgboss.job WHERE id = ANY(${queueJobs}::uuid[]) AND state IN ('created', 'retry', 'active')`.execute(
        db,
      );
      return new Set(rows.map((row) => row.id));
    },

    async activeLongerThan(db, lane, seconds) {
      const { rows } = await sql<QueueEntry>`
        SELECT id, data->>'subject' AS subject FROM pgboss.job
        WHERE name = ${queueName(lane)} AND state = 'active'
          AND started_on < now() - make_interval(secs => ${seconds})`.execute(db);
      return rows;
    },

    async close() {
      await boss.stop({ graceful: false });
    },
  };
}
