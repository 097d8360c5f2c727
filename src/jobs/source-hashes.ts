import { compileOnce } from '../database/compile-once.ts';
import type { Db } from '../database/pool.ts';
import type { Claim, JobSource } from './rows.ts';

/** Records the hexadecimal SHA-256 and the size of a source, for the job's manifest and the receipt of its deletion. */
export async function recordHash(
  db: Db,
  claim: Pick<Claim, 'job'>,
  source: Pick<JobSource, 'position' | 'object_id'>,
  found: { sha256: string; size: number },
): Promise<void> {
  const { object_id: objectId, position } = source;
  await updateHashes(db, { ...found, objectId, jobId: claim.job.id, position });
}

interface FoundHash extends Record<'sha256' | 'jobId', string> {
  size: number;
  objectId: string | null;
  position: number;
}

const updateHashes = compileOnce((db, { sha256, size, objectId, jobId, position }: FoundHash) =>
  db
    .with('object', (query) =>
      query.updateTable('objects').set({ sha256 }).where('id', '=', objectId).where('sha256', 'is', null),
    )
    .updateTable('job_sources')
    .set({ sha256, size })
    .where('job_id', '=', jobId)
    .where('position', '=', position),
);
