import { sql } from 'kysely';
import { isFinal } from '../../contract/common.ts';
import type { Tx } from '../../database/pool.ts';
import { uuidv7 } from '../../ids/uuid.ts';
import type { Lane } from '../../queue/queue.ts';
import { type Context, MAX_ATTEMPTS } from '../context.ts';
import { addEvent } from '../events.ts';
import { markLost, spentAttempts } from './attempts.ts';
import { endLost } from './finish.ts';
import type { Claim } from './row.ts';

const CLAIM_LOCK = 0x43_4c_41_4d; // "CLAM"

/**
 * Takes the oldest waiting job of a lane: lock, fetch, new attempt, `processing`, in one transaction (design 5.2).
 * The lock makes the limit per account exact; a soft limit was seen to let seven through where two were allowed.
 */
export async function claimTranscode(
  context: Context,
  lane: 'light' | 'heavy',
  worker: { id: string; tier: string },
): Promise<Claim | null> {
  for (;;) {
    const claimed = await context.db.transaction().execute(async (tx) => {
      await sql`SELECT pg_advisory_xact_lock(${CLAIM_LOCK})`.execute(tx);
      const entry = await context.queue.fetch(tx, lane, await busyAccounts(tx));
      if (!entry) return null;
      const claim = await start(context, tx, lane, entry, worker);
      if (!claim) await context.queue.finish(tx, lane, entry.id);
      return claim ?? 'stale';
    });
    if (claimed !== 'stale') return claimed;
  }
}

async function busyAccounts(tx: Tx): Promise<string[]> {
  const rows = await tx
    .selectFrom('transcodes')
    .innerJoin('accounts', 'accounts.id', 'transcodes.account_id')
    .select('accounts.id')
    .where('transcodes.status', '=', 'processing')
    .groupBy(['accounts.id', 'accounts.max_concurrent'])
    .having((having) => having(having.fn.countAll(), '>=', having.ref('accounts.max_concurrent')))
    .execute();
  return rows.map((row) => row.id);
}

async function start(
  context: Context,
  tx: Tx,
  lane: Lane,
  entry: { id: string; subject: string },
  worker: { id: string; tier: string },
): Promise<Claim | null> {
  const job = await tx
    .selectFrom('transcodes')
    .selectAll()
    .where('id', '=', entry.subject)
    .forUpdate()
    .executeTakeFirst();
  // An entry that the row does not name is a leftover: the job is final, gone, or has a newer entry.
  if (!job || job.queue_job !== entry.id) return null;
  if (isFinal(job.status)) return null;
  if (job.status === 'processing') await markLost(tx, job.id);

  if ((await spentAttempts(tx, job.id)) >= MAX_ATTEMPTS) {
    await endLost(context, tx, job);
    return null;
  }
  const number = job.attempts + 1;
  const attemptId = uuidv7();
  await tx
    .insertInto('attempts')
    .values({
      id: attemptId,
      transcode_id: job.id,
      number,
      worker_id: worker.id,
      queue_job: entry.id,
      state: 'running',
      tier: worker.tier,
    })
    .execute();
  const now = new Date();
  const started = await tx
    .updateTable('transcodes')
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
  const sources = await tx
    .selectFrom('transcode_inputs')
    .selectAll()
    .where('transcode_id', '=', job.id)
    .orderBy('position')
    .execute();
  await addEvent(tx, { accountId: job.account_id, jobId: job.id }, 'started', { attempt: number });
  const inputs = sources.filter((source) => source.role === 'input');
  const assets = sources.filter((source) => source.role === 'asset');
  return { attemptId, number, lane, entry: entry.id, job: started, inputs, assets };
}
