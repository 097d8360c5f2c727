import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';
import { aliveWorkers } from '../fleet/workers.ts';

/** The slots of a worker, and those of them that take heavy jobs. */
export interface OwnSlots {
  all: number;
  heavy: number;
}

/**
 * Slots of the fleet for heavy jobs, and how many of them are idle; none while a heavy job waits. A worker with as many
 * slots as this one is taken to have as many for heavy jobs, any other to have one.
 */
export async function heavySlots(db: Db, own: OwnSlots): Promise<{ all: number; idle: number }> {
  const workers = await aliveWorkers(db);
  const all = workers
    .filter(({ draining }) => !draining)
    .reduce((sum, { slots }) => sum + (slots === own.all ? own.heavy : 1), 0);
  const { rows } = await sql<{ running: number; waits: boolean }>`
    SELECT (SELECT count(*)::int FROM jobs WHERE status = 'processing' AND resource_class = 'heavy') AS running,
      EXISTS (SELECT FROM account_schedule WHERE next_heavy <= now()) AS waits`.execute(db);
  const { running, waits } = rows[0]!;
  return { all, idle: waits ? 0 : Math.max(0, all - running) };
}

/** How many more jobs an account may run now. */
export async function roomOf(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('accounts')
    .leftJoin('account_schedule', 'account_schedule.account_id', 'accounts.id')
    .select(sql<number>`accounts.max_concurrent - coalesce(account_schedule.running, 0)`.as('room'))
    .where('accounts.id', '=', accountId)
    .executeTakeFirst();
  return Math.max(0, row?.room ?? 0);
}
