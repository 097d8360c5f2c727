import type { FailureCode } from '../contract/failures.ts';
import type { FrameList, MediaInfo, OutputInfo, SourceText, StreamPackets, Truncation } from '../ffmpeg/index.ts';
import type { FrameTiming } from '../ffmpeg/plan/time/frame-timing.ts';
import type { StillPicture, Turn } from '../ffmpeg/probe/still.ts';
import type { FileOut } from './file-bytes.ts';

/** The container that FFmpeg reads: the sanitizer's new container, or the original. */
export type ContainerOrigin = 'rewritten' | 'original';

export interface SanitizeRequest {
  /** Host path of the file, which is never written. */
  path: string;
  /** `DetectedMedia.demuxer`, detected from the file's first bytes. */
  demuxer: string;
  /** Host path of the new container, which must not exist yet. If null, the file is only inspected. */
  target: string | null;
  /** Number of bytes of media data to copy. The remaining bytes become a hole that a probe never reads. If null, all bytes are copied. */
  mediaBytes: number | null;
  /** Whether the packets may be copied to an output, so that their headers must be read. `listed` reads only the index. */
  packets?: boolean | 'listed';
  /** Whether the video may be cut into pieces, so that its frames must be listed. */
  frames?: boolean;
  /** Whether to write nothing if the reader can describe the file, because nothing else reads the new container. */
  unlessDescribed?: boolean;
  /** Whether the file has already been described, so that the reader need not describe it. */
  isDescribed?: boolean;
}

export interface SanitizeResult {
  container: ContainerOrigin;
  /** FFmpeg's demuxer for the new container, or for the original if it was kept. */
  demuxer: string;
  /** Why the container was not remuxed, continuing "The file …". Null if the container was remuxed, or if remuxing was not requested. */
  reason: string | null;
  /** Seconds of audio, counted frame by frame if nothing else declares them reliably (MP3, AAC); otherwise null. */
  seconds: number | null;
  /** Texts in addition to video and audio; null if the reader does not know them. */
  text: SourceText | null;
  /** How to assemble the picture of a HEIC or AVIF file from the new container; null for other files. */
  still: StillPicture | null;
  /** The declarations of the container, equal to the report of ffprobe; null if only ffprobe can find them. */
  facts: ContainerFacts | null;
  /** Packets of each stream; null if they were not read, or the reader does not know them. */
  packets: StreamPackets[] | null;
  /** Frames of the only video stream; null if they were not read, or the reader does not know them. */
  frames: FrameList | null;
  /** The facts that ffprobe would report about the new container, or about the original if it was kept; null if they may differ. */
  info: MediaInfo | null;
  corrections: Corrections;
}

/** Facts about an entire file by which a description is corrected. Absent facts are unknown, or the description already contains them. */
export interface Corrections {
  /** Timing of each video stream. ffprobe knows only the times of the first frames. */
  timings?: readonly FrameTiming[];
  /** Whether H.264 streams may contain interlaced pictures after their first picture. */
  mayHaveFields?: boolean;
  /** Whether pictures have another size than the first picture of their stream. */
  changesSize?: boolean | undefined;
  /** How a JPEG, PNG or WebP becomes upright. */
  turns?: readonly Turn[];
  /** See `MediaInfo`, which contains it for files that only ffprobe reads. */
  truncation?: Truncation;
  /** Seconds of a transport stream whose clock jumps, for which ffprobe reports a wrong duration. */
  clockSeconds?: number | null;
}

/** Facts that can be read without a decoder. */
export type ContainerFacts = Omit<OutputInfo, 'sizeBytes'>;

/** Writes the new container. `SanitizeRequest` documents `mediaBytes`. */
export type Write = (out: FileOut, mediaBytes: number | null) => void;

/** The result of reading a container that can be remuxed. */
export interface Reading {
  write: Write;
  /** See `SanitizeResult`. */
  seconds: number | null;
  still: StillPicture | null;
  facts: ContainerFacts | null;
  /** Reads `SanitizeResult.text`, after `write`; absent if the reader does not know the texts. */
  text?: () => SourceText;
  /** Reads `SanitizeResult.packets`; absent if the reader does not know them. */
  packets?: (isScanned: boolean) => StreamPackets[];
  /** Reads `SanitizeResult.frames`; absent if the reader does not know them. */
  frames?: () => FrameList | null;
  /** Reads `SanitizeResult.info`; absent if only ffprobe can find the info. */
  describe?: () => MediaInfo | null;
  /** Reads `SanitizeResult.corrections` of a description by `describe`, or by ffprobe if it is null. */
  corrections?: (info: MediaInfo | null) => Corrections;
}

/** A rejection of the file, which becomes a `JobFailure` whose message begins with the name of the input. */
export interface SanitizeRejection {
  code: FailureCode;
  /** Continues "Input 1 …". */
  message: string;
}

/** A system error that the file has not caused, such as a full disk. */
export interface SanitizeFault {
  code: string;
  message: string;
}

export type SanitizeOutcome = { result: SanitizeResult } | { rejection: SanitizeRejection } | { fault: SanitizeFault };
