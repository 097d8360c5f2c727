import type { Db } from '../database/pool.ts';
import type { Claim, JobSource } from './rows.ts';

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
