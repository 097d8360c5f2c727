import { LIGHT_BYTES } from '../../attempt/resources/memory-reservation.ts';
import { isTextFormat } from '../../contract/formats.ts';
import { isBrief, type JobPlan } from '../../ffmpeg/index.ts';
import type { TranscodeAttempt } from './attempt.ts';
import type { PreparedSources } from './sources/prepared.ts';

/** Marks a heavy job whose commands end in a moment, so that the worker starts the next heavy job next to it. */
export function markBrief(
  { run: { claim, lease }, request }: TranscodeAttempt,
  { inputs, openStdin, planned, copied }: PreparedSources,
  plan: JobPlan,
): void {
  if (claim.job.resource_class !== 'heavy' || copied) return;
  // An input that still arrives may keep the command waiting. The cost of pieces is not known.
  if (openStdin || planned) return;
  // These run more than the commands of the plan.
  const doesMore = request.outputs.some(({ target, measure, ladder }) => target ?? measure ?? ladder);
  if (doesMore || claim.outputs.some(({ format }) => isTextFormat(format))) return;
  if (isBrief(plan, inputs, LIGHT_BYTES)) lease.markBrief();
}
