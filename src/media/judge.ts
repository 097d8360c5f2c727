import { type FailureCode, JobFailure } from '../contract/failures.ts';
import type { TranscodeRequest } from '../contract/transcode-request.ts';
import { parseRequest } from './options/parse-request.ts';
import { argumentFault } from './plan/arguments.ts';
import { type Preview, previewCommand } from './plan/preview.ts';
import { estimateResourceClass } from './plan/resource-class.ts';
import type { AssetRequest, MediaInfo, PlanWarning, Refusal, ResourceClass } from './types.ts';

/** What is known of a request before any file is read: plain data, so that it can cross threads. */
export interface Judgement {
  /** Everything that may not run; empty = allowed. */
  refusals: Refusal[];
  warnings: PlanWarning[];
  /** Every file that graphs and overlays name. */
  assets: AssetRequest[];
  resourceClass: ResourceClass;
  /** The command that would run, or why the planner finds none; null for a request that is refused. */
  preview: Preview | { failure: { code: FailureCode; message: string } } | null;
}

/** Bytes of an argument that are kept free for filters which the planner adds for an input of another kind. */
const ROOM_BYTES = 8 * 1024;

/** Reads a request and plans it for inputs of which nothing (null) or all is known. Pure; never throws. */
export function judgeRequest(request: TranscodeRequest, infos: readonly (MediaInfo | null)[]): Judgement {
  const { refusals, warnings, assets } = parseRequest(request);
  const judged = { refusals, warnings, assets };
  // The planner takes nothing that is refused.
  if (refusals.length > 0) return { ...judged, resourceClass: 'heavy', preview: null };
  const resourceClass = estimateResourceClass(request, [...infos]);
  const refused = (reason: string) => ({
    ...judged,
    refusals: [tooLong(request, reason)],
    resourceClass,
    preview: null,
  });
  try {
    const preview = previewCommand(request, infos);
    const fault = argumentFault(preview.args, ROOM_BYTES);
    return fault ? refused(fault) : { ...judged, resourceClass, preview };
  } catch (error) {
    if (!(error instanceof JobFailure)) throw error;
    // Knowledge of the inputs cannot change that.
    if (error.code === 'option_refused') return refused(error.message);
    return { ...judged, resourceClass, preview: { failure: { code: error.code, message: error.message } } };
  }
}

function tooLong(request: TranscodeRequest, reason: string): Refusal {
  const field = request.options?.length ? 'options' : 'filters';
  return { field, option: '', reason, suggestion: 'Shorten filters and expressions, or split the work over jobs.' };
}
