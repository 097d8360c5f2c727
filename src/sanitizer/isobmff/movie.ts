/** What FFmpeg gets of an ISO media file: every field read, bounded, and rewritten. */
export interface Movie {
  /** `qt  ` and all others are read differently: QuickTime's sample descriptions have versions of their own. */
  brand: 'qt  ' | 'isom';
  timescale: number;
  duration: number;
  matrix: Buffer;
  tracks: Track[];
  /** Whether samples lie in fragments, or may. */
  isFragmented: boolean;
}

export interface Track {
  kind: 'video' | 'audio';
  /** As the file numbers it; fragments name it. */
  id: number;
  /** `tkhd` flags: enabled, in movie, in preview. */
  flags: number;
  alternateGroup: number;
  volume: number;
  /** Rotation and mirroring, 36 bytes. */
  matrix: Buffer;
  /** Fixed point 16.16. */
  width: number;
  height: number;
  /** In units of the movie. */
  duration: number;
  media: MediaHeader;
  /** Null = the media is shown from its start. */
  edits: Edit[] | null;
  /** One sample entry, rewritten. */
  entry: Buffer;
  samples: SampleTable;
}

export interface MediaHeader {
  timescale: number;
  duration: number;
  /** Packed ISO 639-2, or a QuickTime code. */
  language: number;
}

export interface Edit {
  duration: number;
  /** -1 = nothing is shown meanwhile. */
  mediaTime: number;
  /** Fixed point 16.16. */
  rate: number;
}

export interface SampleTable {
  count: number;
  /** Bytes of every sample; 0 = see `sizes`. */
  size: number;
  /** 32 bits each, big-endian. */
  sizes: Buffer;
  /** Pairs of count and difference of decoding times. */
  durations: Buffer;
  /** Pairs of count and offset of presentation times; null = none. */
  offsets: { version: number; pairs: Buffer } | null;
  /** Numbers of key frames; null = every sample is one. */
  keys: Buffer | null;
  /** Sample groups that state where decoding may start, as rewritten boxes. */
  groups: Buffer[];
  chunks: Chunks;
}

export interface Chunks {
  count: number;
  /** Places in the file. */
  offsets: Float64Array;
  bytes: Float64Array;
  samples: Uint32Array;
}
