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
  /** Whether this worker has a permit for another fetch of the account's; without it, for any. */
  mayFetch?: (accountId: string) => boolean;
}

type Started = Pick<Claim, 'attemptId' | 'number' | 'job'>;

/**
 * Takes the next job of a resource class: a new attempt and `processing`, in one transaction. Of the accounts that wait,
 * those with the fewest running jobs come first, among equals the one whose oldest job has waited longest; of an
 * account's jobs, the oldest. Null: nothing is due that may start here.
 *
 * `account_schedule` has one row per account, locked while one of its jobs is claimed: that makes the limit of running
 * jobs exact, and lets claims of different accounts run at the same time.
 */
export async function claimJob(
  context: JobsContext,
  resourceClass: ResourceClass,
  options: ClaimOptions,
): Promise<Claim | null> {
  // Accounts whose oldest job cannot start here: it needs a fetch, and there is no permit for it.
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
  // Another transaction holds it: a cancel, an erase.
  if (!job || (job.fetches && !mayFetch(accountId))) {
    passedOver.add(accountId);
    return 'again';
  }
  return start(context, tx, job, worker);
}

/**
 * The account to serve next, with its row of the schedule locked. Indexes in the order of each ORDER BY answer, so the
 * cost does not grow with the jobs that wait. An account that another claim or a commit has locked is passed by for one
 * that has as few running jobs, and waited for when there is none: an account with more would jump the queue.
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
  // The one that was waited for has started a job meanwhile; others may be left.
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

/** What belongs to the job. Read after the commit, so that no lock is held for it. */
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
