import type { Metric } from '../../../contract/metrics.ts';
import { timeText } from '../../policy/options/option-values.ts';
import { inputSecurityArgs } from '../../probe/probe.ts';
import type { ComparedSource, QualityPlan, TargetPlan } from '../../types.ts';
import { rationalFrameRate } from '../geometry.ts';
import { globalArgs } from '../plan-args.ts';

/** Pairs frames by the nearest times, because rates may differ and containers round times. */
const PAIRING = 'shortest=1:ts_sync_mode=nearest';
/** Makes both videos start at zero, with the same time base. */
const CLOCK = 'settb=AVTB,setpts=PTS-STARTPTS';

/** Returns the name of the file in which a filter lists the values of a metric, frame by frame. */
export function figuresName(metric: Metric, index = 0): string {
  return `${metric}-${index}.txt`;
}

/** FFmpeg's name of the demuxer for each format of an output. */
const DEMUXERS: Readonly<Record<string, string>> = {
  ...{ mp4: 'mov', mov: 'mov', webm: 'matroska', mkv: 'matroska', avi: 'avi' },
};

export function demuxerOf(format: string): string {
  const demuxer = DEMUXERS[format];
  if (!demuxer) throw new Error(`an output of the format ${format} is not compared`);
  return demuxer;
}

/** A finished file in the cell. */
export interface FinishedFile {
  path: string;
  demuxer: string;
  width: number;
  height: number;
}

/**
 * Returns the arguments of the command that compares a finished file with its source. The command writes a list of values for each metric.
 */
export function measureArgs({ source, metrics }: QualityPlan, file: FinishedFile): string[] {
  const { width, height } = file;
  const marks = metrics.map((_, index) => index);
  const both = [
    `[0:v:0]format=${source.pixelFormat},${CLOCK},split=${marks.length}${marks.map((n) => `[m${n}]`).join('')}`,
    `[1:${source.stream}]${chainOf(source, [`scale=${width}:${height}`])},${CLOCK},split=${marks.length}${marks.map((n) => `[r${n}]`).join('')}`,
  ];
  const compared = metrics.map((metric, n) => comparison(source, metric, n, figuresName(metric), PAIRING));
  return [
    ...globalArgs(null),
    ...['-an', ...inputSecurityArgs(file.demuxer, file.path), '-i', file.path],
    ...source.inputArgs,
    ...['-filter_complex', [...both, ...compared].join(';')],
    ...marks.flatMap((n) => ['-map', `[o${n}]`]),
    ...['-fps_mode', 'passthrough', '-f', 'null', '-'],
  ];
}

/** A short part of a source. */
export interface Sample {
  /** Seconds from the start of the file. */
  at: number;
  frames: number;
  /** Whether the sample may begin at the key frame before `at`, so that the frames in between need not be decoded. */
  fromKey: boolean;
}

/** Returns the arguments that open the source at a sample. */
function sampleInputArgs({ path, demuxer }: Pick<ComparedSource, 'path' | 'demuxer'>, sample: Sample): string[] {
  const seek = sample.at > 0 ? [...(sample.fromKey ? ['-noaccurate_seek'] : []), '-ss', timeText(sample.at)] : [];
  return [...seek, ...inputSecurityArgs(demuxer, path), '-i', path];
}

/**
 * Returns the arguments of the command that encodes a sample with several CRFs, decodes the results, and compares them with the frames that
 * the encoders received. The command writes a list of values for each CRF.
 */
export function sampleArgs(
  source: ComparedSource,
  target: TargetPlan,
  sample: Sample,
  crfs: readonly number[],
): string[] {
  const marks = crfs.map((_, index) => index);
  const chain = `[0:${source.stream}]${sampleChain(source, sample)}`;
  // Pairs frames by their numbers, because encoders round times.
  const counted = `settb=AVTB,setpts=N/(${rationalFrameRate(source.frameRate)})/TB`;
  const encoded = `${chain},split=${marks.length}${marks.map((n) => `[e${n}]`).join('')}`;
  const compared = [
    `${chain},${counted},split=${marks.length}${marks.map((n) => `[r${n}]`).join('')}`,
    ...marks.flatMap((n) => [
      `[dec:${n}]format=${source.pixelFormat},${counted}[m${n}]`,
      comparison(source, target.metric, n, figuresName(target.metric, n), 'shortest=1'),
    ]),
  ];
  const nowhere = ['-fps_mode', 'passthrough', '-f', 'null', '-'];
  return [
    ...globalArgs(null),
    ...sampleInputArgs(source, sample),
    ...['-filter_complex', encoded],
    ...crfs.flatMap((crf, n) => [
      '-map',
      `[e${n}]`,
      ...withValue(target.encoderArgs, '-crf:v', String(crf)),
      ...nowhere,
    ]),
    ...marks.flatMap((n) => ['-dec', `${n}:0`]),
    ...['-filter_complex', compared.join(';')],
    ...marks.flatMap((n) => ['-map', `[o${n}]`, ...nowhere]),
  ];
}

/**
 * Returns the filters of a comparison. XPSNR weighs differences by the frame rate of the reference and crashes without a frame rate.
 * `setpts` removes the rate, and `fps` sets it again.
 */
function comparison({ frameRate }: ComparedSource, metric: Metric, n: number, name: string, pairing: string): string {
  const filter = `${metric}=stats_file=/out/${name}:${pairing}[o${n}]`;
  if (metric !== 'xpsnr') return `[m${n}][r${n}]${filter}`;
  return `[r${n}]fps=${rationalFrameRate(frameRate)}[t${n}];[m${n}][t${n}]${filter}`;
}

/** Returns the filters of a sample. The sample begins at time zero, even if it begins at a key frame before its planned time. */
function sampleChain(source: ComparedSource, { frames }: Sample): string {
  return `setpts=PTS-STARTPTS,${chainOf(source, [`trim=end_frame=${frames}`])}`;
}

function chainOf({ filter, pixelFormat }: ComparedSource, more: readonly string[]): string {
  return [...(filter === '' ? [] : [filter]), ...more, `format=${pixelFormat}`].join(',');
}

function withValue(args: readonly string[], option: string, value: string): string[] {
  const at = args.lastIndexOf(option);
  return args.map((arg, index) => (at >= 0 && index === at + 1 ? value : arg));
}
