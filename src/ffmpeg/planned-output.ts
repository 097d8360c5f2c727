import type { FormatKind, OutputFormat } from '../contract/formats.ts';

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
  /** How many files there must be; absent = any number. */
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
