import { sql } from 'kysely';
import type { Tx } from '../database/pool.ts';
import type { ResourceClass } from '../database/tables.ts';
import { uuidv7 } from '../ids/uuid.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { outputsOf } from './read.ts';
import type { Claim, Job } from './rows.ts';

export interface ClaimOptions {
  worker: { id: string; tier: string };
  /** Whether this worker has a permit for another fetch of the account. Default: always. */
  mayFetch?: (accountId: string) => boolean;
}

type Started = Pick<Claim, 'attemptId' | 'number' | 'job'>;

/**
 * Claims the next job of a resource class: inserts an attempt and sets the job to `processing`, in one transaction. The
 * account with the fewest running jobs comes first; among equals, the one whose oldest job has waited longest. Within
 * an account, the oldest job comes first. Returns null when no due job may start here.
 *
 * `account_schedule` has one row per account, which is locked while a job of the account is claimed. This makes the
 * limit of running jobs exact, and lets claims for different accounts run concurrently.
 */
export async function claimJob(
  context: JobsContext,
  resourceClass: ResourceClass,
  options: ClaimOptions,
): Promise<Claim | null> {
  // Accounts to skip: their oldest job needs a fetch for which there is no permit, or is locked.
  const passedOver = new Set<string>();
  for (;;) {
    const claimed = await context.db
      .transaction()
      .execute((tx) => tryClaim(context, tx, resourceClass, options, passedOver));
    if (claimed !== 'again') return claimed && withRows(context, claimed);
  }
}

async function tryClaim(
  context: JobsContext,
  tx: Tx,
  resourceClass: ResourceClass,
  { worker, mayFetch = () => true }: ClaimOptions,
  passedOver: Set<string>,
): Promise<Started | 'again' | null> {
  const accountId = await lockNextAccount(tx, resourceClass, passedOver);
  if (accountId === null || accountId === 'again') return accountId;
  const job = await oldestDue(tx, accountId, resourceClass);
  // No job: another transaction, such as a cancel or an erase, has locked it.
  if (!job || (job.fetches && !mayFetch(accountId))) {
    passedOver.add(accountId);
    return 'again';
  }
  return start(context, tx, job, worker);
}

/**
 * Finds the account to serve next and locks its row of the schedule. An index matches each ORDER BY, so the cost does
 * not grow with the number of waiting jobs. If another transaction has locked the account, one with equally few running
 * jobs is served instead. If there is none, this waits for the lock: an account with more running jobs must not jump
 * the queue.
 */
async function lockNextAccount(
  tx: Tx,
  resourceClass: ResourceClass,
  passedOver: ReadonlySet<string>,
): Promise<string | 'again' | null> {
  const next = sql.ref(`schedule.next_${resourceClass}`);
  const limited = resourceClass !== 'interactive';
  const eligible = sql`
    FROM account_schedule AS schedule JOIN accounts ON accounts.id = schedule.account_id
    WHERE ${next} <= now() AND schedule.account_id <> ALL(${[...passedOver]}::uuid[])
      ${limited ? sql`AND schedule.running < accounts.max_concurrent` : sql``}`;
  const byRunning = sql`${eligible} ORDER BY ${limited ? sql`schedule.running, ` : sql``}${next} LIMIT 1`;
  const lock = async (wait: 'SKIP LOCKED' | '') => {
    const asFew = limited ? sql`AND schedule.running = (SELECT schedule.running ${byRunning})` : sql``;
    const { rows } = await sql<{ account_id: string }>`
      SELECT schedule.account_id ${eligible} ${asFew}
      ORDER BY ${next} LIMIT 1 FOR UPDATE OF schedule ${sql.raw(wait)}`.execute(tx);
    return rows[0]?.account_id ?? null;
  };
  const account = (await lock('SKIP LOCKED')) ?? (await lock(''));
  if (account) return account;
  // The locked account has started a job in the meantime; other accounts may still be waiting.
  const { rows } = await sql`SELECT ${byRunning}`.execute(tx);
  return rows.length > 0 ? 'again' : null;
}

async function oldestDue(tx: Tx, accountId: string, resourceClass: ResourceClass): Promise<Job | undefined> {
  return tx
    .selectFrom('jobs')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('resource_class', '=', resourceClass)
    .where('status', '=', 'pending')
    .where('available_at', '<=', sql<Date>`now()`)
    .orderBy('available_at')
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
}

async function start(context: JobsContext, tx: Tx, job: Job, worker: ClaimOptions['worker']): Promise<Started> {
  const number = job.attempts + 1;
  const attemptId = uuidv7();
  const now = new Date();
  const started = await tx
    .with('attempt', (db) =>
      db.insertInto('attempts').values({
        ...{ id: attemptId, job_id: job.id, number },
        ...{ worker_id: worker.id, state: 'running', tier: worker.tier },
      }),
    )
    .updateTable('jobs')
    .set({
      status: 'processing',
      current_attempt: attemptId,
      attempts: number,
      progress: 0,
      started_at: job.started_at ?? now,
      updated_at: now,
    })
    .where('id', '=', job.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordJobEvent(context, tx, job, 'started', { attempt: number });
  return { attemptId, number, job: started };
}

/** Reads the sources and outputs of the job after the commit, so that no lock is held meanwhile. */
async function withRows({ db }: Pick<JobsContext, 'db'>, started: Started): Promise<Claim> {
  const { id } = started.job;
  const [sources, outputs] = await Promise.all([
    db.selectFrom('job_sources').selectAll().where('job_id', '=', id).orderBy('position').execute(),
    outputsOf(db, [id]),
  ]);
  const inputs = sources.filter((source) => source.role === 'input');
  const assets = sources.filter((source) => source.role === 'asset');
  return { ...started, inputs, assets, outputs };
}
