import { factsOf } from '../../../attempt/cells/cell-failure.ts';
import type { CappedLimits } from '../../../attempt/cells/cell-limits.ts';
import type { CommandResult } from '../../../attempt/cells/run-command.ts';
import { DiskFull } from '../../../attempt/resources/disk-reservation.ts';
import { JobFailure } from '../../../contract/failures.ts';
import { comparedFile, correctTargets, type Plan, type PlanWarning, warnOfMissed } from '../../../ffmpeg/index.ts';
import type { AttemptFacts } from '../../../jobs/attempts.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import type { PreparedSources } from '../sources/prepared.ts';
import { comparisonFault } from './comparison.ts';
import { type Figures, measureOutputs } from './measure-outputs.ts';
import type { Searched } from './search-targets.ts';

/** Shares of the progress of a command: its encode, and the comparison. The rest is for a second encode with its comparison. */
const [ENCODE_SHARE, COMPARE_SHARE] = [0.7, 0.15];
/** Maximum share of the time of a command that its first encode may take, so that a second encode is affordable. */
const AFFORDABLE_SHARE = 0.5;

interface Share {
  from: number;
  to: number;
}

export interface MeasuredStep {
  command: Plan;
  limits: CappedLimits;
  share: Share;
  searched: Searched;
  encode(command: Plan, share: Share): Promise<CommandResult>;
}

/** The result of a command that encoded outputs. The caller releases it. */
export interface Encoded {
  /** The command as it last ran. */
  command: Plan;
  result: CommandResult;
  figures: Figures;
  warnings: PlanWarning[];
  facts: AttemptFacts[];
}

/**
 * Runs an encode, and compares the outputs with their source if the request asks for this. Encodes a second time if an output misses its
 * target, a better CRF is possible, and enough time is left. If the second encode fails, returns the result of the first encode.
 */
export async function encodeMeasured(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  step: MeasuredStep,
): Promise<Encoded> {
  const { command, share } = step;
  if (!command.outputs.some((output) => comparedFile(output) !== null))
    return encodeOnce(attempt, sources, step, { command, share, compared: share });
  const first = await encodeOnce(attempt, sources, step, {
    command,
    share: partOf(share, 0, ENCODE_SHARE),
    compared: partOf(share, ENCODE_SHARE, ENCODE_SHARE + COMPARE_SHARE),
  });
  const isAffordable = first.result.wallMs <= step.limits.budget.wallMs * AFFORDABLE_SHARE;
  const better = isAffordable ? correctTargets(command, first.figures, step.searched) : null;
  if (!better) return withMissed(first);
  try {
    const second = await encodeBetter(attempt, sources, { ...step, command: better }, first);
    return withMissed({ ...second, facts: [...first.facts, ...second.facts] });
  } catch (error) {
    return keepFirst(attempt, first, error);
  }
}

/**
 * Encodes the outputs with better CRFs, while the files of the first encode stay. Releases the first result if all files are good. Throws
 * otherwise.
 */
async function encodeBetter(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  step: MeasuredStep,
  first: Encoded,
): Promise<Encoded> {
  const rest = partOf(step.share, ENCODE_SHARE + COMPARE_SHARE, 1);
  // The files of the first encode use disk space, so the second encode may have less.
  const outputBytes = Math.min(step.limits.budget.outputBytes, await attempt.run.disk.cellBytes());
  const limits = { ...step.limits, budget: { ...step.limits.budget, outputBytes } };
  const encoding = { command: step.command, share: rest, compared: rest };
  const second = await encodeOnce(attempt, sources, { ...step, limits }, encoding);
  const unmeasured = [...first.figures.keys()].find((position) => !second.figures.has(position));
  if (unmeasured !== undefined) {
    await second.result.release();
    throw new JobFailure('output_invalid', second.warnings[0]?.message ?? 'The quality was not measured.');
  }
  await first.result.release();
  return second;
}

/** Returns the first result with a warning about the failure of the second encode. Rethrows an error that concerns more than this encode. */
async function keepFirst(attempt: TranscodeAttempt, first: Encoded, error: unknown): Promise<Encoded> {
  try {
    const reason = error instanceof DiskFull ? 'The disk has too little free space.' : comparisonFault(attempt, error);
    const kept = withMissed(first);
    const field = kept.warnings.at(-1)!.field;
    const message = `A second encode to reach the target failed. The output is the result of the first encode. ${reason}`;
    return { ...kept, warnings: [...kept.warnings, { field, message }] };
  } catch (fault) {
    await first.result.release();
    throw fault;
  }
}

async function encodeOnce(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  { limits, encode }: MeasuredStep,
  { command, share, compared }: { command: Plan; share: Share; compared: Share },
): Promise<Encoded> {
  const result = await encode(command, share);
  try {
    // Discard the result if its source broke off, or turned out to have other contents than expected.
    await sources.settle();
    const measured = { command, folder: result.outputDir, limits, share: compared };
    const { figures, warnings } = await measureOutputs(attempt, sources, measured);
    return { command, result, figures, warnings, facts: [{ ...factsOf(result), limits: limits.applied }] };
  } catch (error) {
    await result.release();
    throw error;
  }
}

function withMissed(encoded: Encoded): Encoded {
  const { command, figures, warnings } = encoded;
  return { ...encoded, warnings: [...warnings, ...warnOfMissed(command, figures)] };
}

function partOf({ from, to }: Share, start: number, end: number): Share {
  return { from: from + (to - from) * start, to: from + (to - from) * end };
}
