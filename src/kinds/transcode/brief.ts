import { LIGHT_BYTES } from '../../attempt/resources/memory-reservation.ts';
import { isTextFormat } from '../../contract/formats.ts';
import { isBrief, type JobPlan } from '../../ffmpeg/index.ts';
import type { TranscodeAttempt } from './attempt.ts';
import type { PreparedSources } from './sources/prepared.ts';

/** Marks a heavy job whose commands are short, so that the worker starts the next heavy job at the same time. */
export function markBrief(
  { run: { claim, lease }, request }: TranscodeAttempt,
  { inputs, openStdin, planned, copied }: PreparedSources,
  plan: JobPlan,
): void {
  if (claim.job.resource_class !== 'heavy' || copied) return;
  // A command may wait for an input that is still arriving. The cost of joining pieces is unknown.
  if (openStdin || planned) return;
  // Jobs with targets, measurements or ladders run more commands than the plan contains.
  const doesMore = request.outputs.some(({ target, measure, ladder }) => target ?? measure ?? ladder);
  if (doesMore || claim.outputs.some(({ format }) => isTextFormat(format))) return;
  if (isBrief(plan, inputs, LIGHT_BYTES)) lease.markBrief();
}
