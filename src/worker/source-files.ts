import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type FailureCode, JobFailure } from '../contract/failures.ts';
import { getObject } from '../domain/objects.ts';
import type { TranscodeInput } from '../domain/transcodes/row.ts';
import { FetchError } from '../fetcher/index.ts';
import type { WorkerDeps } from './deps.ts';

/** Files of one piece of work; removed with it. */
export interface WorkFolder {
  path: string;
  remove(): Promise<void>;
}

export async function makeWorkFolder(workDir: string, id: string): Promise<WorkFolder> {
  const path = join(workDir, id);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * The host path of an input's bytes. What lies in the storage of this machine is used where it is, never copied;
 * everything else is brought into the work folder. Throws `JobFailure`, or `StorageError` when the store is away.
 */
export async function bringInput(
  deps: WorkerDeps,
  input: Pick<TranscodeInput, 'position' | 'object_id' | 'source_sealed'>,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const target = join(folder, `input-${input.position}`);
  if (input.object_id) {
    const object = await getObject(deps.context.db, input.object_id);
    if (object?.state !== 'live')
      throw new JobFailure('input_deleted', `Input ${input.position + 1} has been deleted.`);
    return bringObject(deps, object.key, target, signal);
  }
  if (!input.source_sealed) throw new JobFailure('input_deleted', `Input ${input.position + 1} is no longer known.`);
  try {
    await deps.fetcher.download(deps.context.vault.open(input.source_sealed), target, { signal });
    return target;
  } catch (error) {
    if (error instanceof FetchError && error.code !== 'canceled') {
      throw new JobFailure(error.code as FailureCode, `Input ${input.position + 1}: ${error.message}`, {
        cause: error,
        retry: error.retry,
      });
    }
    throw error;
  }
}

/** As above, for a key of our own. */
export async function bringObject(
  deps: WorkerDeps,
  key: string,
  target: string,
  signal?: AbortSignal,
): Promise<string> {
  const local = await deps.context.store.localPath(key);
  if (local) return local;
  const body = await deps.context.store.get(key);
  if (!body) throw new JobFailure('input_deleted', 'The input has been deleted.');
  await pipeline(body, createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal });
  return target;
}
