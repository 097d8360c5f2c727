/** Maximum seconds between key frames, as Apple recommends, because players seek to key frames. */
const MAX_KEY_SECONDS = 2;

/** Key frames of a ladder: at the start of every segment, and at equal intervals in it. */
export interface KeyFrames {
  perSegment: number;
  segmentSeconds: number;
}

/** The position of a piece in the ladder. */
export interface PieceStart {
  /** Number of the piece's first frame in the ladder, from 0. A segment begins with this frame. */
  frame: number;
  /** Number of the segment that begins with this frame, from 0. */
  segment: number;
  rate: { num: number; den: number };
}

export function keyFramesOf(segmentSeconds: number): KeyFrames {
  return { perSegment: Math.ceil(segmentSeconds / MAX_KEY_SECONDS), segmentSeconds };
}

/**
 * Returns the argument of `-force_key_frames`. FFmpeg counts time and key frames from the start of a piece, so the expression of a piece
 * adds the piece's position. The expression then selects the same frames as the expression of the entire ladder. Because times are rounded,
 * equal times can differ slightly.
 */
export function forcedKeyFrames({ perSegment, segmentSeconds }: KeyFrames, start: PieceStart | null = null): string {
  if (start === null) return `expr:gte(t*${perSegment},n_forced*${segmentSeconds})`;
  const { frame, segment, rate } = start;
  const time = `(t+${frame}*${rate.den}/${rate.num})`;
  return `expr:gte(${time}*${perSegment}+1e-7,(n_forced+${segment * perSegment})*${segmentSeconds})`;
}
