import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hashFile } from '../../attempt/sources/hash-file.ts';
import type { WorkTools } from '../../attempt/tools.ts';
import type { Claim, ClaimedSource } from '../../jobs/rows.ts';
import { recordHash } from '../../jobs/source-hashes.ts';

/** A source that is staged on this machine. */
export interface StagedSource {
  row: ClaimedSource;
  /** Host path of the original bytes. */
  file: string;
  /** Whether FFmpeg reads a remuxed container instead, so that these bytes can be deleted once they are hashed. */
  isSpare: boolean;
}

/**
 * Hashes the sources of a job for the manifest and the receipt, while FFmpeg reads the same pages of the files. The
 * hash of an upload is reused, since a sealed upload cannot change. If hashing fails, the hash stays unknown and the
 * job continues. Deletes spare copies in the work folder afterwards, so that an input does not take its space twice for
 * longer.
 */
export async function hashSources(
  tools: WorkTools,
  claim: Claim,
  sources: readonly StagedSource[],
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<void> {
  for (const { row, file, isSpare } of sources) {
    if (signal.aborted) return;
    try {
      const sha256 = row.object_sha256 ?? (await hashFile(file, signal));
      await recordHash(tools.context.db, claim, row, { sha256, size: (await stat(file)).size });
    } catch (error) {
      if (!signal.aborted) tools.logger.warn({ err: error, job: claim.job.id }, 'a source could not be hashed');
    }
    // A file in the storage of this machine is used in place and must not be deleted.
    if (isSpare && dirname(file) === folder) await rm(file, { force: true });
  }
}
