import { x264Preset } from '../../policy/encoders/encoder-settings.ts';
import { timeText } from '../../policy/options/option-values.ts';
import { inputSecurityArgs } from '../../probe/probe.ts';
import type { PlanInput, RungRate, RungSampling, VideoStream } from '../../types.ts';
import { SDR_VIDEO } from '../color/convert.ts';
import { displaySize, fitShortSide, shortSide } from '../geometry.ts';
import { globalArgs } from '../plan-args.ts';
import type { Producer } from '../producer.ts';
import { videoChain } from '../video-filters.ts';
import { autoHeights } from './rungs.ts';

/** Seconds of a sample. This is also the distance of key frames in a ladder, because key frames need most of the bits of an easy source. */
const SAMPLE_SECONDS = 2;
/** Maximum share of the source that samples take. Like the ladder, each sample is encoded once per rung. */
const SHARE = 0.04;
const MOST_SAMPLES = 12;
/** CRF of the samples, which is also the constant quality of the rungs. */
const CRF = 23;

/**
 * Plans how the rungs of `auto` are sampled. Returns null if the source is too short for samples, is a picture, or has only one rung, or if
 * the job has several inputs or input options.
 */
export function planSampling(
  inputs: readonly PlanInput[],
  stream: VideoStream,
  { durationSeconds: seconds, inputs: [opened] }: Pick<Producer, 'durationSeconds' | 'inputs'>,
  frameRate: number,
): RungSampling | null {
  const [input] = inputs as readonly [PlanInput];
  const isPlain = inputs.length === 1 && !input.info.isImage && opened!.options.options.length === 0;
  if (!isPlain || seconds === null || Math.floor((seconds * SHARE) / SAMPLE_SECONDS) === 0) return null;
  const size = displaySize(stream);
  const rungs = autoHeights(shortSide(fitShortSide(size, null, true))).map((height) => ({
    height,
    preset: x264Preset(height),
    filter: videoChain(stream, {
      ...{ size: fitShortSide(size, height, true), squarePixels: true, pad: false, frameRate, color: SDR_VIDEO },
      ...{ pixelFormat: 'yuv420p', background: null },
    }),
  }));
  if (rungs.length < 2) return null;
  return { source: { path: input.path, demuxer: input.demuxer, stream: stream.index, seconds, frameRate }, rungs };
}

/** Returns the times at which samples begin, in seconds. */
export function rungSampleTimes({ source: { seconds } }: RungSampling): number[] {
  const count = Math.min(MOST_SAMPLES, Math.floor((seconds * SHARE) / SAMPLE_SECONDS));
  return Array.from({ length: count }, (_, index) => ((index + 0.5) * seconds) / count);
}

/** Returns the name of the file that contains a sample of a rung. */
export function rungSampleName(height: number): string {
  return `rung-${height}.mkv`;
}

/** Returns the arguments of a command that encodes a sample once per rung, from one decode. */
export function rungSampleArgs({ source, rungs }: RungSampling, at: number): string[] {
  return [
    ...globalArgs(null),
    ...['-noaccurate_seek', '-ss', timeText(at), ...inputSecurityArgs(source.demuxer, source.path), '-i', source.path],
    ...rungs.flatMap(({ height, filter, preset }) => [
      ...['-map', `0:${source.stream}`, '-filter:v:0', sampleFilter(filter, source.frameRate)],
      ...['-c:v', 'libx264', '-preset:v', preset, '-crf:v', String(CRF), '-g:v', String(1000)],
      ...['-fps_mode', 'passthrough', '-f', 'matroska', `/out/${rungSampleName(height)}`],
    ]),
  ];
}

/**
 * Returns the filter of a sample. It makes the sample begin at time zero, even if the sample begins at a key frame before its planned time.
 */
function sampleFilter(filter: string, frameRate: number): string {
  const frames = Math.ceil(SAMPLE_SECONDS * frameRate);
  return ['setpts=PTS-STARTPTS', ...(filter === '' ? [] : [filter]), `trim=end_frame=${frames}`].join(',');
}

/** Computes the rates of the rungs. `samples` maps the height of each rung to its bytes, for each sample. */
export function rungRates(samples: readonly ReadonlyMap<number, number>[]): RungRate[] {
  const heights = [...(samples[0]?.keys() ?? [])];
  return heights.map((height) => {
    const rates = samples.map((bytes) => ((bytes.get(height) ?? 0) * 8) / SAMPLE_SECONDS);
    return { height, mean: rates.reduce((sum, rate) => sum + rate, 0) / rates.length, most: Math.max(...rates) };
  });
}
