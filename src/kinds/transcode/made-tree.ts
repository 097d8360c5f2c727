import type { FrameRate, PlannedTree } from '../../ffmpeg/index.ts';
import type { OutputFacts } from '../../jobs/rows.ts';
import type { PreparedAsset } from './assets.ts';

/** The files that a cell wrote for an output with many files. */
export interface WrittenTree {
  /** Host path of the folder with the outputs of the cell, which has ended. */
  folder: string;
  planned: PlannedTree;
  slot: number;
  /** Assets of the job, in the order of the request; null for assets that are inputs of the job. */
  assets: readonly (PreparedAsset | null)[];
  /** The files that child jobs wrote in place of the cell; null if the job has no children. */
  pieces: WrittenPieces | null;
}

/** The files that child jobs wrote for a ladder. */
export interface WrittenPieces {
  /** Position of the ladder among the outputs of the job. */
  position: number;
  /** Host paths of the files of each piece, in the order of the renditions. */
  pieces: readonly (readonly string[])[];
  /** Host path of the audio; null if the ladder has no audio. */
  audio: string | null;
  rate: FrameRate;
  /** Number of frames of each piece. */
  frames: readonly number[];
}

/** A directory of files to store, with its properties. */
export interface MadeTree {
  /** Host path of the directory. */
  directory: string;
  contentTypeOf: (path: string) => string;
  /** The key that encrypts the segments; absent if they are not encrypted. */
  key?: Buffer;
  facts: Omit<OutputFacts, 'format' | 'size' | 'files' | 'sha256' | 'plan'>;
}
