import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Claim, JobSource } from '../../jobs/rows.ts';
import { knownHash, recordHash } from '../../jobs/source-hashes.ts';
import type { WorkTools } from '../kind.ts';
import { hashFile } from '../shared/hash-file.ts';

/** A source that lies on this machine now. */
export interface StagedSource {
  row: JobSource;
  /** Path on the host, of the bytes as they came. */
  file: string;
  /** FFmpeg reads a remuxed container instead: once hashed, nothing needs these bytes. */
  isSpare: boolean;
}

/**
 * Hashes the sources of a job beside its FFmpeg, which reads the same pages of the file: for the manifest and the
 * receipt. An upload that an earlier job has hashed is not read again; once sealed its bytes cannot change. A hash that
 * cannot be had stays unknown, since it is no reason to fail a job. What is spare then, and a copy in the job's own folder,
 * is removed, so that no input takes its room twice for longer than that.
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
      const known = row.object_id ? await knownHash(tools.context.db, row.object_id) : null;
      const sha256 = known ?? (await hashFile(file, signal));
      await recordHash(tools.context.db, claim, row, { sha256, size: (await stat(file)).size });
    } catch (error) {
      if (!signal.aborted) tools.logger.warn({ err: error, job: claim.job.id }, 'a source could not be hashed');
    }
    // What lies in the storage of this machine is used where it is, and is not ours to remove.
    if (isSpare && dirname(file) === folder) await rm(file, { force: true });
  }
}
