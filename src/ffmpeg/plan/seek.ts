import { JobFailure } from '../../contract/failures.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { PlanInput, VideoStream } from '../types.ts';
import type { Selection } from './plan-streams.ts';

/**
 * Default time of a still in seconds, and its maximum as a share of the duration. The first second of a video is often black, and a short
 * clip may last less than a second.
 */
const STILL_SECONDS = 1;
const STILL_SHARE = 0.1;
/** Containers with an index, in which a seek in the input finds the same frame as a seek in the output. */
const INDEXED_DEMUXERS: readonly string[] = ['mov', 'matroska'];

/**
 * Returns which inputs are repeated. A picture lasts one frame, and becomes a video only if the request sets a length. Throws `JobFailure`
 * if the output would be a video of a picture without a length.
 */
export function loopStills(
  inputs: readonly PlanInput[],
  inputOptions: readonly OptionSet[],
  options: OptionSet,
  job: { kind: string; still: boolean; selection: Selection; copy: boolean; ownLength: boolean; graph: boolean },
): boolean[] {
  const bounded = options.length() !== null || options.has('shortest') || options.has('frames', 'v');
  return inputs.map((input, index) => {
    if (!input.info.isImage) return false;
    const own = inputOptions[index]!;
    const asked = (own.number('loop') ?? 0) !== 0 || own.length() !== null;
    // A graph itself repeats a picture if necessary: overlay repeats a watermark. A copied picture is one frame, as in FFmpeg. If it were
    // repeated, it would be an endless video.
    if (job.graph || job.copy) return asked;
    // A GIF or animated WebP repeats a picture if the input sets `-loop` or a length. In every other image output, and in audio outputs,
    // the picture stays one frame.
    if (job.kind !== 'video') return asked && job.kind === 'image' && !job.still;
    if (job.ownLength) return asked;
    if (bounded || asked) return true;
    if (job.selection.video?.input === index) {
      throw new JobFailure(
        'empty_media',
        'A picture has no duration; add the option -t with the seconds that the video should last.',
      );
    }
    return false;
  });
}

/** Containers without an index. FFmpeg may seek behind the last key frame, and then decodes nothing. */
const CLOCKED_DEMUXERS: readonly string[] = ['mpegts', 'mpeg'];

export interface SeekPosition {
  /** Seconds to which FFmpeg seeks in the first input; null = it reads the input from its start. */
  input: number | null;
  /** Whether `input` is the start that the options set for the output. */
  moved: boolean;
  /** Seconds of the start of the output that are decoded and discarded; absent = none. */
  discarded?: number;
}

export function seekPosition(
  inputs: readonly PlanInput[],
  inputOptions: readonly OptionSet[],
  options: OptionSet,
  job: { still: boolean; raw: boolean; selection: Selection; copy: boolean; filtered: boolean; timed: boolean },
): SeekPosition {
  const own = inputOptions[0]!;
  const { info, demuxer } = inputs[0]!;
  const ownTiming = ['ss', 'sseof', 't', 'to', 'itsoffset', 'stream_loop', 'loop'].some((name) => own.has(name));
  if (inputs.length > 1 || ownTiming || info.isImage) return { input: null, moved: false };
  // A seek in the output decodes and discards everything before the position. In a measurement, it needed 54 times the CPU time.
  const stated = options.number('ss');
  if (stated !== null) {
    // Filters that read the time, such as subtitles, need the time of the input.
    if (job.timed) return { input: null, moved: false };
    // A copy starts at a key frame in both cases. With a seek in the output, it would lose all packets before the next key frame.
    return job.copy || INDEXED_DEMUXERS.includes(demuxer)
      ? { input: stated, moved: true }
      : { input: null, moved: false };
  }
  const isCover = job.selection.video?.stream.isAttachedPicture ?? false;
  if (!job.still || job.raw || job.filtered || isCover || info.isAnimated || info.durationSeconds === null)
    return { input: null, moved: false };
  const stream = job.selection.video?.stream;
  // A video may be much shorter than its sound.
  const end = stream?.durationSeconds ?? info.durationSeconds;
  const usual = Math.min(STILL_SECONDS, STILL_SHARE * info.durationSeconds);
  const position = 2 * usual <= end ? usual : STILL_SHARE * end;
  if (!hasLaterFrame(stream, end - position)) return { input: null, moved: false };
  if (CLOCKED_DEMUXERS.includes(demuxer)) return { input: null, moved: false, discarded: position };
  return { input: position, moved: false };
}

/** Whether a frame starts in the seconds after the time of a still. FFmpeg's seek finds only frames that start later. */
function hasLaterFrame(stream: VideoStream | undefined, seconds: number): boolean {
  const frames = (stream?.frameRate ?? Number.POSITIVE_INFINITY) * seconds;
  return stream?.frames !== 1 && frames >= 1;
}
