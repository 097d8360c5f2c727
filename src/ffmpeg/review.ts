import { type FailureCode, JobFailure } from '../contract/failures.ts';
import type { JobRequest } from '../contract/transcode-request.ts';
import { argumentFault } from './plan/arguments.ts';
import { type Preview, previewJob } from './plan/preview.ts';
import { estimateJobClass } from './plan/resource-class.ts';
import { parseJob } from './policy/options/parse-job.ts';
import type { AssetRequest, MediaInfo, PlanWarning, Rejection, ResourceClass } from './types.ts';

/** Result of reviewing a request before any file is read. Plain data, so that it can be sent between threads. */
export interface Review {
  /** Every rejected part. Empty if the request is allowed. */
  rejections: Rejection[];
  warnings: PlanWarning[];
  /** Every file that graphs and overlays name. */
  assets: AssetRequest[];
  resourceClass: ResourceClass;
  /** The commands that would run, or why there are no commands; null if the request is rejected. */
  preview: Preview | { failure: { code: FailureCode; message: string } } | null;
}

/** Bytes kept free in each argument for filters that the planner adds once the inputs are inspected. */
const ROOM_BYTES = 8 * 1024;

/**
 * Parses a request and plans its commands. `infos` contains the media info of each input, or null for an input that was not inspected.
 * Pure. A `JobFailure` becomes part of the result.
 */
export function reviewRequest(request: JobRequest, infos: readonly (MediaInfo | null)[]): Review {
  const { rejections, warnings, assets } = parseJob(request);
  const judged = { rejections, warnings, assets };
  // The planner accepts only requests without rejections.
  if (rejections.length > 0) return { ...judged, resourceClass: 'heavy', preview: null };
  const resourceClass = estimateJobClass(request, [...infos]);
  const rejected = (reason: string) => ({
    ...judged,
    rejections: [tooLong(request, reason)],
    resourceClass,
    preview: null,
  });
  try {
    const preview = previewJob(request, infos);
    const fault = preview.commands.map((args) => argumentFault(args, ROOM_BYTES)).find((reason) => reason !== null);
    return fault ? rejected(fault) : { ...judged, resourceClass, preview };
  } catch (error) {
    if (!(error instanceof JobFailure)) throw error;
    // Inspecting the inputs cannot change this result.
    if (error.code === 'option_refused') return rejected(error.message);
    return { ...judged, resourceClass, preview: { failure: { code: error.code, message: error.message } } };
  }
}

function tooLong(request: JobRequest, reason: string): Rejection {
  const field = 'outputs' in request ? 'outputs' : request.options?.length ? 'options' : 'filters';
  return { field, option: '', reason, suggestion: 'Shorten filters and expressions, or split the work over jobs.' };
}
