import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type FailureCode, JobFailure } from '../../contract/failures.ts';
import { openColumn, type RowOf } from '../../database/sealed-columns.ts';
import { FetchError, type SourceResponse } from '../../fetcher/index.ts';
import type { ClaimedSource } from '../../jobs/rows.ts';
import { removeTree } from '../../sandbox/cell/remove-tree.ts';
import type { DiskReservation } from '../resources/disk-reservation.ts';
import type { WorkTools } from '../tools.ts';
import { remoteAddress } from './remote-address.ts';

/** A folder for the files of one attempt. */
export interface WorkFolder {
  path: string;
  remove(): Promise<void>;
}

export async function makeWorkFolder(workDir: string, id: string): Promise<WorkFolder> {
  const path = join(workDir, id);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return { path, remove: () => removeWorkFolder(workDir, id) };
}

/** Removes the work folder of an attempt, if it exists. */
export function removeWorkFolder(workDir: string, id: string): Promise<void> {
  return removeTree(join(workDir, id));
}

export interface StageOptions {
  folder: string;
  subject: string;
  signal: AbortSignal;
  disk: DiskReservation;
  maxBytes?: number;
  /**
   * The response of a server without ranges, which is read instead of sending another request. Applies only to a source that is fetched.
   */
  complete?: SourceResponse | undefined;
  /** Follows a fetch while it runs. */
  arrival?: {
    /** Called with the declared size, or with null if no size is declared. */
    onResponse(length: number | null): void;
    /** Called after each write to the file, with the number of bytes written. */
    onBytes(bytes: number): void;
  };
}

type StagedColumns = Pick<
  ClaimedSource,
  'position' | 'object_id' | 'source_sealed' | 'object_key' | 'object_state' | 'object_size'
>;

/** Returns the host path of a source that is fetched or copied. */
export function sourcePath(folder: string, position: number): string {
  return join(folder, `source-${position}`);
}

/**
 * Stages an input or asset and returns its host path. Files in storage on this machine are used without a copy. All other files are copied
 * or fetched into the work folder. `subject` names the source in errors, e.g. `Input 1`. Throws `JobFailure`, or `StorageError` if storage
 * is unreachable.
 */
export async function stageSource(
  tools: WorkTools,
  source: RowOf<'job_sources'> & StagedColumns,
  options: StageOptions,
): Promise<string> {
  const { folder, subject, signal, disk, maxBytes, complete, arrival } = options;
  const target = sourcePath(folder, source.position);
  if (source.object_id) {
    const size = source.object_size ?? 0;
    // If the object has been marked for deletion, its bytes may no longer exist.
    if (source.object_state !== 'live' || source.object_key === null) {
      throw new JobFailure('input_deleted', `${subject} has been deleted.`);
    }
    if (maxBytes !== undefined && size > maxBytes) {
      throw new JobFailure('source_too_large', `${subject} is larger than the limit of ${maxBytes} bytes.`);
    }
    return stageObject(tools, source.object_key, target, { signal, before: () => disk.reserve(size) });
  }
  const url = openColumn(tools.context.vault, 'job_sources', 'source_sealed', source);
  if (url === null) throw new JobFailure('input_deleted', `${subject} is no longer known.`);
  const address = await remoteAddress(tools, { accountId: String(source.account_id), subject }, url);
  try {
    const options = {
      signal,
      onBytes(bytes: number) {
        arrival?.onBytes(bytes);
        return disk.recordWrite(bytes);
      },
      ...(arrival && { onResponse: ({ length }: { length: number | null }) => arrival.onResponse(length) }),
      ...(maxBytes !== undefined && { maxBytes }),
      ...(complete && { complete }),
    };
    await tools.measure('fetch', () => tools.fetcher.download(address, target, options));
    return target;
  } catch (error) {
    if (error instanceof FetchError && error.code !== 'canceled') {
      throw new JobFailure(error.code as FailureCode, `${subject}: ${error.message}`, {
        cause: error,
        retry: error.retry,
      });
    }
    throw error;
  }
}

/** Stages the object with a storage key, like `stageSource`. `before` runs before bytes are copied to this machine. */
export async function stageObject(
  tools: WorkTools,
  key: string,
  target: string,
  { signal, before }: { signal?: AbortSignal; before?: () => Promise<void> } = {},
): Promise<string> {
  const { localPath } = await tools.context.store.capabilities();
  const local = await localPath?.(key);
  if (local) return local;
  await before?.();
  await tools.measure('fetch', async () => {
    const body = await tools.context.store.get(key);
    if (!body) throw new JobFailure('input_deleted', 'The input has been deleted.');
    await pipeline(body, createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal });
  });
  return target;
}
