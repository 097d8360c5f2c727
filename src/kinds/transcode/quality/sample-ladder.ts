import { join } from 'node:path';
import { cellLimits } from '../../../attempt/cells/cell-limits.ts';
import { sizeOfPlainFile } from '../../../attempt/outputs/store-file.ts';
import {
  type JobPlan,
  type Plan,
  type RungRate,
  type RungSampling,
  rungRates,
  rungSampleArgs,
  rungSampleName,
  rungSampleTimes,
} from '../../../ffmpeg/index.ts';
import { type TranscodeAttempt, takeAccount } from '../attempt.ts';
import type { PreparedSources } from '../sources/prepared.ts';
import { comparisonFault, runComparison } from './comparison.ts';

/**
 * Encodes samples of the source for the rungs that a ladder may have. Returns null if no ladder of the plan is sampled, or if no sample
 * could be encoded.
 */
export async function sampleLadder(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  { commands }: JobPlan,
): Promise<readonly RungRate[] | null> {
  for (const command of commands) {
    for (const output of command.outputs) {
      const sampling = 'tree' in output ? output.sampling : undefined;
      // All ladders of a job have the same source, so samples for one ladder apply to all ladders.
      if (sampling) return sampleRungs(attempt, sources, { command, sampling });
    }
  }
  return null;
}

async function sampleRungs(
  attempt: TranscodeAttempt,
  { slot, files }: PreparedSources,
  { command, sampling }: { command: Plan; sampling: RungSampling },
): Promise<readonly RungRate[] | null> {
  const { tools, run, request } = attempt;
  const limits = await cellLimits(tools, run, command, request.limits, takeAccount(attempt));
  const names = sampling.rungs.map(({ height }) => rungSampleName(height));
  const samples: ReadonlyMap<number, number>[] = [];
  for (const time of rungSampleTimes(sampling)) {
    const cell = { command, limits, slot, files, names, share: { from: 0, to: 0 } };
    const args = rungSampleArgs(sampling, time);
    const readSizes = (folder: string) => Promise.all(names.map((name) => sizeOfPlainFile(join(folder, name))));
    const sizes = await runComparison(attempt, { ...cell, args }, readSizes).catch((error: unknown) => {
      tools.logger.info({ reason: comparisonFault(attempt, error) }, 'a sample of a ladder is not encoded');
      return null;
    });
    if (sizes) samples.push(new Map(sampling.rungs.map(({ height }, index) => [height, sizes[index]!])));
  }
  return samples.length > 0 ? rungRates(samples) : null;
}
