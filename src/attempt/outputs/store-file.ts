import { lstat } from 'node:fs/promises';
import { JobFailure } from '../../contract/failures.ts';
import { reserveOutput } from '../../jobs/outputs.ts';
import { type OutagePolicy, StorageError } from '../../storage/types.ts';
import { hashFile } from '../sources/hash-file.ts';
import type { Run, WorkTools } from '../tools.ts';

/**
 * Stores a file that a cell wrote. No client learns its key before the job completes. Throws `JobFailure` with
 * `storage_quota`, and `StorageError`.
 */
export async function storeFile(
  tools: WorkTools,
  run: Run,
  file: { path: string; size: number; key: string; contentType: string },
): Promise<{ objectId: string; sha256: string }> {
  const { path, ...object } = file;
  const sha256 = await hashFile(path);
  const objectId = await reserveOutput(tools.context, run.claim, { ...object, sha256 });
  run.reserved(objectId);
  await putOutput(tools, run, file);
  return { objectId, sha256 };
}

/** Stores the bytes of an output that is reserved. */
export async function putOutput(
  tools: WorkTools,
  run: Run,
  { key, path, size, contentType }: { path: string; size: number; key: string; contentType: string },
): Promise<void> {
  await tools.context.store.putFile(key, path, { contentType, size, outagePolicy: outputOutagePolicy(tools, run) });
}

/** Waits while the storage is unreachable or full, instead of discarding the encode. */
export function outputOutagePolicy(
  { settings, onStorageUnreachable }: WorkTools,
  { signal }: Pick<Run, 'signal'>,
): OutagePolicy {
  return { ms: settings.outputWaitMs, signal, onUnreachable: onStorageUnreachable };
}

/** Returns the size of a file that a cell wrote. Rejects a link, which could point to a file of the host. */
export async function sizeOfPlainFile(path: string): Promise<number> {
  const stat = await lstat(path).catch(() => null);
  if (!stat) throw new JobFailure('output_invalid', 'FFmpeg exited normally but wrote no output.');
  if (!stat.isFile() || stat.nlink !== 1) {
    throw new JobFailure('sandbox_violation', 'The output is not a plain file.');
  }
  if (stat.size === 0) throw new JobFailure('output_invalid', 'FFmpeg exited normally but the output is empty.');
  return stat.size;
}

/** Whether the error reports a full disk of storage (507) or of this machine. */
export function isFullDisk(error: unknown): boolean {
  if (error instanceof StorageError) return error.status === 507;
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}
