import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';
import type { ResourceClass } from '../database/tables.ts';
import { aliveWorkers } from '../fleet/workers.ts';
import { slotsInHeavyShare } from './heavy-share.ts';

/** Number of slots of a worker, and number of its slots for heavy jobs. */
export interface OwnSlots {
  all: number;
  heavy: number;
}

/** Slots of the fleet for heavy jobs. */
export interface HeavySlots {
  all: number;
  /** Number of slots without a heavy job. 0 while a heavy job waits. */
  idle: number;
  /** Number of machines with these slots. Containers of one machine share its boot id. */
  machines: number;
}

/**
 * Counts the slots of the fleet for heavy jobs. A worker of the previous release does not report its heavy slots. If it has as many slots
 * as this worker, it counts with as many heavy slots as this worker, otherwise with one.
 */
export async function heavySlots(db: Db, own: OwnSlots): Promise<HeavySlots> {
  const workers = (await aliveWorkers(db)).filter(({ draining }) => !draining);
  const all = workers.reduce(
    (sum, { slots, heavy_slots }) => sum + (heavy_slots ?? (slots === own.all ? own.heavy : 1)),
    0,
  );
  const { rows } = await sql<{ running: number; waits: boolean }>`
    SELECT (SELECT count(*)::int FROM jobs WHERE status = 'processing' AND resource_class = 'heavy') AS running,
      EXISTS (SELECT FROM account_schedule WHERE next_heavy <= now()) AS waits`.execute(db);
  const { running, waits } = rows[0]!;
  const machines = new Set(workers.map(({ boot }) => boot)).size;
  return { all, idle: waits ? 0 : Math.max(0, all - running), machines };
}

/** Whether a job of one of these classes is due and waits for a slot. */
export async function areSlotsNeeded(db: Db, classes: readonly ResourceClass[]): Promise<boolean> {
  for (const resourceClass of classes) {
    const next = sql.ref(`next_${resourceClass}`);
    const { rows } = await sql<{ waits: boolean }>`
      SELECT EXISTS (SELECT FROM account_schedule WHERE ${next} <= now()) AS waits`.execute(db);
    if (rows[0]!.waits) return true;
  }
  return false;
}

/** Returns how many more heavy jobs an account may run now. */
export async function freeSlotsOf(db: Db, accountId: string): Promise<number> {
  const { rows } = await sql<{ free: number }>`
    SELECT least(accounts.max_concurrent - coalesce(schedule.running, 0), ${slotsInHeavyShare()}) AS free
    FROM accounts LEFT JOIN account_schedule AS schedule ON schedule.account_id = accounts.id
    WHERE accounts.id = ${accountId}`.execute(db);
  return Math.max(0, Number(rows[0]?.free ?? 0));
}
