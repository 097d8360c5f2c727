import { basename, join } from 'node:path';
import { JobFailure } from '../../contract/failures.ts';
import type { StoredOutput } from '../../jobs/outputs.ts';
import { checkOutput, type OutputInfo, type Plan } from '../../media/index.ts';
import type { CellResult } from '../../sandbox/types.ts';
import { outputKey } from '../../storage/keys.ts';
import type { Run, WorkTools } from '../kind.ts';
import { describeOutput } from '../shared/describe-output.ts';
import { sizeOfPlainFile, storeFile } from '../shared/store-file.ts';
import { outputFacts } from '../shared/summary.ts';

/**
 * Checks and stores the output of a cell. The author of the input may control the cell, so nothing about the output is
 * trusted: it must be a regular file, and it must contain what the plan promised. Checking and storing run
 * concurrently; an output that fails the check is deleted.
 */
export async function storeOutput(
  tools: WorkTools,
  run: Run,
  plan: Plan,
  result: CellResult,
  slot: number,
): Promise<StoredOutput> {
  const { job, attemptId, outputs } = run.claim;
  const planned = plan.outputs[0]!;
  const path = join(result.outputDir, basename(planned.path));
  const size = await sizeOfPlainFile(path);
  const key = outputKey(job.account_id, job.id, attemptId, planned.format);
  const file = { path, size, key, contentType: planned.contentType };
  const [checked, stored] = await Promise.allSettled([
    check(tools, planned, { path, slot, size }, run.signal),
    storeFile(tools, run, file),
  ]);
  if (checked.status === 'rejected') throw checked.reason;
  if (stored.status === 'rejected') throw stored.reason;
  const { objectId, sha256 } = stored.value;
  return {
    outputId: outputs[0]!.id,
    objectId,
    facts: outputFacts(planned.format, checked.value, { sha256, plan: plan.streams }),
  };
}

async function check(
  tools: WorkTools,
  planned: Plan['outputs'][number],
  file: { path: string; slot: number; size: number },
  signal: AbortSignal,
): Promise<OutputInfo> {
  const info = await describeOutput(tools, file, signal).catch((error) => {
    throw error instanceof JobFailure ? new JobFailure('output_invalid', error.message) : error;
  });
  checkOutput(planned.expect, info);
  return info;
}
