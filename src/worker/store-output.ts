import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { JobFailure } from '../contract/failures.ts';
import { dropReserved } from '../domain/objects.ts';
import { reserveOutput } from '../domain/transcodes/finish.ts';
import type { Claim, OutputFacts } from '../domain/transcodes/row.ts';
import { checkOutput, type MediaInfo, type Plan } from '../media/index.ts';
import type { CellResult } from '../sandbox/types.ts';
import { outputKey } from '../storage/keys.ts';
import { StorageError } from '../storage/types.ts';
import type { WorkerDeps } from './deps.ts';
import { hashFile } from './hash-file.ts';
import { probeFile } from './probe.ts';
import { outputFacts } from './summary.ts';

export interface StoredOutput {
  objectId: string;
  key: string;
  facts: OutputFacts;
}

/**
 * Checks what a cell left and stores it. The cell belonged to whoever made the input, so nothing about the output
 * is believed: it must be a plain file of its own (a link would make us read a file of the host), and a probe must
 * find what the plan promised. The probe takes longer than storing a small file, so the bytes are stored meanwhile,
 * under a key that nobody is told before the job has ended well; what fails the check is deleted again.
 */
export async function storeOutput(
  deps: WorkerDeps,
  claim: Claim,
  plan: Plan,
  result: CellResult,
  slot: number,
  signal: AbortSignal,
): Promise<StoredOutput> {
  const planned = plan.outputs[0]!;
  const path = join(result.outputDir, basename(planned.path));
  const size = await sizeOfPlainFile(path);
  const key = outputKey(claim.job.account_id, claim.job.id, claim.attemptId, planned.format);
  let objectId: string | null = null;
  const keep = async () => {
    const sha256 = await hashFile(path);
    objectId = await reserveOutput(deps.context, claim, { key, contentType: planned.contentType, size, sha256 });
    // An encode is not thrown away because the storage is away or full for a while.
    const patience = { ms: deps.settings.outputHoldMs, signal, onAway: deps.storage.found };
    await deps.context.store.putFile(key, path, { contentType: planned.contentType, size, patience });
    return { objectId, sha256 };
  };
  const [checked, kept] = await Promise.allSettled([check(deps, planned, { path, slot }, signal), keep()]);
  if (checked.status === 'fulfilled' && kept.status === 'fulfilled') {
    const { objectId, sha256 } = kept.value;
    return { objectId, key, facts: outputFacts(planned.format, checked.value, sha256) };
  }
  // What cannot be deleted now is left to the sweeper.
  if (objectId) await dropReserved(deps.context, objectId).catch(() => {});
  throw checked.status === 'rejected' ? checked.reason : (kept as PromiseRejectedResult).reason;
}

/** Whether something could not be stored for want of space: on the storage's disk (507) or on ours. */
export function isFullDisk(error: unknown): boolean {
  if (error instanceof StorageError) return error.status === 507;
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

async function check(
  deps: WorkerDeps,
  planned: Plan['outputs'][number],
  file: { path: string; slot: number },
  signal: AbortSignal,
): Promise<MediaInfo> {
  const { info } = await probeFile(deps.sandbox, { ...file, subject: 'The output', check: false }, signal).catch(
    (error) => {
      throw error instanceof JobFailure ? new JobFailure('output_invalid', error.message) : error;
    },
  );
  checkOutput(planned.expect, info);
  return info;
}

/** Bytes of a file that is one, and no link to another. */
export async function sizeOfPlainFile(path: string): Promise<number> {
  const stat = await lstat(path).catch(() => null);
  if (!stat) throw new JobFailure('output_invalid', 'FFmpeg ended well but wrote no output.');
  if (!stat.isFile() || stat.nlink !== 1) {
    throw new JobFailure('sandbox_violation', 'The output is no plain file.');
  }
  if (stat.size === 0) throw new JobFailure('output_invalid', 'FFmpeg ended well but the output is empty.');
  return stat.size;
}
