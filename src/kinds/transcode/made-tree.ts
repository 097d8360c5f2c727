import type { PlannedTree } from '../../ffmpeg/index.ts';
import type { OutputFacts } from '../../jobs/rows.ts';

/** What a cell has written for an output of many files. */
export interface WrittenTree {
  /** Folder of the outputs of the cell, which has ended. */
  folder: string;
  planned: PlannedTree;
  slot: number;
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
