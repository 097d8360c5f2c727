/** The frames of a video stream that its container's index declares. No packet is decoded. */
export interface FrameList {
  /** Units per second of `times`. */
  timescale: number;
  /** When each frame is presented, in the order of presentation, relative to the first. */
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

/** Frames per second as a fraction. */
export interface FrameRate {
  num: number;
  den: number;
}

/** A piece of a video: some frames from a key frame on. */
export interface Piece {
  /** Number of its first frame, a key frame. */
  first: number;
  frames: number;
}

/** A piece of a ladder, which begins where one of its segments begins. */
export interface LadderPiece extends Piece {
  /** Number of that segment, from 0. */
  segment: number;
  /** Number of the frame at which decoding begins: a key frame. */
  key: number;
}
