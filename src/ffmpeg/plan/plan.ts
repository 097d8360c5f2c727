import { JobFailure } from '../../contract/failures.ts';
import { formatKind } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { parseRequest } from '../policy/options/parse-request.ts';
import { SUBTITLE_DEMUXERS } from '../probe/input-limits.ts';
import type { JobPlan, Plan, PlanContext, PlanInput } from '../types.ts';
import { argumentFault } from './arguments.ts';
import { shownInput } from './input-display.ts';
import { planJoin } from './plan-join.ts';
import { planPlain } from './plan-plain.ts';

/** Plans the commands of a job. Pure. Throws `JobFailure` like `planTranscode`. */
export function planJob(request: TranscodeRequest, files: readonly PlanInput[], ctx: PlanContext): JobPlan {
  return { commands: [planTranscode(request, files, ctx)] };
}

/**
 * Plans one FFmpeg command for a request and its probed inputs. Pure; every argument is built from parsed parts. Throws
 * `JobFailure` when the inputs do not allow the request, or when the kernel would not start the command.
 */
export function planTranscode(request: TranscodeRequest, files: readonly PlanInput[], ctx: PlanContext): Plan {
  const plan = planRequest(request, files, ctx);
  const fault = argumentFault(plan.args);
  if (fault) throw new JobFailure('option_refused', fault);
  return plan;
}

function planRequest(request: TranscodeRequest, files: readonly PlanInput[], ctx: PlanContext): Plan {
  const parsed = parseRequest(request);
  const refusal = parsed.refusals[0];
  // The API refuses such a request; a job that exists anyway must not run.
  if (refusal) throw new JobFailure('option_refused', `${refusal.option}: ${refusal.reason}`);
  if (files.length === 0 || files.length !== request.inputs.length) {
    throw new JobFailure('internal', 'The inputs of the job do not match its request.');
  }
  const inputs = files.map((file, index) => shownInput(file, parsed.inputs[index] ?? []));
  const named = new Set(parsed.assets.flatMap(({ source }) => (source.type === 'input' ? [source.index] : [])));
  for (const [index, input] of inputs.entries()) {
    if (SUBTITLE_DEMUXERS.includes(input.demuxer) && !named.has(index)) {
      throw new JobFailure(
        'unsupported_media',
        `Input ${index + 1} is a subtitle file, which cannot be transcoded; burn it in with subtitles=input:${index}.`,
      );
    }
  }
  const raw = (request.options?.length ?? 0) > 0 || parsed.graph !== null;
  if (inputs.length === 1 || raw) return planPlain(request, inputs, parsed, ctx);
  const still = formatKind(request.outputFormat) === 'image' && request.outputFormat !== 'gif';
  if (!still) return planJoin(request, inputs, parsed, ctx);
  const plan = planPlain(request, inputs.slice(0, 1), { ...parsed, inputs: parsed.inputs.slice(0, 1) }, ctx);
  plan.warnings.push({
    field: 'inputs',
    message: `A ${request.outputFormat} contains only one picture; only the first input was used.`,
  });
  return plan;
}
