import { lstatSync, type Stats } from 'node:fs';
import { JobFailure } from '../../contract/failures.ts';
import { reserveOutput } from '../../jobs/outputs.ts';
import { type OutagePolicy, StorageError } from '../../storage/types.ts';
import { hashFile } from '../sources/hash-file.ts';
import type { Run, WorkTools } from '../tools.ts';
import { syncFile } from './take-file.ts';

/** A file on this machine that will be stored as an object. */
export interface FileToStore {
  path: string;
  size: number;
  key: string;
  contentType: string;
  /**
   * For a file that `takeFile` returned: resolves when no other code reads the file, and rejects if the file must not be stored.
   * Afterwards, the file may no longer exist, because storage can take over the file itself.
   */
  taken?: Promise<unknown>;
  /** SHA-256 of the bytes, if it is known. */
  sha256?: string;
}

/**
 * Stores a file that a cell wrote. No client learns its key before the job completes. Throws `JobFailure` with `storage_quota` if the quota
 * is exceeded, or `StorageError` if storage fails.
 */
export async function storeFile(
  tools: WorkTools,
  run: Run,
  file: FileToStore,
): Promise<{ objectId: string; sha256: string }> {
  const { path, taken, ...object } = file;
  // Storage makes the file durable before it publishes the file. Flushing the file now, while it is hashed, leaves little to flush later.
  const [sha256] = await Promise.all([file.sha256 ?? hashFile(path), taken && syncFile(path)]);
  await taken;
  const objectId = await reserveOutput(tools.context, run.claim, { ...object, sha256 });
  run.reserved(objectId);
  await putOutput(tools, run, file);
  return { objectId, sha256 };
}

/** Stores the bytes of a reserved output. */
export async function putOutput(
  tools: WorkTools,
  run: Run,
  { key, path, size, contentType, taken }: FileToStore,
): Promise<void> {
  const { store } = tools.context;
  const options = { contentType, size, outagePolicy: outputOutagePolicy(tools, run) };
  const { handOver } = await store.capabilities();
  if (taken && (await handOver?.(key, path, options))) return;
  await store.putFile(key, path, options);
}

/** Returns a policy that waits while storage is unreachable or full, instead of discarding the encode. */
export function outputOutagePolicy(
  { settings, onStorageUnreachable }: WorkTools,
  { signal }: Pick<Run, 'signal'>,
): OutagePolicy {
  return { ms: settings.outputWaitMs, signal, onUnreachable: onStorageUnreachable };
}

/**
 * Returns the size of a file that a cell wrote. Throws `JobFailure` if the file is missing, empty, or a link, which could point to a file
 * of the host.
 */
export async function sizeOfPlainFile(path: string): Promise<number> {
  const stat = statOrNull(path);
  if (!stat) throw new JobFailure('output_invalid', 'FFmpeg exited normally but wrote no output.');
  if (!stat.isFile() || stat.nlink !== 1) {
    throw new JobFailure('sandbox_violation', 'The output is not a plain file.');
  }
  if (stat.size === 0) throw new JobFailure('output_invalid', 'FFmpeg exited normally but the output is empty.');
  return stat.size;
}

/** Returns the status of the path, or null for every error, because the cell controls the contents of the path. */
function statOrNull(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

/** Whether the error reports that the disk of storage (507) or of this machine is full. */
export function isFullDisk(error: unknown): boolean {
  if (error instanceof StorageError) return error.status === 507;
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}
