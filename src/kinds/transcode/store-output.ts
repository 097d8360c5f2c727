import { basename, join } from 'node:path';
import { outputFacts } from '../../attempt/media/summary.ts';
import { describeOutput } from '../../attempt/outputs/describe-output.ts';
import { putOutput, sizeOfPlainFile, storeFile } from '../../attempt/outputs/store-file.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import { checkOutput, type OutputInfo, type Plan, type PlannedOutput } from '../../ffmpeg/index.ts';
import type { StoredOutput } from '../../jobs/outputs.ts';
import type { CellResult } from '../../sandbox/types.ts';
import { outputKey } from '../../storage/keys.ts';
import { joinPieces, sizeOf } from './outgoing/byte-ranges.ts';
import type { EarlyOutput } from './outgoing/early-output.ts';

/**
 * Checks and stores the output of a cell. The author of the input may control the cell, so nothing about the output is
 * trusted: it must be a regular file, and it must contain what the plan promised. Checking and storing run
 * concurrently; an output that fails the check is deleted, and its parts never become an object.
 */
export async function storeOutput(
  tools: WorkTools,
  run: Run,
  made: { plan: Pick<Plan, 'outputs'>; result: CellResult; slot: number; leaving: EarlyOutput | null },
): Promise<StoredOutput> {
  const { plan, result, slot, leaving } = made;
  const planned = plan.outputs[0]!;
  const path = join(result.outputDir, basename(planned.path));
  const size = await sizeOfPlainFile(path);
  const file = { path, size, ...objectOf(run, planned) };
  const [checked, stored] = await Promise.allSettled([
    tools.measure('check', () => check(tools, planned, { path, slot, size }, run.signal)),
    tools.measure('store', () => (leaving ? storeEarly(tools, run, leaving, file) : storeFile(tools, run, file))),
  ]);
  if (checked.status === 'rejected') throw checked.reason;
  if (stored.status === 'rejected') throw stored.reason;
  const { objectId, sha256, publish }: Stored = stored.value;
  await publish?.();
  return {
    outputId: run.claim.outputs[0]!.id,
    objectId,
    facts: outputFacts(planned.format, checked.value, { sha256, plan: planned.streams }),
  };
}

interface Stored {
  objectId: string;
  sha256: string;
  /** Makes the object appear; absent if it is there. */
  publish?: () => Promise<void>;
}

/** Stores what has not been uploaded yet of an output, or all of it where that was nothing. */
async function storeEarly(
  tools: WorkTools,
  run: Run,
  { arrange, upload }: EarlyOutput,
  file: Parameters<typeof storeFile>[2],
): Promise<Stored> {
  const { pieces, shift } = await arrange(file.path, file.size);
  const joined = async () => {
    if (pieces.length === 1) return file.path;
    const target = join(run.folder, 'output');
    await run.hold.reserve(sizeOf(pieces));
    await joinPieces(pieces, target);
    return target;
  };
  const sent = await upload.send(pieces, shift);
  if (!sent) return storeFile(tools, run, { ...file, path: await joined() });
  const publish = async () => {
    if (await sent.publish()) return;
    tools.logger.warn({}, 'the storage does not combine the parts of an output: it is stored as a whole');
    await putOutput(tools, run, { ...file, path: await joined() });
  };
  return { ...sent, publish };
}

function objectOf({ claim: { job, attemptId } }: Run, { format, contentType }: PlannedOutput) {
  return { key: outputKey(job.account_id, job.id, attemptId, format), contentType };
}

async function check(
  tools: WorkTools,
  planned: PlannedOutput,
  file: { path: string; slot: number; size: number },
  signal: AbortSignal,
): Promise<OutputInfo> {
  const info = await describeOutput(tools, file, signal).catch((error) => {
    throw error instanceof JobFailure ? new JobFailure('output_invalid', error.message) : error;
  });
  checkOutput(planned.expect, info);
  return info;
}
