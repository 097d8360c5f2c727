/** Requests the files of a streaming ladder, made of movies that a cell has written. */
export interface LadderRequest {
  /** Movies with one video stream each. The key frames of all movies are at the same times. */
  renditions: readonly LadderSource[];
  /** A movie with one audio stream; null if the ladder has no audio. */
  audio: LadderSource | null;
  /** The pieces of which each rendition consists; null if each rendition is one movie. */
  pieces: LadderPieces | null;
  /** A file of SubRip or WebVTT; null if the ladder has no subtitles. */
  subtitles: { path: string; name: string } | null;
  segmentSeconds: number;
  /** Which manifests to write. */
  manifests: LadderManifests;
  /** Key of 16 bytes that encrypts each segment with AES-128-CBC; null if the ladder is not encrypted. Only HLS supports encryption. */
  key: Uint8Array | null;
  /** Host path of a new directory, which receives the files. */
  directory: string;
  /** Maximum number of files. */
  maxFiles: number;
}

export interface LadderManifests {
  hls: boolean;
  dash: boolean;
}

/** Movies that follow each other, with the same number of frames in all renditions. */
export interface LadderPieces {
  /** Constant number of frames per second, as a fraction. */
  rate: { num: number; den: number };
  /** Number of frames of each piece. */
  frames: readonly number[];
}

export interface LadderSource {
  /** Host paths of the pieces of a rendition in order, or of its only movie. The files are never written. */
  paths: readonly string[];
  /** Directory of the stream's files in the ladder. */
  name: string;
  /** FFmpeg's name of the codec that the stream must have. */
  codec: string;
  /** Size in pixels that the stream must have; absent for audio. */
  size?: { width: number; height: number };
}

/** A rendition as clients see it. */
export interface RenditionFacts {
  width: number;
  height: number;
  /** Highest number of bits per second, with audio, as RFC 8216 defines `BANDWIDTH`. */
  bandwidth: number;
  averageBandwidth: number;
  /** The `codecs` parameter (RFC 6381), with the codec of the audio. */
  codecs: string;
  frameRate: number;
}

/**
 * The result of packaging a ladder, or the reason for its failure, which continues "The output …". `isEmpty` is true if a part has no
 * samples, because nothing could be decoded.
 */
export type LadderResult =
  | { renditions: RenditionFacts[]; durationSeconds: number }
  | { reason: string; isEmpty?: boolean };

/** A stream that was cut into segments. */
export interface CutStream {
  /** Directory of the stream's files in the ladder. */
  name: string;
  /** The `codecs` parameter (RFC 6381). */
  codecs: string;
  /** Units of `segments` per second. */
  timescale: number;
  segments: readonly Segment[];
  /** Highest and average number of bits per second. */
  peak: number;
  average: number;
}

export interface CutVideo extends CutStream {
  width: number;
  height: number;
  /** Frames per second, as a fraction. */
  frameRate: { num: number; den: number };
  keyFrames: readonly KeyFrame[];
}

export interface CutAudio extends CutStream {
  channels: number;
  sampleRate: number;
  /** Language (ISO 639-2); null if it is unknown. */
  language: string | null;
}

/** Subtitles as one segment. */
export interface CutText {
  /** Directory of the subtitles' files in the ladder. */
  name: string;
  seconds: number;
  bytes: number;
}

export interface Segment {
  /** Duration in the time scale of the stream. */
  duration: number;
  bytes: number;
}

/** The fragment that contains only a key frame. */
export interface KeyFrame {
  /** Number of the segment, from 0. */
  segment: number;
  offset: number;
  bytes: number;
  /** Duration until the next key frame, in the time scale of the stream. */
  duration: number;
}

/** Returns the file name of a segment. `index` counts from 0. */
export function segmentName(index: number): string {
  return `segment-${String(index + 1).padStart(5, '0')}.m4s`;
}

export const INIT_NAME = 'init.mp4';
/** File name of the only segment of subtitles. */
export const TEXT_NAME = 'segment-00001.vtt';
