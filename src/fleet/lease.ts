import { sql } from 'kysely';
import { inSeconds } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';

/** Seconds that a lease lasts without renewal. After that, another worker can take the lease. */
export const FLEET_LEASE_SECONDS = 15;

export interface LeaseTry {
  /** False while another worker has the lease. */
  isHeld: boolean;
  /** The time of the database. */
  at: Date;
}

/**
 * Takes or renews the lease of fleet-wide work. Uses only the clock of the database. A holder that stalls may continue for a moment after
 * another worker has taken the lease, so the work must be safe to run twice.
 */
export async function holdFleetLease(db: Db, name: 'maintenance', holder: string): Promise<LeaseTry> {
  const { rows } = await sql<LeaseTry>`
    WITH held AS (
      INSERT INTO fleet_leases (name, holder, expires_at) VALUES (${name}, ${holder}, ${inSeconds(FLEET_LEASE_SECONDS)})
      ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
        WHERE fleet_leases.holder = excluded.holder OR fleet_leases.expires_at < now()
      RETURNING holder
    )
    SELECT EXISTS (SELECT FROM held) AS "isHeld", now() AS at`.execute(db);
  return rows[0]!;
}

/** Releases the lease, so that another worker can take it immediately. */
export async function releaseFleetLease(db: Db, name: 'maintenance', holder: string): Promise<void> {
  await db
    .updateTable('fleet_leases')
    .set({ expires_at: sql`now() - interval '1 second'` })
    .where('name', '=', name)
    .where('holder', '=', holder)
    .execute();
}
