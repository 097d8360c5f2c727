import { once } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hashFile } from '../../attempt/sources/hash-file.ts';
import { recordHash } from '../../jobs/source-hashes.ts';
import type { TranscodeAttempt } from './attempt.ts';
import type { OriginalFile, PreparedSources } from './sources/prepared.ts';

/** Hashes the original files while FFmpeg reads them. `stop` stops hashing, and resolves when no file is being read. */
export function startHashing(
  attempt: TranscodeAttempt,
  { originals }: Pick<PreparedSources, 'originals'>,
): { done: Promise<void>; stop: () => Promise<void> } {
  if (!originals) return { done: Promise.resolve(), stop: async () => {} };
  const stopping = new AbortController();
  const signal = AbortSignal.any([attempt.run.signal, stopping.signal]);
  const done = Promise.race([originals.ready, once(stopping.signal, 'abort')]).then(
    () => hashSources(attempt, originals.files, signal),
    () => {},
  );
  return {
    done,
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

/**
 * Hashes the sources of a job for the manifest and the receipt, while FFmpeg reads the same pages of the files. Reuses the hash of an
 * upload, because a sealed upload cannot change. If hashing fails, the hash stays unknown and the job continues. Afterwards, deletes spare
 * copies in the work folder, so that an input does not use its space twice for longer than necessary.
 */
async function hashSources(
  { tools, run, confirmed }: TranscodeAttempt,
  sources: readonly OriginalFile[],
  signal: AbortSignal,
): Promise<void> {
  const { claim, folder } = run;
  for (const { row, file, isSpare } of sources) {
    if (signal.aborted) return;
    try {
      const sha256 = row.object_sha256 ?? (await hashFile(file, signal));
      // The confirm of an upload changes the same rows in another order, so the two statements could deadlock.
      await confirmed;
      await recordHash(tools.context.db, claim, row, { sha256, size: (await stat(file)).size });
    } catch (error) {
      if (!signal.aborted) tools.logger.warn({ err: error, job: claim.job.id }, 'a source could not be hashed');
    }
    // A file in the storage of this machine is used without a copy and must not be deleted.
    if (isSpare && dirname(file) === folder) await rm(file, { force: true });
  }
}
