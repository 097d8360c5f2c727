import type { FrameRate, PlannedTree } from '../../ffmpeg/index.ts';
import type { OutputFacts } from '../../jobs/rows.ts';
import type { PreparedAsset } from './assets.ts';

/** What a cell has written for an output of many files. */
export interface WrittenTree {
  /** Folder of the outputs of the cell, which has ended. */
  folder: string;
  planned: PlannedTree;
  slot: number;
  /** Of the job. */
  assets: readonly (PreparedAsset | null)[];
  /** Written instead, by cells of children; null = there are none. */
  pieces: WrittenPieces | null;
}

/** What children have written for a ladder. */
export interface WrittenPieces {
  /** Host paths of the files of each piece, in the order of the renditions. */
  pieces: readonly (readonly string[])[];
  /** Host path; null = the ladder is silent. */
  audio: string | null;
  rate: FrameRate;
  /** Of each piece. */
  frames: readonly number[];
}

/** A directory to store, and what is known about it. */
export interface MadeTree {
  /** Path on the host. */
  directory: string;
  contentTypeOf: (path: string) => string;
  /** Decrypts its files; absent if they are not encrypted. */
  key?: Buffer;
  facts: Omit<OutputFacts, 'format' | 'size' | 'files' | 'sha256' | 'plan'>;
}
