import type { MediaInfo, PictureTime, StreamPackets } from '../../ffmpeg/index.ts';
import type { Range } from './sparse-bytes.ts';

/** Requests a description or a container of a file of which only parts were fetched. */
export type PartialRequest = {
  /** Host path of a file of the full size, with holes. */
  path: string;
  present: readonly Range[];
  /** Host path of the new container, which must not exist yet. */
  target: string;
} & Wanted;

/** The result to make from the parts. */
export type Wanted =
  /** A description of the file. If a description is not possible, the container for a probe: the entire index and the first seconds. */
  | { part: 'start' }
  /**
   * A container of the video around these times, with its own index. The container has no holes, and omits the rest of the video. If
   * `isSought` is true, FFmpeg seeks to the times, and may arrive half a second earlier.
   */
  | { part: 'pictures'; pictures: readonly PictureTime[]; isSought: boolean };

/**
 * If the result has `missing`, the caller must fetch this range, and send the request again. If it has `reason`, the entire file is needed.
 */
export type PartialResult = StartResult | PicturesResult | MissingParts | { reason: string };

/** Ranges that the caller must fetch. `more` contains ranges to fetch together with `missing`, in the order of the file. */
export interface MissingParts {
  missing: Range;
  more: readonly Range[];
}

/** The description of the file. `info` is as in `SanitizeResult`; null if the container for a probe was written instead. */
export interface StartResult {
  info: MediaInfo | null;
  /** Frames as the index lists them, without reading packets. Null if the container has no such index. */
  packets: StreamPackets[] | null;
}

/**
 * Ranges of the file that must be copied into the new container one after another, and the offset at which the first range begins there.
 */
export interface PicturesResult {
  media: Range[];
  mediaAt: number;
}
