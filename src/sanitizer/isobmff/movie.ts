import type { FileText } from '../source-text.ts';

/** The part of an ISO media file that reaches FFmpeg: every field is read, bounded and rewritten. */
export interface Movie {
  /** FFmpeg parses `qt  ` differently: QuickTime versions its sample descriptions. */
  brand: 'qt  ' | 'isom';
  timescale: number;
  duration: number;
  matrix: Buffer;
  tracks: Track[];
  /** Tracks of subtitles, which only a container for FFmpeg contains, after the other tracks. Absent = the movie was not read from a file. */
  subtitles?: readonly TextTrack[];
  /** Whether the file has fragments, or declares that it may. */
  isFragmented: boolean;
  /** Absent = the movie was not read from a file. */
  text?: FileText;
}

export interface Track {
  kind: 'video' | 'audio';
  /** Id of the track in the file. Fragments refer to this id. */
  id: number;
  /** `tkhd` flags: enabled, in movie, in preview. */
  flags: number;
  alternateGroup: number;
  volume: number;
  /** Rotation and mirroring, in 36 bytes. */
  matrix: Buffer;
  /** Width and height as fixed-point numbers, 16.16. */
  width: number;
  height: number;
  /** Duration in the movie's time scale. */
  duration: number;
  media: MediaHeader;
  /** The edit list; null if the media plays from its start. */
  edits: Edit[] | null;
  /** One sample entry, rewritten. */
  entry: Buffer;
  samples: SampleTable;
}

/** A track of subtitles. */
export type TextTrack = Omit<Track, 'kind'> & { kind: 'text' };

export interface MediaHeader {
  timescale: number;
  duration: number;
  /** Packed ISO 639-2, or a QuickTime code. */
  language: number;
}

export interface Edit {
  duration: number;
  /** Media time at which the edit starts; -1 = an empty edit. */
  mediaTime: number;
  /** Playback rate as a fixed-point number, 16.16. */
  rate: number;
}

export interface SampleTable {
  count: number;
  /** Number of bytes of every sample; 0 if `sizes` contains the sizes. */
  size: number;
  /** Number of bytes of each sample, as integers of 32 bits, big-endian. */
  sizes: Buffer;
  /** Pairs of count and difference of decoding times. */
  durations: Buffer;
  /** Pairs of count and offset of presentation times; null = no offsets. */
  offsets: { version: number; pairs: Buffer } | null;
  /** Sample numbers of the key frames; null = every sample is a key frame. */
  keys: Buffer | null;
  /** Sample groups that declare where decoding may start, as rewritten boxes. */
  groups: Buffer[];
  chunks: Chunks;
}

export interface Chunks {
  count: number;
  /** Offsets in the file. */
  offsets: Float64Array;
  bytes: Float64Array;
  samples: Uint32Array;
}
