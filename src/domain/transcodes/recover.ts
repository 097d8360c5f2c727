import { isFinal } from '../../contract/common.ts';
import { type Context, LOST_SECONDS, MAX_ATTEMPTS } from '../context.ts';
import { askAgain } from '../uploads/inspect.ts';
import { markLost, spentAttempts } from './attempts.ts';
import { endLost, requeue } from './finish.ts';
import type { Transcode } from './row.ts';

/**
 * Brings back jobs whose worker is gone: attempts without a heartbeat for 30 s, and those of workers that the
 * caller knows to be dead. Each is one transaction over the locked row, so two sweepers do no harm. Returns how
 * many were brought back or given up.
 */
export async function recoverLost(context: Context, deadWorkers: string[]): Promise<number> {
  const silent = new Date(Date.now() - LOST_SECONDS * 1000);
  const lost = await context.db
    .selectFrom('attempts')
    .select(['id', 'transcode_id'])
    .where('state', '=', 'running')
    .where((where) =>
      where.or([
        where('heartbeat_at', '<', silent),
        ...(deadWorkers.length > 0 ? [where('worker_id', 'in', deadWorkers)] : []),
      ]),
    )
    .execute();
  for (const attempt of lost) {
    await restart(context, attempt.transcode_id, (job) => job.current_attempt === attempt.id);
  }
  return lost.length;
}

/**
 * Finds waiting jobs whose queue entry is gone, which only a damaged queue can cause, and enqueues them anew. Young
 * jobs are passed over: their entry may not be visible yet.
 */
export async function recoverUnqueued(context: Context): Promise<number> {
  const waiting = await context.db
    .selectFrom('transcodes')
    .select(['id', 'queue_job'])
    .where('status', '=', 'pending')
    .where('updated_at', '<', new Date(Date.now() - 60_000))
    .limit(1000)
    .execute();
  const alive = await context.queue.alive(
    context.db,
    waiting.map((job) => job.queue_job),
  );
  const orphans = waiting.filter((job) => !alive.has(job.queue_job));
  for (const orphan of orphans) {
    await restart(context, orphan.id, (job) => job.status === 'pending' && job.queue_job === orphan.queue_job);
  }
  return orphans.length;
}

/** The longest that an inspection can take: its probe's wall limit is 15 s. */
const INSPECTION_SECONDS = 30;

/**
 * Inspections whose worker died, or whose entry is gone. A queue entry does not name its worker: when one is known
 * to have died (`workerDied`), all that are under way are asked for anew; a second look changes nothing.
 */
export async function recoverInspections(context: Context, options: { workerDied?: boolean } = {}): Promise<number> {
  const open = await context.db
    .selectFrom('uploads')
    .select(['id', 'account_id', 'queue_job'])
    .where('state', '=', 'confirming')
    .limit(1000)
    .execute();
  if (open.length === 0) return 0;
  const entries = open.flatMap((upload) => (upload.queue_job ? [upload.queue_job] : []));
  const alive = await context.queue.alive(context.db, entries);
  const seconds = options.workerDied ? 0 : INSPECTION_SECONDS;
  const stuck = await context.queue.activeLongerThan(context.db, 'inspect', seconds);
  const stuckIds = new Set(stuck.map((entry) => entry.id));
  const lost = open.filter(
    (upload) => !upload.queue_job || !alive.has(upload.queue_job) || stuckIds.has(upload.queue_job),
  );
  for (const upload of lost) {
    await context.db.transaction().execute(async (tx) => {
      const mine = await tx
        .selectFrom('uploads')
        .select('id')
        .where('id', '=', upload.id)
        .where('state', '=', 'confirming')
        .where('queue_job', 'is not distinct from', upload.queue_job)
        .forUpdate()
        .executeTakeFirst();
      if (!mine) return;
      if (upload.queue_job) await context.queue.finish(tx, 'inspect', upload.queue_job);
      await askAgain(context, tx, upload, 0);
    });
  }
  return lost.length;
}

async function restart(context: Context, id: string, stillLost: (job: Transcode) => boolean): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    const job = await tx.selectFrom('transcodes').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
    if (!job) return;
    const open = !isFinal(job.status);
    if (!open || !stillLost(job)) {
      // The job went on without this attempt; only the attempt's own row is left to be closed.
      if (!open) await markLost(tx, id);
      return;
    }
    await markLost(tx, id);
    await context.queue.finish(tx, job.lane, job.queue_job);
    if ((await spentAttempts(tx, id)) >= MAX_ATTEMPTS) {
      await endLost(context, tx, job);
    } else {
      await requeue(context, tx, job, { delaySeconds: 0, reason: 'worker_lost' });
    }
  });
}
