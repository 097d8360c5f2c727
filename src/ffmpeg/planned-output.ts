import type { FormatKind, OutputFormat } from '../contract/formats.ts';
import type { Metric } from '../contract/metrics.ts';
import type { TargetRequest } from '../contract/transcode-request.ts';

/** Required properties of the finished output; null = the caller's options decide. */
export interface ExpectedOutput {
  kind: FormatKind;
  hasVideo: boolean | null;
  hasAudio: boolean | null;
  width?: number;
  height?: number;
  /** Codecs of copied streams. */
  codecs?: { video?: string; audio?: string };
  /** `-fs` cuts off a file at this size. */
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

/** An output that contains the packets of the only input, unchanged, in a container that the sanitizer can write. */
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
  /** The last key frame up to that time, not the picture that is shown then. */
  isKey: boolean;
}

export interface PlannedFile {
  /** Position of its row among the outputs of the job. */
  position: number;
  /** Path inside the cell: `/out/output.<ext>`. */
  path: string;
  format: OutputFormat;
  contentType: string;
  streams: StreamPlans;
  expect: ExpectedOutput;
  /** The only picture of the input that it shows; absent = it shows others, or it is not known. */
  picture?: PictureTime;
  /** How the finished file is compared with its source; absent = it is not. */
  quality?: QualityPlan;
}

/** A file whose video is compared with its source. */
export type ComparedFile = PlannedFile & { quality: QualityPlan };

/** A comparison of an encoded video with what its encoder gets: the source after all filters. */
export interface QualityPlan {
  source: ComparedSource;
  /** The metric of the target first. */
  metrics: readonly Metric[];
  target: TargetPlan | null;
}

/** The only video from which an output is made. */
export interface ComparedSource {
  /** Inside the cell. */
  path: string;
  demuxer: string;
  /** Arguments that open it as the command does, `-i` included. */
  inputArgs: readonly string[];
  /** Index of the stream in the file. */
  stream: number;
  /** The part of the file that the output shows, in seconds; null = until an end that is not known. */
  from: number;
  seconds: number | null;
  frameRate: number;
  /** A simple chain of filters; empty = none. */
  filter: string;
  /** In which both are compared. */
  pixelFormat: 'yuv420p' | 'yuv420p10le';
}

/** A quality to search for. The command contains the encoder's `-crf:v`, which the search replaces. */
export interface TargetPlan extends TargetRequest {
  /** FFmpeg's name. */
  encoder: string;
  /** Arguments of the encoder, `-crf:v` included. */
  encoderArgs: readonly string[];
}

/** An output of many files, which Airlock makes from files and directories that the cell writes for it. */
export interface PlannedTree {
  /** Position of its row among the outputs of the job. */
  position: number;
  format: string;
  /** Of the file with which a client begins. */
  contentType: string;
  streams: StreamPlans;
  tree: TreePlan;
  /** The file of the cell that is compared with its source: the largest rendition of a ladder. Absent = none is. */
  compared?: ComparedFile;
  /** How samples show which rungs a ladder needs; absent = they are not sampled. */
  sampling?: RungSampling;
}

/** The bit rate that a rung of `auto` needs, by samples of the source. */
export interface RungRate {
  height: number;
  /** Bits per second at the constant quality of a ladder: on average, and of the hardest sample. */
  mean: number;
  most: number;
}

/** The rungs that a ladder may have, each as a sample encodes it. */
export interface RungSampling {
  source: { path: string; demuxer: string; stream: number; seconds: number; frameRate: number };
  rungs: readonly { height: number; filter: string; preset: string }[];
}

export interface TreePlan {
  /** Paths of the files that the cell writes: `/out/rung-1.mp4`. */
  files: readonly string[];
  /** Directories that the cell fills with files of any name. Use them only if the names of the files are not known. */
  directories: readonly { path: string; maxFiles: number }[];
  /** Upper bounds of the stored output. `maxBytes` is reserved until it is stored. */
  maxBytes: number;
  maxFiles: number;
  /** How the tree is made of what the cell has written. */
  make: TreeRecipe;
}

/** Stores the only directory as it is, once every file in it has an expected name and content. */
export interface DirectoryRecipe {
  kind: 'directory';
  /** Matches the name of each file. */
  names: RegExp;
  expect: ExpectedOutput;
  /** The required number of files; absent = any number. */
  count?: number;
  /** Files that Airlock adds; absent = none. */
  added?: readonly { path: string; contentType: string; text: string }[];
}

/** Cuts the files of the cell into the segments of a ladder. Each has one stream. */
export interface LadderRecipe {
  kind: 'ladder';
  renditions: readonly (LadderPart & { size: { width: number; height: number } })[];
  /** Null = the ladder is silent. */
  audio: LadderPart | null;
  /** Position of a subtitle file among the assets of the job; absent = none. */
  subtitles?: number;
  /** Whether subtitles are made from the speech in its audio. */
  transcribes?: boolean;
  segmentSeconds: number;
  manifests: { hls: boolean; dash: boolean };
  isEncrypted: boolean;
}

/** A file of the cell that becomes a directory of the ladder. */
export interface LadderPart {
  /** In the cell: `/out/ladder-1080p.mp4`. */
  path: string;
  /** Of the directory. */
  name: string;
  /** FFmpeg's name of the codec. */
  codec: string;
  /** `-fs` cuts off the file at this size. */
  maxBytes: number;
}

export type TreeRecipe = DirectoryRecipe | LadderRecipe;

/** How a stream of the output is made. */
export interface StreamPlan {
  mode: 'copied' | 'encoded';
  /** Why a preset encodes the stream instead of copying it; null otherwise. */
  reason: string | null;
  /** Into how many pieces the video was cut, and why; absent where that was not considered. */
  split?: { pieces: number; reason: string };
}

/** Null = the output has no such stream. */
export interface StreamPlans {
  video: StreamPlan | null;
  audio: StreamPlan | null;
}
