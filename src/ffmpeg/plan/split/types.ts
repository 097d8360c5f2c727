export type { FrameRate } from '../time/usual-rates.ts';

/** The frames of a video stream according to the index of its container. No packet is decoded. */
export interface FrameList {
  /** Units per second of `times`. */
  timescale: number;
  /** Time at which each frame is presented, in the order of presentation, relative to the first frame. */
  times: Float64Array;
  /**
   * Numbers of the frames at which decoding may start: key frames after which no frame is presented earlier or refers to an earlier frame.
   * In rising order.
   */
  keys: Uint32Array;
  /** Presentation time of the first frame in seconds. */
  startSeconds: number;
  /** Whether the container presents every frame, in the given order and speed. */
  isFullyPresented: boolean;
  /** Bytes of all packets. */
  bytes: number;
  /** SHA-256 of the description that a decoder needs, in hexadecimal. */
  description: string;
}

/** The times of a video in pieces whose frames keep the times of the source, in the units of the source, relative to the first frame. */
export interface KeptTimes {
  /** Units per second. */
  timescale: number;
  /** Time of the first frame of each piece. */
  starts: number[];
  /** Digest of the times of all frames. */
  digest: string;
}

/** Consecutive frames of a video. They begin with a key frame, except in a piece of a ladder. */
export interface Piece {
  /** Number of the piece's first frame, from 0. */
  first: number;
  frames: number;
}

/** A piece of a ladder, which begins where a segment of the ladder begins. */
export interface LadderPiece extends Piece {
  /** Number of the segment that begins with this piece, from 0. */
  segment: number;
  /** Number of the key frame at which decoding begins. */
  key: number;
}
