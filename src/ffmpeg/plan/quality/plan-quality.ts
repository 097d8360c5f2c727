import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { OptionSet } from '../../policy/options/option-set.ts';
import { optionArgs, type ParsedOption } from '../../policy/options/options.ts';
import type { PlanWarning, QualityPlan, TargetPlan } from '../../types.ts';
import { type InputPlan, inputArgs } from '../plan-args.ts';
import type { Selection } from '../plan-streams.ts';
import type { FinishedVideo } from '../plan-tracks.ts';
import { motionRate } from '../time/output-rate.ts';

/** An output whose streams are planned. */
export interface ComparedOutput {
  inputs: readonly InputPlan[];
  selection: Selection;
  options: OptionSet;
  /** FFmpeg's name of the encoder, or `copy`; null = no video. */
  encoder: string | null;
  /** Null = the video is copied, or the output has no video. */
  video: FinishedVideo | null;
  /** The chain of filters before the encoder; null = the command has a graph. */
  filter: string | null;
  /** Whether the planner has moved the start from the options of the output to the input. */
  hasMoved: boolean;
  threads: number | null;
  durationSeconds: number | null;
}

export const SEVERAL_INPUTS = 'the output has several inputs';

/** Options of several encoders that affect the quality at a CRF. */
const COMMON_OPTIONS: ReadonlySet<string> = new Set(
  (
    'preset tune profile level pix_fmt g keyint_min sc_threshold bf refs flags slices ' +
    'qmin qmax qdiff qcomp qblur i_qfactor b_qfactor i_qoffset b_qoffset me_range subq trellis'
  ).split(' '),
);

/** Plans how an output is compared with its source, or warns why the output is not compared. */
export function planQuality(
  { target, measure = [] }: TranscodeRequest,
  output: ComparedOutput,
): { quality: QualityPlan | null; warnings: PlanWarning[] } {
  if (!target && measure.length === 0) return { quality: null, warnings: [] };
  const fault = comparisonFault(output);
  if (fault !== null) return { quality: null, warnings: [unmeasured(target !== undefined, fault)] };
  const metrics = [...new Set([...(target ? [target.metric] : []), ...measure])];
  const searched = target && output.video ? { ...target, ...encoderOf(output) } : null;
  return { quality: { source: sourceOf(output), metrics, target: searched }, warnings: [] };
}

/** Returns a warning that an output is not compared with its source. */
export function unmeasured(hasTarget: boolean, reason: string): PlanWarning {
  if (!hasTarget) return { field: 'measure', message: `The quality was not measured: ${reason}.` };
  return { field: 'target', message: `The target was not searched, so the output has a fixed quality: ${reason}.` };
}

function comparisonFault({ inputs, selection, options, encoder, filter, hasMoved }: ComparedOutput): string | null {
  if (inputs.length !== 1) return SEVERAL_INPUTS;
  if (selection.mapped || selection.verbatim || !selection.video) return 'options choose its streams';
  if (encoder === null) return 'the output has no video';
  if (inputs[0]!.input.info.isImage || selection.video.stream.isAttachedPicture) return 'the input is a picture';
  if (filter === null) return 'overlays or filter graphs change the video';
  if (options.has('r', 'v') || options.has('fpsmax', 'v')) return 'the option -r drops or repeats frames';
  if (options.has('ss') && !hasMoved) return 'the output starts at a time that the container does not list';
  return null;
}

function sourceOf(output: ComparedOutput): QualityPlan['source'] {
  const [opened] = output.inputs as readonly [InputPlan];
  const { stream } = output.selection.video!;
  const bitDepth = output.video?.encoded.bitDepth ?? stream.bitDepth;
  return {
    path: opened.input.path,
    demuxer: opened.input.demuxer,
    inputArgs: inputArgs(opened, output.threads),
    stream: stream.index,
    from: opened.options.number('ss') ?? opened.seek ?? 0,
    seconds: output.durationSeconds,
    frameRate: output.video?.encoded.frameRate ?? motionRate(stream) ?? 25,
    filter: output.filter ?? '',
    pixelFormat: bitDepth > 8 ? 'yuv420p10le' : 'yuv420p',
  };
}

/** Returns the encoder arguments of the command, without the arguments that concern only the file. */
function encoderOf({ encoder, video, options, threads }: ComparedOutput): Pick<TargetPlan, 'encoder' | 'encoderArgs'> {
  const own = options.options.filter(
    (option) => isOfEncoder(option) && !option.row.ignored && !/^[as]/.test(option.specifier),
  );
  const limited = threads === null ? [] : ['-threads', String(threads)];
  return { encoder: encoder!, encoderArgs: ['-c:v', encoder!, ...video!.args, ...own.flatMap(optionArgs), ...limited] };
}

function isOfEncoder({ name, row }: ParsedOption): boolean {
  return (row.encoders !== undefined && row.specifiers.includes('v')) || COMMON_OPTIONS.has(name);
}
