import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { CellInput } from '../../../attempt/cells/run-command.ts';
import type { CellBudget, JobPlan, PictureTime, PlanWarning } from '../../../ffmpeg/index.ts';
import type { ClaimedSource } from '../../../jobs/rows.ts';
import type { PreparedAsset } from '../assets.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import type { PreparedInput } from '../inputs.ts';
import type { WrittenPieces } from '../made-tree.ts';

/*
 * A strategy defines how the sources of a job reach FFmpeg. Each strategy has its own file, and prepares and describes the sources. The
 * later steps are the same for all strategies.
 */

/** Result of a strategy that cannot make the outputs. The next strategy receives `found`. */
export interface FallBack {
  outcome: 'fall-back';
  reason: string;
  /** Results that the next strategy can reuse; absent if there are none. */
  found?: Found;
}

/** Results of an earlier strategy. */
export interface Found {
  /** Resolves to the host paths of the inputs. */
  staged?: Promise<string[]>;
  /** Why the video is not encoded in pieces. */
  noSplitReason?: string;
}

/** The files of an attempt, described. */
export interface PreparedSources {
  outcome: 'ready';
  slot: number;
  inputs: readonly PreparedInput[];
  /** Assets in the order of the request; null for assets that are inputs of the job. */
  assets: readonly (PreparedAsset | null)[];
  /** Files that the cell reads, except for layers that Airlock draws. */
  files: readonly CellInput[];
  /** Opens standard input; null if the cell has no standard input. */
  openStdin: (() => Readable) | null;
  /** Signal that stops the cell. */
  signal: AbortSignal;
  /** The original files, which are hashed once `ready` has resolved; null if there are no files to hash. */
  originals: { ready: Promise<unknown>; files: readonly OriginalFile[] } | null;
  /** Why the video must not be split; null if it may be split. */
  noSplitReason: string | null;
  /** The plan of an earlier attempt; null if the job must still be planned. */
  planned: PlannedEarlier | null;
  /** The only output, if it was made without a command; null if commands make the outputs. */
  copied: CopiedOutput | null;
  /** Files that children wrote for an output of the plan, whose command then does not run. Null if all commands run. */
  written: WrittenPieces | null;
  /** Returns a file that shows the first input at these times, for a comparison before the plan is made. */
  showing(pictures: readonly PictureTime[]): Promise<{ outcome: 'ready'; file: string } | FallBack>;
  /** Makes the sources ready for the plan. Returns a fallback if the plan needs other sources. */
  accept(plan: JobPlan): Promise<FallBack | null>;
  /** Resolves when the cell has read the sources as expected. Rejects when its outputs must not be used. */
  settle(): Promise<void>;
  /** Checks an output in addition to the checks against its plan. Throws `JobFailure`. */
  checkOutput(path: string): Promise<void>;
  /** Called with an error after `close`. Returns a fallback, or null if the attempt fails with this error. */
  fallBackFrom(error: unknown): Promise<FallBack | null>;
  close(): Promise<void>;
}

/** An output that the sanitizer has copied. */
export interface CopiedOutput {
  /** Host path of the output. */
  path: string;
  /** Hash of the output; null if it has not been hashed yet. */
  sha256: string | null;
  /** Warnings about the limits of the output. */
  warnings: PlanWarning[];
}

/** A source that is staged on this machine. */
export interface OriginalFile {
  row: ClaimedSource;
  /** Host path of the original bytes. */
  file: string;
  /** Whether FFmpeg reads a remuxed container instead, so that these bytes can be deleted once they are hashed. */
  isSpare: boolean;
}

export interface PlannedEarlier {
  plan: JobPlan;
  /** Position of the planned output, if the job has other outputs, which must still be planned. Null if the plan is complete. */
  apart: number | null;
  /** Limits of the cell. */
  budget: CellBudget;
  inputSeconds: number;
  /** Share of the job's progress that is complete before its commands run, from 0 to 1. For example, children completed it. */
  done: number;
}

export interface Strategy {
  name: string;
  /** Prepares the sources of a job. Returns null if the strategy does not apply to the job. */
  prepare(
    attempt: TranscodeAttempt,
    found: Found,
  ): Promise<PreparedSources | FallBack | { outcome: 'awaiting-children' } | null>;
}

/** The properties that a strategy defines itself. */
export type ReadyOnes = Pick<PreparedSources, 'slot' | 'inputs' | 'assets' | 'files'> &
  Partial<Omit<PreparedSources, 'outcome'>>;

/** Returns sources with default behavior, except for the properties in `sources`. */
export function readySources({ run }: TranscodeAttempt, sources: ReadyOnes): PreparedSources {
  return {
    ...{ outcome: 'ready', openStdin: null, signal: run.signal, originals: null, noSplitReason: null },
    ...{ planned: null, copied: null, written: null },
    showing: async () => ({ outcome: 'ready', file: sources.inputs[0]!.file }),
    accept: async () => null,
    settle: async () => {},
    checkOutput: async () => {},
    fallBackFrom: async () => null,
    close: async () => {},
    ...sources,
  };
}

/** Returns the files of inputs and assets, with their planned names in the cell. */
export function cellFiles({ inputs, assets }: Pick<PreparedSources, 'inputs' | 'assets'>): CellInput[] {
  return [
    ...inputs.map((input, position) => ({ name: String(position), path: input.file })),
    ...assets.flatMap((asset) => (asset ? [{ name: basename(asset.plan.path), path: asset.file }] : [])),
  ];
}
