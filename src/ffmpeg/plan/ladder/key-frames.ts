/** Seconds between key frames that Apple recommends: players seek to them. */
const MAX_KEY_SECONDS = 2;

/** Where the key frames of a ladder are: at the start of every segment, and at equal distances in it. */
export interface KeyFrames {
  perSegment: number;
  segmentSeconds: number;
}

/** Where a piece begins in the ladder. */
export interface PieceStart {
  /** Number of its first frame, with which a segment begins. */
  frame: number;
  /** Number of that segment, from 0. */
  segment: number;
  rate: { num: number; den: number };
}

export function keyFramesOf(segmentSeconds: number): KeyFrames {
  return { perSegment: Math.ceil(segmentSeconds / MAX_KEY_SECONDS), segmentSeconds };
}

/**
 * The argument of `-force_key_frames`. A piece counts its time and its key frames from its own start; its expression gives the
 * same frames as the expression of the entire ladder. The times of both are rounded, so that equal times may differ a little.
 */
export function forcedKeyFrames({ perSegment, segmentSeconds }: KeyFrames, start: PieceStart | null = null): string {
  if (start === null) return `expr:gte(t*${perSegment},n_forced*${segmentSeconds})`;
  const { frame, segment, rate } = start;
  const time = `(t+${frame}*${rate.den}/${rate.num})`;
  return `expr:gte(${time}*${perSegment}+1e-7,(n_forced+${segment * perSegment})*${segmentSeconds})`;
}
