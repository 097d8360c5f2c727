import { JobFailure } from '../../../contract/failures.ts';
import { timeText } from '../../policy/options/option-values.ts';
import type { MediaInfo, PictureTime, PlanInput, PlanWarning, VideoStream } from '../../types.ts';
import { decimal } from '../geometry.ts';

/** How FFmpeg reads the input of a still, and which of the pictures it then gets is shown. */
export interface StillTime {
  /** Options before the input. */
  before: readonly string[];
  /** Seconds to which FFmpeg seeks; null = it reads from the start. */
  seek: number | null;
  /** Filters that leave one picture; empty = the first one is shown. */
  filters: string;
  /** Null = the input is a picture. */
  picture: PictureTime | null;
  /** Seconds of the input that must perhaps be decoded. */
  decodeSeconds: number;
  warnings: readonly PlanWarning[];
}

/** Containers with an index of key frames, in which a seek ends at the last key frame before its target. */
const INDEXED_DEMUXERS: readonly string[] = ['mov', 'matroska'];
/** Seconds by which FFmpeg seeks earlier in other containers: it starts anywhere, and must find a key frame. */
const EARLIER_SECONDS = 10;
/** Seconds into which every picture up to the wanted one is moved; longer than any input. */
const WINDOW_SECONDS = 100_000;
/** Seconds by which a picture may start after the requested time; times are written in milliseconds. */
const TOLERANCE = 0.001;
/** Where the best still is assumed if no picture could be compared. */
const ASSUMED_SHARE = 0.25;
/** Seconds up to which a video without a known duration is searched for the best still. */
const UNKNOWN_SECONDS = 32;

/** Where a still is taken. Throws `JobFailure` for a share of an unknown duration. */
export function stillTime(
  at: number | string,
  input: PlanInput,
  stream: VideoStream,
  { best, field }: { best: PictureTime | null; field: string },
): StillTime {
  const { info } = input;
  if (info.isImage || stream.isAttachedPicture) return onlyPicture();
  const end = stream.durationSeconds ?? info.durationSeconds;
  if (at === 'best') return pictureAt(best ?? { seconds: ASSUMED_SHARE * (end ?? 0), isKey: false }, input);
  const seconds = typeof at === 'number' ? at : shareOf(at, end);
  if (end === null || seconds <= end) return shownAt(seconds, input);
  const message = `The video ends after ${timeText(end)} s, before ${timeText(seconds)} s; the still shows its last picture.`;
  return { ...shownAt(end, input), warnings: [{ field, message }] };
}

/** Seconds near which the pictures are compared from which the best one is chosen, in rising order. */
export function bestCandidates(info: MediaInfo, stream: VideoStream, count: number): number[] {
  const end = stream.durationSeconds ?? info.durationSeconds ?? UNKNOWN_SECONDS;
  return Array.from({ length: count }, (_, index) => Number(((end * (index + 0.5)) / count).toFixed(3)));
}

/** How FFmpeg reads a video of which this picture is shown. */
export function pictureAt(picture: PictureTime, input: PlanInput): StillTime {
  return picture.isKey ? keyFrameBefore(picture) : shownAt(picture.seconds, input);
}

function shareOf(at: string, end: number | null): number {
  if (end !== null) return (Number.parseFloat(at) / 100) * end;
  const message = `The duration of the input is not known, so ${at} of it is not either; send at in seconds.`;
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
 * Shows the picture that a player shows at that time: the last one that starts up to it. FFmpeg's own seek shows the first
 * one after it, and none where the last one stands still until the end. So everything from the key frame before is decoded,
 * as for any seek, and `fps` keeps the last picture up to the time.
 */
function shownAt(seconds: number, { demuxer }: PlanInput): StillTime {
  const seek = INDEXED_DEMUXERS.includes(demuxer) ? seconds : Math.max(0, seconds - EARLIER_SECONDS);
  const shift = decimal(WINDOW_SECONDS - TOLERANCE - (seconds - seek));
  return {
    before: ['-noaccurate_seek'],
    seek,
    filters: `setpts=PTS+${shift}/TB,fps=fps=1/${WINDOW_SECONDS}:round=down:eof_action=pass`,
    picture: { seconds, isKey: false },
    decodeSeconds: seconds,
    warnings: [],
  };
}
