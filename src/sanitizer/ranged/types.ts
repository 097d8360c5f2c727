import type { MediaInfo, PictureTime, StreamPackets } from '../../ffmpeg/index.ts';
import type { Range } from './sparse-bytes.ts';

/** Asks for what a file contains of which only parts were fetched. */
export type PartialRequest = {
  /** Host path of a file of the full size, with holes. */
  path: string;
  present: readonly Range[];
  /** Host path of the new container, which must not exist yet. */
  target: string;
} & Wanted;

/** What is made of the parts. */
export type Wanted =
  /** A description of the file; else the container for a probe: the entire index and the first seconds. */
  | { part: 'start' }
  /**
   * The index of a container of the video around these times. It has no holes, and leaves out all the rest. `isSought` = FFmpeg
   * seeks to them, and may arrive half a second earlier.
   */
  | { part: 'pictures'; pictures: readonly PictureTime[]; isSought: boolean };

/** `missing`: fetch it, and ask again. `reason`: the entire file is needed. */
export type PartialResult = StartResult | PicturesResult | MissingParts | { reason: string };

/** `more`: fetch these ranges with it. They are in the order of the file. */
export interface MissingParts {
  missing: Range;
  more: readonly Range[];
}

/** See `SanitizeResult.info`; null = the container was written. */
export interface StartResult {
  info: MediaInfo | null;
  /** As the index lists them, no packet is read; null where the container has no such index. */
  packets: StreamPackets[] | null;
}

/** Ranges of the file that must be copied into the new container one after another, and the offset of the first. */
export interface PicturesResult {
  media: Range[];
  mediaAt: number;
}
