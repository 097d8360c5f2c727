import type { LadderCodec, LadderFormat, OutputFormat, Quality, Resolution, TileFormat } from './formats.ts';
import type { Metric, TargetMetric } from './metrics.ts';

/** One FFmpeg option as the caller wrote it. An absent argument, `""` and `null` mean a flag without a value. */
export interface OptionRequest {
  option: string;
  argument?: string | number | Record<string, unknown> | null;
}

export interface InputRequest {
  url: string;
  options?: OptionRequest[];
}

/** A rendition of a ladder. */
export interface RungRequest {
  /** Short side of the frame in pixels. */
  height: number;
  /** Bits per second of the video: a number, or a text such as `2800k`. */
  bitrate?: number | string;
  codec?: LadderCodec;
}

/** How the renditions of a streaming format are made. */
export interface LadderRequest {
  format: LadderFormat;
  rungs: 'auto' | readonly RungRequest[];
  segmentSeconds: number;
  isEncrypted: boolean;
  /** URL of a SubRip or WebVTT file. */
  subtitles?: string;
  /** Whether the ladder gets subtitles of its speech. */
  transcribes?: boolean;
}

/** How one output is made. */
export interface OutputRequest {
  /** The format. For thumbnails and sprites, the format of their images. For a ladder, the container of its renditions. */
  outputFormat: OutputFormat;
  /** Present if the output is a ladder. */
  ladder?: LadderRequest;
  preset?: { quality?: Quality; resolution?: Resolution };
  options?: OptionRequest[];
  filters?: { filter: string }[];
  /** Bits per second of the video, or of the audio if the output has no video: a number, or a text such as `2800k`. */
  bitrate?: number | string;
  still?: StillRequest;
  preview?: PreviewRequest;
  waveform?: WaveformRequest;
  /** Present for thumbnails and sprites. */
  tiles?: TilesRequest;
  /** The quality to search for, instead of a constant quality. */
  target?: TargetRequest;
  /** Metrics by which the finished video is compared with its source. */
  measure?: readonly Metric[];
}

/** The quality that the smallest possible file must reach. */
export interface TargetRequest {
  metric: TargetMetric;
  atLeast: number;
  /** Maximum bits per second of the video. Null if there is no maximum. */
  maxBitRate: number | null;
}

/** Pictures of a video at equal intervals. */
export interface TilesRequest {
  format: TileFormat;
  /** Seconds between two pictures. Set either this field or `count`. */
  everySeconds?: number;
  count?: number;
  /** Width of one picture in pixels. */
  width?: number;
  /** Number of columns of a sprite. */
  columns?: number;
}

/** One picture of a video. */
export interface StillRequest {
  /** Seconds, a share such as `50%`, or `best`, which is the default. */
  at?: number | string;
  width?: number;
}

/** A short silent clip of several parts of a video. */
export interface PreviewRequest {
  seconds: number;
  segments?: number;
  width?: number;
}

/** A drawing of the loudness of the audio. */
export interface WaveformRequest {
  width: number;
  height: number;
  /** Color of the waveform as `#rrggbb`. */
  color?: string;
}

/** A request for one output, after its shape has been validated and before any policy. */
export interface TranscodeRequest extends OutputRequest {
  inputs: InputRequest[];
  metadata?: Record<string, unknown>;
}

/** A request for several outputs of the same inputs. */
export interface MultiOutputRequest {
  inputs: InputRequest[];
  outputs: (OutputRequest & { name?: string })[];
  metadata?: Record<string, unknown>;
}

/** What a job makes: one output or several. */
export type JobRequest = TranscodeRequest | MultiOutputRequest;
