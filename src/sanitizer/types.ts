import type { FailureCode } from '../contract/failures.ts';
import type { OutputInfo } from '../media/index.ts';
import type { StillPicture } from '../media/probe/still.ts';
import type { FileOut } from './file-bytes.ts';

/** What FFmpeg reads instead of the uploaded container: one that we wrote, or the file itself. */
export type ContainerOrigin = 'rewritten' | 'original';

export interface SanitizeRequest {
  /** Host path of the file; it is only read. */
  path: string;
  /** `DetectedMedia.demuxer` by the file's first bytes. */
  demuxer: string;
  /** Host path that the new container is written to; it must not exist. Null = inspect only. */
  target: string | null;
  /**
   * Bytes of media data that are copied, the rest being left as a hole: enough for a probe, which reads no more.
   * Null = all.
   */
  mediaBytes: number | null;
}

export interface SanitizeResult {
  container: ContainerOrigin;
  /** FFmpeg's demuxer of the new container; of the file itself when there is none. */
  demuxer: string;
  /** Why the container could not be remuxed, continuing "The file …"; null when it was, or was not requested. */
  reason: string | null;
  /** Seconds of sound, counted frame by frame where nothing else states them reliably (MP3, AAC); else null. */
  seconds: number | null;
  /** How the picture of a HEIC or AVIF file is put together from the new container; null for all others. */
  still: StillPicture | null;
  /** What the container declares, equal to what ffprobe reports; null where only ffprobe knows. */
  facts: ContainerFacts | null;
}

/** Facts of a file that need no decoder. */
export type ContainerFacts = Omit<OutputInfo, 'sizeBytes'>;

/** Remuxes the container; see `SanitizeRequest.mediaBytes`. */
export type Write = (out: FileOut, mediaBytes: number | null) => void;

/** The result of reading a container that can be remuxed. */
export interface Reading {
  write: Write;
  /** See `SanitizeResult`. */
  seconds: number | null;
  still: StillPicture | null;
  facts: ContainerFacts | null;
}

/** A refusal by the sanitizer; becomes a `JobFailure` whose message begins with the file's name. */
export interface SanitizeRefusal {
  code: FailureCode;
  /** Continues "Input 1 …". */
  message: string;
}

/** A fault of the surroundings, such as a full disk: says nothing about the file. */
export interface SanitizeFault {
  code: string;
  message: string;
}

export type SanitizeAnswer = { result: SanitizeResult } | { refusal: SanitizeRefusal } | { fault: SanitizeFault };
