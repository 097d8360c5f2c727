import type { QualityFigures } from '../../../contract/quality.ts';
import type { Plan, PlannedFile, PlanWarning, TargetPlan } from '../../types.ts';
import { betterCrf, type Sampled } from './search-crf.ts';
import { crfOf, withCrf } from './with-crf.ts';

/** A finished file, compared with its source. */
export interface MeasuredFile {
  /** Bytes of the file, including its audio. */
  size: number;
  /** Scores of each metric, with the metric of the target first. */
  figures: readonly QualityFigures[];
}

/** Results of the compared outputs of a command, by the position of the output. */
type Figures = ReadonlyMap<number, MeasuredFile>;

/** Share of the maximum bit rate from which a file does not improve with a lower CRF. */
const FULL_SHARE = 0.85;

interface Missed {
  output: PlannedFile;
  target: TargetPlan;
  mean: number;
  size: number;
}

/** Returns the command with better CRFs for the outputs that missed their targets. Null if no CRF would help. */
export function correctTargets(
  command: Plan,
  figures: Figures,
  searched: ReadonlyMap<number, readonly Sampled[]>,
): Plan | null {
  const crfs = new Map<string, number>();
  for (const { output, target, mean, size } of missedTargets(command, figures)) {
    if (isFull(command, target, size)) continue;
    const missed = { crf: crfOf(command, output.path), quality: mean };
    const crf = betterCrf(target.encoder, target, missed, searched.get(output.position) ?? []);
    if (crf !== null) crfs.set(output.path, crf);
  }
  return crfs.size > 0 ? withCrf(command, crfs) : null;
}

function isFull({ durationSeconds }: Plan, { maxBitRate }: TargetPlan, size: number): boolean {
  if (maxBitRate === null || durationSeconds === null) return false;
  return (size * 8) / durationSeconds >= FULL_SHARE * maxBitRate;
}

/** Returns a warning for each target that was not reached. */
export function warnOfMissed(command: Plan, figures: Figures): PlanWarning[] {
  return missedTargets(command, figures).map(({ output, target: { metric, atLeast, maxBitRate }, mean }) => {
    const bound = maxBitRate === null ? '' : ` below max_bitrate (${maxBitRate} bits per second)`;
    const message = `The output did not reach ${metric} ${atLeast}${bound}: its mean is ${mean}.`;
    return { field: `outputs[${output.position}].target`, message };
  });
}

function missedTargets({ outputs }: Plan, figures: Figures): Missed[] {
  return outputs.flatMap((output) => {
    const target = 'path' in output ? output.quality?.target : null;
    const { size = 0, figures: found } = figures.get(output.position) ?? {};
    const mean = found?.[0]?.mean;
    if (!('path' in output) || !target || mean === undefined || mean >= target.atLeast) return [];
    return [{ output, target, mean, size }];
  });
}
