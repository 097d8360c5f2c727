import type { FormatKind, OutputFormat } from '../contract/formats.ts';
import type { QuoteCard, TextOverlay } from './overlays/types.ts';

/**
 * The type of a file according to its first bytes. `demuxer` is FFmpeg's name for `-f`, or `heif`, which only Airlock
 * knows.
 */
export interface DetectedMedia {
  /** One of the content types that an upload may declare. */
  mime: string;
  demuxer: string;
}

export type Rotation = 0 | 90 | 180 | 270;

export interface VideoStream {
  /** Index in the file, as in `-map 0:<index>`. */
  index: number;
  codec: string;
  profile: string | null;
  /** Pixels as stored, before rotation and sample aspect ratio. */
  width: number;
  height: number;
  /** Clockwise degrees by which a player rotates the picture. */
  rotation: Rotation;
  /** Width of one sample divided by its height; 1 = square. */
  sampleAspectRatio: number;
  /** Pixels that a person sees: sample aspect ratio and rotation applied. */
  displayWidth: number;
  displayHeight: number;
  pixelFormat: string | null;
  bitDepth: number;
  hasAlpha: boolean;
  /** Average frames per second. */
  frameRate: number | null;
  isVariableFrameRate: boolean;
  colorTransfer: string | null;
  colorPrimaries: string | null;
  colorSpace: string | null;
  colorRange: string | null;
  /** PQ or HLG transfer. */
  isHdr: boolean;
  /** Cover art, not moving pictures. */
  isAttachedPicture: boolean;
  /** Bits per second. */
  bitRate: number | null;
  frames: number | null;
  isInterlaced: boolean;
  isDefault: boolean;
  durationSeconds: number | null;
}

export interface AudioStream {
  index: number;
  codec: string;
  profile: string | null;
  channels: number;
  sampleRate: number;
  /** Bits per second. */
  bitRate: number | null;
  /** Bits of a sample where the codec has such a number. */
  bitDepth: number | null;
  isDefault: boolean;
  /** ISO 639 code, lower case; null when absent or undetermined. */
  language: string | null;
  durationSeconds: number | null;
}

/** What a probe found; every number has been bounded, nothing in it is the file's own free text. */
export interface MediaInfo {
  /** FFmpeg's format name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`. */
  container: string;
  demuxer: string;
  durationSeconds: number | null;
  sizeBytes: number;
  /** Bits per second of the whole file. */
  bitRate: number | null;
  streamCount: number;
  video: VideoStream[];
  audio: AudioStream[];
  subtitleCount: number;
  /** A still picture. */
  isImage: boolean;
  /** An animated picture (GIF of several frames). */
  isAnimated: boolean;
  /** Codec of a still as it came, where FFmpeg reads a PNG that was made of it. */
  sourceCodec?: string;
}

/** What must be known of an output to check it and to describe it to clients. */
export interface OutputInfo {
  sizeBytes: number;
  durationSeconds: number | null;
  isImage: boolean;
  isAnimated: boolean;
  video: Pick<VideoStream, 'codec' | 'width' | 'height' | 'displayWidth' | 'displayHeight' | 'isAttachedPicture'>[];
  audio: Pick<AudioStream, 'codec' | 'isDefault'>[];
}

export interface InputLimits {
  maxStreams: number;
  /** Luma samples of one frame. */
  maxPixels: number;
  maxSide: number;
  maxDurationSeconds: number;
  maxFrameRate: number;
}

/** Why an option or filter may not run (422), with the position in the request and a safe way to get the same. */
export interface Refusal {
  /** `options[2]`, `inputs[0].options[1]` or `filters[0]`. */
  field: string;
  /** Characters from the start of that option's argument (or that filter's text); absent = the option as a whole. */
  offset?: number;
  option: string;
  reason: string;
  suggestion: string;
}

/** A font family as a filter names it, perhaps with a style behind a colon. */
export interface NamedFont {
  field: string;
  name: string;
}

export interface PlanWarning {
  field: string;
  message: string;
}

/** A file beside the inputs that a filter or overlay names: fetched, checked and placed by us. */
export type AssetKind = 'subtitle' | 'lut' | 'font' | 'picture' | 'media';

/** An asset as a request names it. */
export interface AssetRequest {
  kind: AssetKind;
  /** A job input (`input:1`, or the same URL as an input's), or a separate URL. */
  source: { type: 'input'; index: number } | { type: 'url'; url: string };
  /** Position in the request, e.g. `options[2]`. */
  field: string;
}

/** An asset that lies in the cell. Those that are job inputs are not listed; their place is the input's. */
export interface PlanAsset {
  kind: AssetKind;
  /** Name inside the cell: `/in/asset-0.srt`. */
  path: string;
  /** Null for fonts and LUTs, which FFmpeg does not demux. */
  demuxer: string | null;
  info: MediaInfo | null;
}

/** A picture that we draw ourselves before the run and put into the cell: text as SVG outlines. */
export type LayerRequest = TextLayer | CardLayer | MaskLayer;

export interface TextLayer {
  kind: 'text';
  /** Name inside the cell: `/in/layer-0.svg`. */
  path: string;
  overlay: TextOverlay;
  /** Pixels of the frame, for wrapping text that names no width. */
  frame: { width: number; height: number };
}

export interface CardLayer {
  kind: 'card';
  path: string;
  card: QuoteCard;
  frame: { width: number; height: number };
  /** Where the photo goes is left free. */
  hasPhoto: boolean;
}

/** A white disc on black, to cut a photo round. */
export interface MaskLayer {
  kind: 'mask';
  path: string;
  diameter: number;
}

export type ResourceClass = 'light' | 'heavy';

export interface PlanInput {
  /** Name inside the cell: `/in/0`. */
  path: string;
  demuxer: string;
  info: MediaInfo;
  /** Seconds of sound, counted frame by frame, of a container whose own duration may be a guess; absent or null: not counted. */
  countedSeconds?: number | null;
}

export interface PlanContext {
  /** Assets in the order of `ParsedRequest.assets`; those that are job inputs are null. */
  assets?: readonly (PlanAsset | null)[];
  resourceClass: ResourceClass;
  /** CPU cores that the cell may use. */
  cores: number;
}

/** What the finished output must be; null = the caller's options decide. */
export interface ExpectedOutput {
  kind: FormatKind;
  hasVideo: boolean | null;
  hasAudio: boolean | null;
  width?: number;
  height?: number;
  /** A file of this size was cut off by `-fs`. */
  maxBytes: number;
}

export interface PlannedOutput {
  /** Path inside the cell: `/out/output.<ext>`. */
  path: string;
  format: OutputFormat;
  contentType: string;
  expect: ExpectedOutput;
}

export type PlanSource = 'preset' | 'raw_options' | 'defaults';

export interface Plan {
  /** Everything after the program's name. */
  args: string[];
  outputs: PlannedOutput[];
  /** Expected duration of the output, for progress; null = not known, or a still picture. */
  durationSeconds: number | null;
  /** Expected peak resident memory with a margin of 1.2, for admission; a hard limit should leave room above it. */
  memoryBytes: number;
  /** Cores that the job keeps busy. */
  cpuWeight: number;
  wallMs: number;
  /** CPU seconds over all threads. */
  cpuSeconds: number;
  /** Bytes under /out after which the job has failed. */
  outputBytes: number;
  source: PlanSource;
  /** Pictures that must lie in the cell before the command runs. */
  layers: LayerRequest[];
  warnings: PlanWarning[];
}
