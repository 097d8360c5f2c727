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
import { type Contender, contenders, turns } from './turns.ts';

const CLAIM_LOCK = 0x43_4c_41_4d; // "CLAM"

export interface ClaimOptions {
  worker: { id: string; tier: string };
  /** Whether this worker has a place for another fetch of the account's; without it, for any. */
  mayFetch?: (accountId: string) => boolean;
}

/**
 * Takes the job whose turn it is in a lane: lock, fetch, new attempt, `processing`, in one transaction (design 5.2).
 * Of the accounts that wait, it is the turn of those with the fewest running jobs; of theirs, the oldest entry goes first.
 * The lock makes the limit per account exact; a soft limit was seen to let seven through where two were allowed.
 */
export async function claimTranscode(
  context: Context,
  lane: 'light' | 'heavy',
  options: ClaimOptions,
): Promise<Claim | null> {
  // Accounts whose next entry turned out to need a place that there is not.
  const refused = new Set<string>();
  for (;;) {
    try {
      const claimed = await context.db.transaction().execute((tx) => tryClaim(context, tx, lane, options, refused));
      if (claimed !== 'stale') return claimed;
    } catch (error) {
      if (!(error instanceof NoPlace)) throw error;
      refused.add(error.accountId);
    }
  }
}

async function tryClaim(
  context: Context,
  tx: Tx,
  lane: 'light' | 'heavy',
  { worker, mayFetch = () => true }: ClaimOptions,
  refused: ReadonlySet<string>,
): Promise<Claim | 'stale' | null> {
  await sql`SELECT pg_advisory_xact_lock(${CLAIM_LOCK})`.execute(tx);
  const mayStart = ({ id, fetches }: Contender) => !refused.has(id) && (!fetches || mayFetch(id));
  for (const passedOver of turns(await contenders(tx, lane), mayStart)) {
    const entry = await context.queue.fetch(tx, lane, [...passedOver, ...refused]);
    if (!entry) continue;
    const claim = await start(context, tx, lane, entry, worker);
    if (claim && needsFetch(claim) && !mayFetch(claim.job.account_id)) throw new NoPlace(claim.job.account_id);
    if (!claim) await context.queue.finish(tx, lane, entry.id);
    return claim ?? 'stale';
  }
  return null;
}

/** Takes the transaction back: an account's next entry need not be that of its oldest job, which was asked about. */
class NoPlace extends Error {
  readonly accountId: string;
  constructor(accountId: string) {
    super('no place for a fetch');
    this.accountId = accountId;
  }
}

/** Whether a job names a source of somebody else's. */
export function needsFetch(claim: Pick<Claim, 'inputs' | 'assets'>): boolean {
  return [...claim.inputs, ...claim.assets].some((source) => source.object_id === null);
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
