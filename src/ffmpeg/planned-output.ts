import type { FormatKind, OutputFormat } from '../contract/formats.ts';
import type { Metric } from '../contract/metrics.ts';
import type { TargetRequest } from '../contract/transcode-request.ts';

/** Required properties of the finished output. Null = the caller's options determine the property. */
export interface ExpectedOutput {
  kind: FormatKind;
  hasVideo: boolean | null;
  hasAudio: boolean | null;
  width?: number;
  height?: number;
  /** Codecs that copied streams must have. */
  codecs?: { video?: string; audio?: string };
  /** Size in bytes at which `-fs` cuts off the file. */
  maxBytes: number;
}

/** An output: one file, or a tree of many files. */
export type PlannedOutput = PlannedFile | PlannedTree;

/** Text tags that a copied container can contain, with FFmpeg's names. */
export const COPIED_TAGS = [
  ...(['title', 'artist', 'album_artist', 'composer', 'album', 'date', 'comment', 'genre', 'copyright'] as const),
  ...(['grouping', 'lyrics', 'description', 'synopsis', 'show', 'episode_id', 'network', 'keywords'] as const),
] as const;
export type CopiedTag = (typeof COPIED_TAGS)[number];

/** An output that contains the unchanged packets of the only input, in a container that the sanitizer can write. */
export interface ContainerCopy {
  /** Indexes of the streams in the input, in the order of the output. */
  streams: readonly number[];
  format: OutputFormat;
  /** The part of the input, in microseconds. The copy begins at the key frame before `start`. Absent = the entire input. */
  trim?: { start: number; length: number | null };
  /** Tags of the file, each name at most once, without empty texts; absent = no tags. */
  tags?: readonly (readonly [CopiedTag, string])[];
  /** Type that the sample entries of the input's video must have, such as `hvc1`; absent = any type. */
  videoType?: string;
}

/** A picture of an input. */
export interface PictureTime {
  seconds: number;
  /** Whether the still shows the last key frame up to that time instead of the picture that a player shows at that time. */
  isKey: boolean;
}

export interface PlannedFile {
  /** Position of the output's row among the outputs of the job. */
  position: number;
  /** Path inside the cell: `/out/output.<ext>`. */
  path: string;
  format: OutputFormat;
  contentType: string;
  streams: StreamPlans;
  expect: ExpectedOutput;
  /** The only picture of the input that the output shows; absent = it shows other pictures, or the picture is not known. */
  picture?: PictureTime;
  /** How the finished file is compared with its source; absent = no comparison. */
  quality?: QualityPlan;
  /** Absent = not known. */
  lasting?: LastingMedia;
}

/** Duration and frames of an output if its sources are intact. */
export interface LastingMedia {
  seconds: number;
  /** Frames of the video; null = not known. */
  frames: number | null;
  /** Whether a source is known to be truncated, even if FFmpeg reports no damage. Absent = not known. */
  isTruncated?: true;
}

/** A file whose video is compared with its source. */
export type ComparedFile = PlannedFile & { quality: QualityPlan };

/** A comparison of an encoded video with the encoder's input: the source after all filters. */
export interface QualityPlan {
  source: ComparedSource;
  /** Metrics to compute, with the metric of the target first. */
  metrics: readonly Metric[];
  target: TargetPlan | null;
}

/** The only video from which an output is made. */
export interface ComparedSource {
  /** Path inside the cell. */
  path: string;
  demuxer: string;
  /** Arguments that open the source as the command does, including `-i`. */
  inputArgs: readonly string[];
  /** Index of the stream in the file. */
  stream: number;
  /**
   * Start and length, in seconds, of the part of the file that the output shows. `seconds` is null for a part up to an end whose time is
   * not known.
   */
  from: number;
  seconds: number | null;
  frameRate: number;
  /** A simple chain of filters; empty = none. */
  filter: string;
  /** Pixel format in which both videos are compared. */
  pixelFormat: 'yuv420p' | 'yuv420p10le';
}

/** A target quality, and the encoder whose CRF Airlock searches for it. The search replaces `-crf:v` in the command. */
export interface TargetPlan extends TargetRequest {
  /** FFmpeg's name of the encoder. */
  encoder: string;
  /** Arguments of the encoder, including `-crf:v`. */
  encoderArgs: readonly string[];
}

/** An output of many files, which Airlock makes from files and directories that the cell writes for it. */
export interface PlannedTree {
  /** Position of the output's row among the outputs of the job. */
  position: number;
  format: string;
  /** Content type of the file that a client opens first. */
  contentType: string;
  streams: StreamPlans;
  tree: TreePlan;
  /** The file of the cell that is compared with its source: the largest rendition of a ladder. Absent = no comparison. */
  compared?: ComparedFile;
  /** Absent = not known. */
  lasting?: LastingMedia;
  /** How samples determine the rungs that a ladder needs; absent = no samples. */
  sampling?: RungSampling;
}

/** The bit rate that samples of the source suggest for a rung of `auto`. */
export interface RungRate {
  height: number;
  /** Bits per second at the constant quality of a ladder: `mean` is the average, `most` is the rate of the hardest sample. */
  mean: number;
  most: number;
}

/** The rungs that a ladder may have, with the settings that each sample uses. */
export interface RungSampling {
  source: { path: string; demuxer: string; stream: number; seconds: number; frameRate: number };
  rungs: readonly { height: number; filter: string; preset: string }[];
}

export interface TreePlan {
  /** Paths of the files that the cell writes: `/out/rung-1.mp4`. */
  files: readonly string[];
  /** Directories that the cell fills with files of any name. Use them only if the names of the files are not known. */
  directories: readonly { path: string; maxFiles: number }[];
  /** Upper bounds of the stored output. Airlock reserves `maxBytes` until the output is stored. */
  maxBytes: number;
  maxFiles: number;
  /** How Airlock makes the tree from the files that the cell has written. */
  make: TreeRecipe;
}

/** Stores the only directory unchanged, once every file in it has an expected name and content. */
export interface DirectoryRecipe {
  kind: 'directory';
  /** Matches the name of each file. */
  names: RegExp;
  expect: ExpectedOutput;
  /** The required number of files; absent = any number. */
  count?: number;
  /** Files that Airlock adds; absent = no files. */
  added?: readonly { path: string; contentType: string; text: string }[];
}

/** Cuts the files of the cell into the segments of a ladder. Each file contains one stream. */
export interface LadderRecipe {
  kind: 'ladder';
  renditions: readonly (LadderPart & { size: { width: number; height: number } })[];
  /** Null = the ladder is silent. */
  audio: LadderPart | null;
  /** Position of a subtitle file among the assets of the job; absent = no subtitle file. */
  subtitles?: number;
  /** Whether Airlock makes subtitles from the speech in the video's audio. */
  transcribes?: boolean;
  segmentSeconds: number;
  manifests: { hls: boolean; dash: boolean };
  isEncrypted: boolean;
}

/** A file of the cell that becomes a directory of the ladder. */
export interface LadderPart {
  /** Path in the cell: `/out/ladder-1080p.mp4`. */
  path: string;
  /** Name of the directory. */
  name: string;
  /** FFmpeg's name of the codec. */
  codec: string;
  /** Size in bytes at which `-fs` cuts off the file. */
  maxBytes: number;
}

export type TreeRecipe = DirectoryRecipe | LadderRecipe;

/** How a stream of the output is made. */
export interface StreamPlan {
  mode: 'copied' | 'encoded';
  /** Why a preset encodes the stream instead of copying it; null otherwise. */
  reason: string | null;
  /** Number of pieces into which the video was cut, and the reason for that number; absent if cutting was not considered. */
  split?: { pieces: number; reason: string };
}

/** Null = the output has no such stream. */
export interface StreamPlans {
  video: StreamPlan | null;
  audio: StreamPlan | null;
}
