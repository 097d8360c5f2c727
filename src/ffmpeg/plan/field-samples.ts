import { OptionSet } from '../policy/options/option-set.ts';
import { STANDARD_INPUT } from '../probe/probe.ts';
import type { MixedFields, PlanInput, VideoStream } from '../types.ts';
import { globalArgs, inputArgs } from './plan-args.ts';
import { mainVideo } from './streams.ts';

/** Heights of interlaced video. At other heights, the lines of a frame are no longer the original lines of its fields. */
const HEIGHTS: readonly number[] = [480, 486, 576, 1080, 1088];
/** Highest height at which decoding to an exact place costs little. */
const SD_HEIGHT = 576;
/** Frames per second of interlaced video, whose frames contain two fields each. */
const LOWEST_RATE = 24.9;
const HIGHEST_RATE = 30.1;
/** Lowest rate of telecined film. */
const TELECINE_RATE = 29.9;
/** Codecs of cameras, discs and broadcasts, and of files made from them. */
const CODECS: ReadonlySet<string> = new Set(
  'mpeg1video mpeg2video mpeg4 msmpeg4v3 h264 dvvideo prores dnxhd mjpeg vc1 wmv3 utvideo ffv1 huffyuv rawvideo'.split(
    ' ',
  ),
);
/** Shares of the duration at which frames are compared. */
export const FIELD_PLACES: readonly number[] = [0.5, 0.2, 0.8];
/** Frames at a place: at least two cycles of telecine. */
const FRAMES = 12;
/** Frames between places of a stream that cannot be searched. Its first frames are often black. */
const FRAME_DISTANCE = 30;
/** Number of samples per line. Only the differences between lines matter, so neighboring samples of a line are averaged. */
export const FIELD_WIDTH = 160;
const THREADS = 1;

/** Returns the main video of an input if its frames may contain fields that no mark reveals. Otherwise returns null. */
export function suspectedFields({ info }: PlanInput): { stream: VideoStream; suspected: MixedFields } | null {
  const stream = mainVideo(info);
  if (!stream || info.isImage || info.isAnimated || stream.rotation !== 0 || stream.isHdr) return null;
  const rate = stream.nominalRate ?? stream.frameRate ?? 0;
  const isUsual = HEIGHTS.includes(stream.height) && rate >= LOWEST_RATE && rate <= HIGHEST_RATE;
  const isYuv = stream.pixelFormat?.startsWith('yuv') === true;
  if (!isUsual || !isYuv || !CODECS.has(stream.codec) || stream.hasConstantRate === false) return null;
  if (!stream.isInterlaced) return { stream, suspected: { kind: 'combed', first: 'top' } };
  return rate >= TELECINE_RATE ? { stream, suspected: { kind: 'film', first: 'top' } } : null;
}

/** Whether sampling the stream costs little compared with a single picture of it. */
export function isCheaplySampled({ height }: VideoStream): boolean {
  return height <= SD_HEIGHT;
}

/** Returns the arguments of the command that writes the luma of the frames at a place to `/out/<name>`, one byte per sample. */
export function fieldSampleArgs(input: PlanInput, stream: VideoStream, place: number, name: string): string[] {
  const seconds = stream.durationSeconds ?? input.info.durationSeconds;
  const seek = input.path === STANDARD_INPUT || seconds === null ? null : seconds * FIELD_PLACES[place]!;
  const start = seek === null ? (place + 1) * FRAME_DISTANCE : 0;
  const filters = [`trim=start_frame=${start}`, `scale=${FIELD_WIDTH}:${stream.height}:flags=area`, 'format=gray'];
  const before = isCheaplySampled(stream) ? [] : ['-noaccurate_seek'];
  const opened = { input, options: new OptionSet([]), before, seek, loopStill: false, video: stream };
  return [
    ...globalArgs(THREADS),
    ...inputArgs(opened, THREADS),
    ...['-map', `0:${stream.index}`, '-filter:v:0', filters.slice(start === 0 ? 1 : 0).join(',')],
    ...['-frames:v', String(FRAMES), '-fps_mode', 'passthrough', '-c:v', 'rawvideo', '-f', 'rawvideo', `/out/${name}`],
  ];
}

/** Returns the number of bytes that `fieldSampleArgs` writes. */
export function fieldSampleBytes({ height }: VideoStream): number {
  return FIELD_WIDTH * height * FRAMES;
}
