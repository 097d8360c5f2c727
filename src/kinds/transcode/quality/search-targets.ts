import { cellLimits } from '../../../attempt/cells/cell-limits.ts';
import {
  chooseCrf,
  chooseSamples,
  closerCrfs,
  figuresName,
  type JobPlan,
  nextCrfs,
  type Plan,
  type PlanWarning,
  type Point,
  type QualityPlan,
  type Sample,
  type Sampled,
  sampleArgs,
  type TargetPlan,
  withCrf,
} from '../../../ffmpeg/index.ts';
import { type TranscodeAttempt, takeAccount } from '../attempt.ts';
import type { PreparedSources } from '../sources/prepared.ts';
import { type ComparingCell, comparisonFault, readFigures, runComparison } from './comparison.ts';

/** Maximum number of rounds in which a sample is encoded. Each round is closer to the target. */
const MOST_ROUNDS = 2;

/** Results of the samples, by the positions of the outputs. */
export type Searched = ReadonlyMap<number, readonly Sampled[]>;

type Search = Pick<ComparingCell, 'command' | 'limits'> & { source: QualityPlan['source']; target: TargetPlan };

/** Searches the CRF of each output that has a target, on samples of the source. Returns the plan with these CRFs. */
export async function searchTargets(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  plan: JobPlan,
): Promise<{ plan: JobPlan; searched: Searched; warnings: PlanWarning[] }> {
  const searched = new Map<number, readonly Sampled[]>();
  const { tools, run, request } = attempt;
  const warnings: PlanWarning[] = [];
  const commands: Plan[] = [];
  for (const command of plan.commands) {
    const crfs = new Map<string, number>();
    for (const output of command.outputs) {
      const { target, source } = ('path' in output && output.quality) || { target: null, source: null };
      if (!target || !source || !('path' in output)) continue;
      const limits = await cellLimits(tools, run, command, request.limits, takeAccount(attempt));
      const samples = await searchTarget(attempt, sources, { command, limits, source, target });
      if (samples.length > 0) crfs.set(output.path, chooseCrf(target.encoder, target, samples));
      else
        warnings.push({
          field: 'target',
          message: 'No sample of the source could be encoded: the search began at the quality high.',
        });
      searched.set(output.position, samples);
    }
    commands.push(crfs.size > 0 ? withCrf(command, crfs) : command);
  }
  return { plan: { ...plan, commands }, searched, warnings };
}

async function searchTarget(attempt: TranscodeAttempt, sources: PreparedSources, search: Search): Promise<Point[][]> {
  const { target, source } = search;
  const samples: Point[][] = [];
  for (const sample of chooseSamples(source)) {
    const points: Point[] = [];
    let crfs: number[] | null = nextCrfs(target.encoder, target, samples);
    for (let round = 0; crfs && round < MOST_ROUNDS; round++) {
      const found: Point[] = await encodeSample(attempt, sources, search, { sample, crfs }).catch((error: unknown) => {
        attempt.tools.logger.info({ reason: comparisonFault(attempt, error) }, 'a sample of a source is not encoded');
        return [];
      });
      points.push(...found);
      crfs = found.length > 0 ? closerCrfs(target.encoder, target, [...samples, points]) : null;
    }
    if (points.length > 0) samples.push(points);
  }
  return samples;
}

/** Encodes a sample with each CRF, and compares the results with the sample. */
async function encodeSample(
  attempt: TranscodeAttempt,
  { slot, files }: PreparedSources,
  { command, limits, source, target }: Search,
  { sample, crfs }: { sample: Sample; crfs: readonly number[] },
): Promise<Point[]> {
  const { metric } = target;
  const names = crfs.map((_, index) => figuresName(metric, index));
  const cell = { command, limits, slot, files, names, share: { from: 0, to: 0 } };
  const args = sampleArgs(source, target, sample, crfs);
  const figures = await runComparison(attempt, { ...cell, args }, (folder) =>
    Promise.all(names.map((name) => readFigures(folder, name, metric))),
  );
  return figures.flatMap((found, index) => (found ? [{ crf: crfs[index]!, quality: found.mean }] : []));
}
