import { JobFailure } from '../../../contract/failures.ts';
import { timeText } from '../../policy/options/option-values.ts';
import { RESTARTED_DEMUXERS } from '../../probe/probe.ts';
import type { MediaInfo, PictureTime, PlanInput, PlanWarning, VideoStream } from '../../types.ts';
import { decimal } from '../geometry.ts';
import { lateStartArgs } from '../time/late-start.ts';

/** How FFmpeg reads the input of a still, and how it chooses the picture. */
export interface StillTime {
  /** FFmpeg's options before the input. */
  before: readonly string[];
  /** Seconds to which FFmpeg seeks; null if it reads from the start. */
  seek: number | null;
  /** Filters that drop all pictures but one; empty if the still is the first picture. */
  filters: string;
  /** Null if the input is a picture. */
  picture: PictureTime | null;
  /** Maximum seconds of the input that FFmpeg decodes. */
  decodeSeconds: number;
  warnings: readonly PlanWarning[];
}

/** Containers with an index of key frames. FFmpeg seeks to the last key frame before the requested time. */
const INDEXED_DEMUXERS: readonly string[] = ['mov', 'matroska'];
/** Seconds by which FFmpeg seeks earlier in other containers, where a seek can end between key frames. */
const EARLIER_SECONDS = 10;
/** Interval of the `fps` filter in seconds, longer than any input. Filters shift the requested time to the end of the first interval. */
const WINDOW_SECONDS = 100_000;
/** Seconds by which a picture may start after the requested time, because times are rounded to milliseconds. */
const TOLERANCE = 0.001;
/** Share of the duration at which the best still is assumed if no pictures were compared. */
const ASSUMED_SHARE = 0.25;
/** If the duration is unknown, the best still is chosen from this number of seconds at the start. */
const UNKNOWN_SECONDS = 32;

/** Determines how FFmpeg reads the picture at a requested time. Throws `JobFailure` if the time is a share of an unknown duration. */
export function stillTime(
  at: number | string,
  input: PlanInput,
  stream: VideoStream,
  { best, field }: { best: PictureTime | null; field: string },
): StillTime {
  const { info } = input;
  if (info.isImage || stream.isAttachedPicture) return onlyPicture();
  const end = stream.durationSeconds ?? info.durationSeconds;
  if (at === 'best') return pictureAt(best ?? { seconds: ASSUMED_SHARE * (end ?? 0), isKey: false }, input, stream);
  const seconds = typeof at === 'number' ? at : shareOf(at, end);
  if (end === null || seconds <= end) return shownAt(seconds, input, stream);
  const message = `The video ends after ${timeText(end)} s, before ${timeText(seconds)} s. The still shows its last picture.`;
  return { ...shownAt(end, input, stream), warnings: [{ field, message }] };
}

/** Returns the times of the pictures from which the best still is chosen, in seconds, in rising order. */
export function bestCandidates(info: MediaInfo, stream: VideoStream, count: number): number[] {
  const end = stream.durationSeconds ?? info.durationSeconds ?? UNKNOWN_SECONDS;
  return Array.from({ length: count }, (_, index) => Number(((end * (index + 0.5)) / count).toFixed(3)));
}

/** Determines how FFmpeg reads a video to show this picture. */
export function pictureAt(picture: PictureTime, input: PlanInput, stream: VideoStream): StillTime {
  return picture.isKey ? keyFrameBefore(picture) : shownAt(picture.seconds, input, stream);
}

function shareOf(at: string, end: number | null): number {
  if (end !== null) return (Number.parseFloat(at) / 100) * end;
  const message = `The duration of the input is unknown, so Airlock cannot find the picture at ${at} of it. Send at in seconds.`;
  throw new JobFailure('unsupported_media', message);
}

function onlyPicture(): StillTime {
  return { before: [], seek: null, filters: '', picture: null, decodeSeconds: 0, warnings: [] };
}

function keyFrameBefore(picture: PictureTime): StillTime {
  const before = ['-noaccurate_seek', '-skip_frame', 'nokey'];
  return { before, seek: picture.seconds, filters: '', picture, decodeSeconds: 10, warnings: [] };
}

/**
 * Shows the picture that a player shows at that time: the last picture that starts at or before the time. FFmpeg's accurate seek returns
 * the first picture after the time, and nothing if no picture follows. So FFmpeg decodes from the previous key frame on, and `fps` keeps
 * the last picture up to the time. After a seek in a transport stream, FFmpeg 7 shifts the times of a single stream, so they stay times of
 * the file.
 */
function shownAt(seconds: number, { demuxer }: PlanInput, stream: VideoStream): StillTime {
  const seek = INDEXED_DEMUXERS.includes(demuxer) ? seconds : Math.max(0, seconds - EARLIER_SECONDS);
  const keepsTimes = seek > 0 && RESTARTED_DEMUXERS.includes(demuxer);
  const shift = decimal(WINDOW_SECONDS - TOLERANCE - (seconds - (keepsTimes ? 0 : seek)));
  return {
    before: ['-noaccurate_seek', ...(keepsTimes ? ['-copyts', '-start_at_zero'] : []), ...lateStartArgs([stream])],
    seek,
    filters: `setpts=PTS+${shift}/TB,fps=fps=1/${WINDOW_SECONDS}:round=down:eof_action=pass`,
    picture: { seconds, isKey: false },
    decodeSeconds: seconds,
    warnings: [],
  };
}
