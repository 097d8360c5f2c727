import type { Db } from '../database/pool.ts';
import type { Claim, JobSource } from './rows.ts';

/** The hexadecimal SHA-256 that an earlier read of the same object recorded; null if none did. */
export async function knownHash(db: Db, objectId: string): Promise<string | null> {
  const row = await db.selectFrom('objects').select('sha256').where('id', '=', objectId).executeTakeFirst();
  return row?.sha256 ?? null;
}

/** Records the hexadecimal SHA-256 and the size of a source, for the job's manifest and the receipt of its deletion. */
export async function recordHash(
  db: Db,
  claim: Pick<Claim, 'job'>,
  source: Pick<JobSource, 'position' | 'object_id'>,
  found: { sha256: string; size: number },
): Promise<void> {
  await db
    .with('object', (query) =>
      query
        .updateTable('objects')
        .set({ sha256: found.sha256 })
        .where('id', '=', source.object_id)
        .where('sha256', 'is', null),
    )
    .updateTable('job_sources')
    .set(found)
    .where('job_id', '=', claim.job.id)
    .where('position', '=', source.position)
    .execute();
}
