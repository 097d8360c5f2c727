import { formatKind, type OutputFormat, type Quality } from '../../contract/formats.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { MediaInfo, PlanInput } from '../types.ts';
import { BT709 } from './color/convert.ts';
import { sourceColor } from './color/source-color.ts';
import type { ComposeJob, Track, Tracks } from './compose.ts';
import { displaySize, playableResolution, type Size } from './geometry.ts';
import type { StreamRef } from './graph-sources.ts';
import { planVideo, toneMapBytes, type VideoPlan, type VideoRequest } from './plan-video.ts';
import type { OwnWork } from './step-filters.ts';
import { drawnStream } from './stream-flows.ts';
import { equalVideoBitRate } from './streams.ts';

export interface FinishJob {
  encoder: string | null;
  format: OutputFormat;
  resolution: number | null;
  /** See `VideoRequest`. */
  constantRate: number | null;
  quality: Quality;
  /** See `VideoSettings`. */
  target: { maxBitRate: number | null } | null;
  options: OptionSet;
  raw: boolean;
  /** Whether no option and no filter of the caller can change the times of frames. */
  keepsTimes: boolean;
  durationSeconds: number | null;
  still: boolean;
  own: OwnWork;
}

export interface FinishedVideo {
  args: string[];
  handled: string[];
  size: Size;
  sizeIsCertain: boolean;
  filterBytes: number;
  encoded: Size & { frameRate: number; bitDepth: number; preset: string | null };
}

/**
 * Adds the planner's last filters to every video stream of the output, and plans the encoder for the first stream. Returns null if no video
 * is encoded.
 */
export function finishTracks(job: ComposeJob, composed: Tracks, finish: FinishJob): FinishedVideo | null {
  const { encoder } = finish;
  if (encoder === null || encoder === 'copy') return null;
  let first: VideoPlan | null = null;
  let filterBytes = 0;
  for (const track of composed.tracks) {
    if (track.from.kind !== 'v') continue;
    // Only a -map of the caller can add a second stream of an input. FFmpeg handles that stream itself.
    if (first && !track.drawn) continue;
    const source = sourceOf(job, composed, track, encoder, finish.quality);
    const plan = planVideo({
      encoder,
      format: finish.format,
      ...source,
      resolution: resolutionOf(job, composed, track, finish),
      constantRate: finish.constantRate,
      quality: finish.quality,
      target: finish.target,
      options: finish.options,
      raw: finish.raw,
      keepsTimes: finish.keepsTimes,
      durationSeconds: finish.durationSeconds,
      still: finish.still,
      endless: track.flow.seconds === Number.POSITIVE_INFINITY,
      drawn: track.drawn ? drawnOf(job, composed, track, finish.own) : null,
    });
    if (plan.chain !== '') track.pieces.push(plan.chain);
    filterBytes += plan.filterBytes;
    first ??= plan;
  }
  if (!first) return null;
  for (const ref of toneMapped(job, composed)) filterBytes += toneMapBytes(ref.stream);
  const { args, handled, size, sizeIsCertain, frameRate, bitDepth, preset } = first;
  return { args, handled, size, sizeIsCertain, filterBytes, encoded: { ...size, frameRate, bitDepth, preset } };
}

function drawnOf(job: ComposeJob, composed: Tracks, { from, flow }: Track, own: OwnWork): VideoRequest['drawn'] {
  const read = composed.sources.flatMap((ref) => (ref.kind === 'v' ? [ref.stream] : []));
  // FFmpeg converts RGB pictures to the matrix of the video with which a filter combines them.
  const main = read.find((one) => sourceColor(one).matrix !== 'gbr') ?? read[0];
  const stream = 'stream' in from && from.kind === 'v' ? from.stream : main;
  const isMixed = !('stream' in from) && read.length !== 1;
  const source = stream && !job.toneMap(stream) ? sourceColor(stream) : BT709;
  return {
    flow,
    palette: own.palette,
    rate: own.rate,
    color: own.convertsColors ? null : { source, isMixed, isUntouched: own.keepsColors },
  };
}

/**
 * Returns the short side to which the video is scaled down. Photos are larger than videos that players can play, so a video of photos is
 * scaled down unless the caller sets its size. A source video keeps its size, because players of the source support it.
 */
function resolutionOf(
  job: ComposeJob,
  composed: Tracks,
  { from, flow, drawn }: Track,
  finish: FinishJob,
): number | null {
  const refs = 'stream' in from ? [from] : composed.sources;
  const videos = refs.filter((ref) => ref.kind === 'v');
  const isPhoto = videos.length > 0 && videos.every(({ input }) => job.inputs[input]!.info.isImage);
  const isSized = finish.own.size || finish.options.has('s', 'v');
  if (!isPhoto || isSized || finish.still || formatKind(finish.format) !== 'video') return finish.resolution;
  return playableResolution(drawn ? flow : displaySize(videos[0]!.stream), finish.resolution);
}

/** Returns the stream for which encoder settings are chosen: the input's own stream, or the result of the filters. */
function sourceOf(
  job: ComposeJob,
  composed: Tracks,
  track: Track,
  encoder: string,
  quality: Quality,
): Pick<VideoRequest, 'stream' | 'info' | 'sourceBitRate' | 'sources'> {
  const { from, flow } = track;
  if ('stream' in from && from.kind === 'v') {
    const { info } = job.inputs[from.input]!;
    if (!track.drawn)
      return { stream: from.stream, info, sourceBitRate: equalVideoBitRate(info, from.stream, encoder, quality) };
    const deep = !job.toneMap(from.stream);
    const more = { alpha: from.stream.hasAlpha, bitDepth: deep ? from.stream.bitDepth : 8 };
    const grown = !(flow.width * flow.height <= from.stream.width * from.stream.height);
    return {
      stream: drawnStream(flow, from.stream, more),
      info,
      sources: [from.stream],
      sourceBitRate: grown ? null : equalVideoBitRate(info, from.stream, encoder, quality),
    };
  }
  const videos = composed.sources.filter((ref) => ref.kind === 'v');
  const bitDepth = Math.max(8, ...videos.map(({ stream }) => (job.toneMap(stream) ? 8 : stream.bitDepth)));
  return {
    stream: drawnStream(flow, null, { alpha: false, bitDepth }),
    info: moving(job.inputs[videos[0]?.input ?? 0]!),
    sources: videos.map(({ stream }) => stream),
    sourceBitRate: null,
  };
}

/** Returns the info of an input without a photo's orientation and a GIF's frame times, because the video of a graph has neither. */
function moving(input: PlanInput): MediaInfo {
  return { ...input.info, isImage: false, isAnimated: false, demuxer: 'mov' };
}

function toneMapped(job: ComposeJob, composed: Tracks): (StreamRef & { kind: 'v' })[] {
  const steps = composed.tracks.flatMap(({ from, drawn }) =>
    drawn && 'stream' in from && from.kind === 'v' ? [from] : [],
  );
  const graph = composed.sources.filter((ref) => ref.kind === 'v');
  return [...steps, ...graph].filter((ref) => job.toneMap(ref.stream));
}
