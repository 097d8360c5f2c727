import type { FailureCode } from '../contract/failures.ts';
import type { StreamPackets } from './packets.ts';
import type { ContainerCopy, PictureTime, PlannedOutput, RungRate } from './planned-output.ts';
import type { CaptionOverlay, QuoteCard, TextOverlay } from './policy/overlays/types.ts';

export type * from './packets.ts';
export type * from './planned-output.ts';

/** The type of a file according to its first bytes. `demuxer` = FFmpeg's name for `-f`, or `heif`, which is not a demuxer of FFmpeg. */
export interface DetectedMedia {
  /** A content type that an upload may declare. */
  mime: string;
  demuxer: string;
}

export type Rotation = 0 | 90 | 180 | 270;

/** Frames whose fields show two moments: interlaced video, or film in which telecine repeats fields. `first` is the earlier field of a frame. */
export interface MixedFields {
  kind: 'combed' | 'film';
  first: 'top' | 'bottom';
}

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
  /** Pixels that a person sees, after applying sample aspect ratio and rotation. */
  displayWidth: number;
  displayHeight: number;
  pixelFormat: string | null;
  bitDepth: number;
  hasAlpha: boolean;
  /** Average frames per second. */
  frameRate: number | null;
  /** See `FrameTiming`; absent = unknown. */
  nominalRate?: number | null;
  hasConstantRate?: boolean;
  colorTransfer: string | null;
  colorPrimaries: string | null;
  colorSpace: string | null;
  colorRange: string | null;
  /** Whether the transfer is PQ or HLG. */
  isHdr: boolean;
  /** The ICC profile of a picture; absent = none, sRGB, or a profile of another kind. Only Airlock's own readers find it, not ffprobe. */
  rgbProfile?: RgbProfile;
  /** Whether the stream is cover art instead of video. */
  isAttachedPicture: boolean;
  /** Bits per second. */
  bitRate: number | null;
  frames: number | null;
  /** Whether the stream begins with interlaced frames. */
  isInterlaced: boolean;
  /** Whether frames may be marked as interlaced although the stream is not known to be interlaced; absent = no. */
  mayBeInterlaced?: boolean;
  /** What samples of the frames show about their fields; absent = no samples, or progressive frames. */
  fields?: MixedFields;
  /** Whether later frames may differ in size, as in recordings of windows and calls; absent = no. */
  mayChangeSize?: boolean;
  /** Whether the stream itself declares its rotation, so that later frames may have another rotation. Absent = no. */
  mayTurn?: true;
  isDefault: boolean;
  /** Whether players prefer other streams: a still picture, a commentary, or a version for impaired viewers. Absent = no. */
  isSecondary?: true;
  durationSeconds: number | null;
  /** Seconds by which the stream starts later than its file, if FFmpeg drops this delay from an output of this stream; absent = none. */
  lateSeconds?: number;
}

/** A color space of RGB. */
export interface RgbProfile {
  /** Nine coefficients from linear RGB to linear sRGB, row by row. */
  toSrgb: readonly number[];
  /** FFmpeg's name of the nearest transfer function. */
  transfer: 'iec61966-2-1' | 'bt470m';
}

export interface AudioStream {
  index: number;
  codec: string;
  profile: string | null;
  channels: number;
  sampleRate: number;
  /** Bits per second. */
  bitRate: number | null;
  /** Bits per sample; null if the codec does not define this number. */
  bitDepth: number | null;
  isDefault: boolean;
  /** See `VideoStream`. */
  isSecondary?: true;
  /** ISO 639 code, lower case; null if absent or undetermined. */
  language: string | null;
  durationSeconds: number | null;
  /** See `VideoStream`. */
  lateSeconds?: number;
}

/** Describes a file whose end is missing. */
export interface Truncation {
  /** Duration that the file declares; null = `MediaInfo.durationSeconds`, or not known. */
  declaredSeconds: number | null;
}

/** Result of a probe. Every number is bounded, and no text is free text of the file. */
export interface MediaInfo {
  /** FFmpeg's format name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`. */
  container: string;
  demuxer: string;
  durationSeconds: number | null;
  /** Absent = the file is complete, or not known to be truncated. */
  truncation?: Truncation;
  sizeBytes: number;
  /** Bits per second of the entire file. */
  bitRate: number | null;
  streamCount: number;
  video: VideoStream[];
  audio: AudioStream[];
  /** Indexes of the streams of each program; absent unless a transport stream has several programs. */
  programs?: number[][];
  subtitleCount: number;
  /** Whether the file is a still picture. */
  isImage: boolean;
  /** Whether the file is an animated picture, such as a GIF with several frames. */
  isAnimated: boolean;
  /** Original codec of a still that Airlock converted to PNG, which is the format that FFmpeg reads. */
  sourceCodec?: string;
}

/** Properties of an output, used to check it and to describe it to clients. */
export interface OutputInfo {
  sizeBytes: number;
  durationSeconds: number | null;
  isImage: boolean;
  isAnimated: boolean;
  video: Pick<VideoStream, 'codec' | 'width' | 'height' | 'displayWidth' | 'displayHeight' | 'isAttachedPicture'>[];
  audio: Pick<AudioStream, 'codec' | 'isDefault'>[];
}

/** A track of subtitles that are text. */
export interface SubtitleTrack {
  /** Whether the text has the styles of ASS or SSA. */
  isStyled: boolean;
  /** See `AudioStream`. */
  language: string | null;
}

/** Chapters and subtitles of an input, as far as the reader of its container finds them. */
export interface SourceText {
  /** Number of subtitle tracks of the source. */
  subtitles: number;
  /** The subtitle tracks that FFmpeg finds, in its order. */
  tracks: readonly SubtitleTrack[];
  /** Number of subtitles of these tracks that FFmpeg does not find, because it cannot decode them or they are too many; absent = 0. */
  droppedSubtitles?: number;
  /** Number of chapters in the container that FFmpeg reads. */
  chapters: number;
  /** Whether the source has chapters that this container cannot contain. */
  hasTooMany: boolean;
}

export interface InputLimits {
  maxStreams: number;
  /** Maximum number of luma samples in one frame. */
  maxPixels: number;
  maxSide: number;
  maxDurationSeconds: number;
}

/** Why an option or filter is rejected (422), with its position in the request and a safe alternative. */
export interface Rejection {
  /** Position in the request: `options[2]`, `inputs[0].options[1]` or `filters[0]`. */
  field: string;
  /**
   * Characters between the start of the option's argument (or the filter's text) and the rejected part; absent = the entire option is
   * rejected.
   */
  offset?: number;
  option: string;
  reason: string;
  suggestion: string;
}

/** A font family that a filter names, optionally with a style after a colon. */
export interface NamedFont {
  field: string;
  name: string;
}

export interface PlanWarning {
  field: string;
  message: string;
}

/** A file other than the inputs that a filter or overlay names: the worker fetches, checks and adds it to the cell. */
export type AssetKind = 'subtitle' | 'lut' | 'font' | 'picture' | 'media';

/** An asset as a request names it. */
export interface AssetRequest {
  kind: AssetKind;
  /** A job input (`input:1`, or the URL of an input), or a separate URL. */
  source: { type: 'input'; index: number } | { type: 'url'; url: string };
  /** Position in the request, e.g. `options[2]`. */
  field: string;
}

/** An asset in the cell. An asset that is a job input has no entry, because the input's path is used. */
export interface PlanAsset {
  kind: AssetKind;
  /** Name inside the cell: `/in/asset-0.srt`. */
  path: string;
  /** Null for fonts and LUTs, which FFmpeg does not demux. */
  demuxer: string | null;
  info: MediaInfo | null;
}

/** A picture (SVG with text as outlines) or a script of captions, which Airlock makes before the run and adds to the cell. */
export type LayerRequest = TextLayer | CardLayer | MaskLayer | CaptionLayer;

export interface TextLayer {
  kind: 'text';
  /** Name inside the cell: `/in/layer-0.svg`. */
  path: string;
  overlay: TextOverlay;
  /** Size of the frame in pixels. Text without a width of its own is wrapped to fit into the frame. */
  frame: { width: number; height: number };
}

export interface CardLayer {
  kind: 'card';
  path: string;
  card: QuoteCard;
  frame: { width: number; height: number };
  /** Whether the card leaves space for a photo. */
  hasPhoto: boolean;
}

/** A white disc on black, the mask of a round photo. */
export interface MaskLayer {
  kind: 'mask';
  path: string;
  diameter: number;
}

/** Captions as a script that FFmpeg draws. */
export interface CaptionLayer {
  kind: 'captions';
  /** Name inside the cell: `/in/layer-0.ass`. */
  path: string;
  captions: CaptionOverlay;
  /** Size of the frame in pixels. */
  frame: { width: number; height: number };
}

export type ResourceClass = 'light' | 'heavy';

export interface PlanInput {
  /** Name inside the cell: `/in/0`. */
  path: string;
  demuxer: string;
  info: MediaInfo;
  /** Absent or null = unknown, so nothing may be copied. */
  packets?: readonly StreamPackets[] | null;
  /** Absent or null = not known. */
  text?: SourceText | null;
  /** Seconds of audio, counted by frame if the container's duration may be a guess; absent or null = not counted. */
  countedSeconds?: number | null;
}

export interface PlanContext {
  /** The best still of the first input; absent or null = the stills were not compared. */
  best?: PictureTime | null;
  /** Assets in the order of `ParsedRequest.assets`. An asset that is a job input is null. */
  assets?: readonly (PlanAsset | null)[];
  resourceClass: ResourceClass;
  /** Whether everything must be decoded and encoded, so that no bytes of an input reach the output. */
  disarm?: boolean;
  /** CPU cores that the cell may use. */
  cores: number;
  /** Bit rates that samples suggest for the rungs of a ladder; absent = no samples. */
  rungRates?: readonly RungRate[];
  /** Maximum expected memory, in bytes, of a command that several outputs share; absent = no maximum. */
  memoryBytes?: number;
  /** Position of an output that has its own command; absent = no such output. */
  apart?: number;
  /** Positions of the outputs that an earlier attempt has made, which need no command; absent = none. */
  made?: readonly number[];
}

export type PlanSource = 'preset' | 'raw_options' | 'defaults';

/** All commands of a job. Each command makes its own outputs: if one command fails, the outputs of the others are kept. */
export interface JobPlan {
  commands: readonly Plan[];
  /** Outputs that the inputs do not allow, such as an MP3 of a silent video; absent = no such outputs. There is at least one command. */
  failures?: readonly PlannedFailure[];
}

export interface PlannedFailure {
  /** Position of the output's row among the outputs of the job. */
  position: number;
  code: FailureCode;
  message: string;
}

/** One command. */
export interface Plan {
  /** All arguments after the program's name. */
  args: string[];
  outputs: PlannedOutput[];
  /** Expected duration of the output, for progress; null = unknown, or a still picture. */
  durationSeconds: number | null;
  /**
   * Expected peak resident memory in bytes, multiplied by 1.2 as a margin, for admission. A hard limit should leave space above this value.
   */
  memoryBytes: number;
  /** Cores that the job occupies. */
  cpuWeight: number;
  wallMs: number;
  /** CPU seconds of all threads after which the command is stopped. */
  cpuSeconds: number;
  /** Estimated CPU seconds of encoders and filters; null = unknown, or a still picture. */
  expectedCpuSeconds: number | null;
  /** Bytes under /out above which the job fails. */
  outputBytes: number;
  source: PlanSource;
  /** Pictures and scripts of captions that must be in the cell before the command runs. */
  layers: LayerRequest[];
  warnings: PlanWarning[];
  /**
   * Times in seconds, in rising order, for each of which the command needs only the last key frame of the first input up to that time;
   * absent = the command needs all frames.
   */
  keyTimes?: readonly number[];
  /** How the command's output can be made without FFmpeg; absent = only the command can make it. */
  containerCopy?: ContainerCopy;
}
