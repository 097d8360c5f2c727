import { JobFailure } from '../../contract/failures.ts';
import { formatKind } from '../../contract/formats.ts';
import type { JobRequest, TranscodeRequest } from '../../contract/transcode-request.ts';
import { parseJob } from '../policy/options/parse-job.ts';
import { parseRequest } from '../policy/options/parse-request.ts';
import type { ParsedRequest } from '../policy/options/parsed-request.ts';
import { SUBTITLE_DEMUXERS } from '../probe/input-limits.ts';
import type { JobPlan, Plan, PlanContext, PlanInput, PlannedFailure, PlanWarning } from '../types.ts';
import { argumentFault } from './arguments.ts';
import { shownInput } from './input-display.ts';
import { planLadder } from './ladder/plan-ladder.ts';
import { withSubtitles } from './ladder/with-subtitles.ts';
import { planPicture } from './pictures/plan-picture.ts';
import { planJoin } from './plan-join.ts';
import { planPlain } from './plan-plain.ts';
import { groupProducers, type OutputContext, type Producer, planCommand } from './producer.ts';
import { SEVERAL_INPUTS, unmeasured } from './quality/plan-quality.ts';

/**
 * Plans the commands of a job: one command for each group of outputs that can share a decode and that are not made yet. Returns a failure
 * for each output that the inputs do not allow. Pure. Throws `JobFailure` like `planTranscode` if the inputs allow none of the outputs.
 */
export function planJob(request: JobRequest, files: readonly PlanInput[], ctx: PlanContext): JobPlan {
  if (!('outputs' in request)) return { commands: [planTranscode(request, files, ctx)] };
  const { outputs } = parseJob(request);
  const inputs = shownInputs(files, outputs[0]!.parsed);
  const made = new Set(ctx.made);
  const planned = outputs.flatMap((output, position) =>
    made.has(position) ? [] : [tryOutput(output.request, inputs, { ...ctx, position })],
  );
  const producers = planned.filter((one) => 'args' in one);
  const failures = planned.filter((one) => 'code' in one);
  if (producers.length === 0 && made.size === 0) throw new JobFailure(failures[0]!.code, failures[0]!.message);
  return { commands: groupProducers(producers, ctx).map((group) => checkedCommand(group, ctx)), failures };
}

/** Plans one of several outputs. Returns a failure that the inputs cause, and throws any other `JobFailure`. */
function tryOutput(
  request: TranscodeRequest,
  inputs: readonly PlanInput[],
  ctx: OutputContext,
): Producer | PlannedFailure {
  const { position } = ctx;
  try {
    const producer = planOutput(request, inputs, ctx);
    return { ...producer, warnings: producer.warnings.map((warning) => locateWarning(warning, position)) };
  } catch (error) {
    if (!(error instanceof JobFailure) || error.code === 'option_refused' || error.code === 'internal') throw error;
    return { position, code: error.code, message: error.message };
  }
}

/**
 * Plans one FFmpeg command for a request and its probed inputs. Pure. Every argument is built from parsed parts. Throws `JobFailure` if the
 * inputs do not allow the request, or if the kernel would not start the command.
 */
export function planTranscode(request: TranscodeRequest, files: readonly PlanInput[], ctx: PlanContext): Plan {
  const inputs = shownInputs(files, parseRequest(request));
  return checkedCommand([planOutput(request, inputs, { ...ctx, position: 0 })], ctx);
}

function checkedCommand(producers: readonly Producer[], ctx: PlanContext): Plan {
  const plan = planCommand(producers, ctx);
  const fault = argumentFault(plan.args);
  if (fault) throw new JobFailure('option_refused', fault);
  return plan;
}

/** Applies orientation options once for all outputs, so that all outputs read the same streams. */
function shownInputs(files: readonly PlanInput[], parsed: ParsedRequest): PlanInput[] {
  return files.map((file, index) => shownInput(file, parsed.inputs[index] ?? []));
}

/** Adds the output to the field of a warning. The planner of an output names fields as if the request had only this output. */
function locateWarning({ field, message }: PlanWarning, position: number): PlanWarning {
  const isLocated = /^(?:inputs|outputs)\b/.test(field);
  return { field: isLocated ? field : `outputs[${position}].${field}`, message };
}

function planOutput(request: TranscodeRequest, inputs: readonly PlanInput[], ctx: OutputContext): Producer {
  const producer = planEncoding(request, inputs, ctx);
  const isJoined = inputs.length > 1 && !('quality' in producer.output);
  if (!isJoined || !(request.target || request.measure)) return producer;
  const warning = unmeasured(request.target !== undefined, SEVERAL_INPUTS);
  const isKnown = producer.warnings.some(({ message }) => message === warning.message);
  return isKnown ? producer : { ...producer, warnings: [...producer.warnings, warning] };
}

function planEncoding(request: TranscodeRequest, inputs: readonly PlanInput[], ctx: OutputContext): Producer {
  const parsed = parseRequest(request);
  const rejection = parsed.rejections[0];
  // The API rejects such a request. A job that exists anyway must not run.
  if (rejection) throw new JobFailure('option_refused', `${rejection.option}: ${rejection.reason}`);
  if (inputs.length === 0 || inputs.length !== request.inputs.length) {
    throw new JobFailure('internal', 'The inputs of the job do not match its request.');
  }
  const named = new Set(parsed.assets.flatMap(({ source }) => (source.type === 'input' ? [source.index] : [])));
  for (const [index, input] of inputs.entries()) {
    if (SUBTITLE_DEMUXERS.includes(input.demuxer) && !named.has(index)) {
      throw new JobFailure(
        'unsupported_media',
        `Input ${index + 1} is a subtitle file, which cannot be transcoded; burn it in with subtitles=input:${index}.`,
      );
    }
  }
  for (const [index, { info }] of inputs.entries()) {
    // FFmpeg 7.1 cannot decode any frame of an animated WebP.
    if (info.isAnimated && info.video[0]?.codec === 'webp') {
      const message = `Input ${index + 1} is an animated WebP, which FFmpeg cannot decode. Convert it to GIF or MP4 first.`;
      throw new JobFailure('unsupported_media', message);
    }
  }
  const { ladder } = request;
  if (ladder) {
    const text = { subtitles: parsed.subtitles, transcribes: ladder.transcribes === true };
    return withSubtitles(planLadder({ ...request, ladder }, inputs, parsed, ctx), text, ctx);
  }
  const picture = planPicture(request, inputs[0]!, ctx);
  if (picture) return inputs.length === 1 ? picture : ofFirstInput(picture, request);
  const raw = (request.options?.length ?? 0) > 0 || parsed.graph !== null;
  if (inputs.length === 1 || raw) return planPlain(request, inputs, parsed, ctx);
  const still = formatKind(request.outputFormat) === 'image' && request.outputFormat !== 'gif';
  if (!still) return planJoin(request, inputs, parsed, ctx);
  const producer = planPlain(request, inputs.slice(0, 1), { ...parsed, inputs: parsed.inputs.slice(0, 1) }, ctx);
  return ofFirstInput(producer, request);
}

function ofFirstInput(
  producer: Producer,
  { outputFormat, still, preview, waveform, tiles }: TranscodeRequest,
): Producer {
  if (tiles) {
    const message = `The ${tiles.format} ${tiles.format === 'sprite' ? 'shows' : 'show'} only one input; only the first input was used.`;
    return { ...producer, warnings: [...producer.warnings, { field: 'inputs', message }] };
  }
  const what = preview ? 'preview' : waveform ? 'waveform' : still ? 'still' : outputFormat;
  const contains = preview || waveform ? 'shows only one input' : 'contains only one picture';
  const message = `A ${what} ${contains}; only the first input was used.`;
  return { ...producer, warnings: [...producer.warnings, { field: 'inputs', message }] };
}
