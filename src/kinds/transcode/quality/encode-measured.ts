import { factsOf } from '../../../attempt/cells/cell-failure.ts';
import type { CappedLimits } from '../../../attempt/cells/cell-limits.ts';
import { comparedFile, correctTargets, type Plan, type PlanWarning, warnOfMissed } from '../../../ffmpeg/index.ts';
import type { AttemptFacts } from '../../../jobs/attempts.ts';
import type { CellResult } from '../../../sandbox/types.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import type { PreparedSources } from '../sources/prepared.ts';
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
  encode(command: Plan, share: Share): Promise<CellResult>;
}

/** The result of a command that encoded outputs. The caller releases it. */
export interface Encoded {
  /** The command as it last ran. */
  command: Plan;
  result: CellResult;
  figures: Figures;
  warnings: PlanWarning[];
  facts: AttemptFacts[];
}

/**
 * Runs an encode, and compares the outputs with their source if the request asks for this. Encodes a second time if an output misses its
 * target, a better CRF is possible, and enough time is left.
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
  await first.result.release();
  const rest = partOf(share, ENCODE_SHARE + COMPARE_SHARE, 1);
  const second = await encodeOnce(attempt, sources, step, { command: better, share: rest, compared: rest });
  return withMissed({ ...second, facts: [...first.facts, ...second.facts] });
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
