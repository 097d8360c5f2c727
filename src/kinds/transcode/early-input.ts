import type { Readable } from 'node:stream';
import type { Plan } from '../../ffmpeg/index.ts';

/** The input of a command that starts before its source is fetched as a whole. */
export interface EarlyInput {
  /** Makes the input ready for the plan. Throws if the plan needs the whole source. */
  prepare(plan: Plan): Promise<void>;
  /** Returns standard input of FFmpeg; null = the input is a file. */
  open: (() => Readable) | null;
  /** Aborted when the source, or what was found in it, does not allow to go on. */
  signal: AbortSignal;
  /** Resolves when the whole source is on the disk; null = it never is. */
  staged: Promise<unknown> | null;
  /** Resolves when all of the source was read as expected. Rejects when the result must be dropped. */
  settled(): Promise<void>;
}
