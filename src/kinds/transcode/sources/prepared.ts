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

/** Another strategy is needed. It receives `found`. */
export interface FallBack {
  outcome: 'fall-back';
  reason: string;
  /** Results that the next strategy can reuse; absent = none. */
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
  /** In the order of the request; null for assets that are inputs of the job. */
  assets: readonly (PreparedAsset | null)[];
  /** Files that the cell reads, except for layers that Airlock draws. */
  files: readonly CellInput[];
  /** Opens standard input; null = the cell has none. */
  openStdin: (() => Readable) | null;
  /** Stops the cell. */
  signal: AbortSignal;
  /** The original files, to be hashed once `ready` has resolved; null = nothing to hash. */
  originals: { ready: Promise<unknown>; files: readonly OriginalFile[] } | null;
  /** Why the video must not be split; null = it may be. */
  noSplitReason: string | null;
  /** The plan of an earlier attempt; null = the sources are planned now. */
  planned: PlannedEarlier | null;
  /** The only output, if it exists without a command; null = commands make the outputs. */
  copied: CopiedOutput | null;
  /** Files that children wrote for an output of the plan, whose command then does not run. Null = all commands run. */
  written: WrittenPieces | null;
  /** A file that shows the first input at these times, for a comparison before the plan. */
  showing(pictures: readonly PictureTime[]): Promise<{ outcome: 'ready'; file: string } | FallBack>;
  /** Makes the sources ready for the plan, unless it needs other sources. */
  accept(plan: JobPlan): Promise<FallBack | null>;
  /** Resolves when the cell has read the sources as expected. Rejects when its outputs must not be used. */
  settle(): Promise<void>;
  /** Checks an output in addition to the checks against its plan. Throws `JobFailure`. */
  checkOutput(path: string): Promise<void>;
  /** Called after the outputs are stored. */
  used(): Promise<void>;
  /** Decides about an error, after `close` was called; null = the attempt fails with this error. */
  fallBackFrom(error: unknown): Promise<FallBack | null>;
  close(): Promise<void>;
}

/** An output that the sanitizer has copied. */
export interface CopiedOutput {
  /** Path on the host. */
  path: string;
  /** Null = not hashed yet. */
  sha256: string | null;
  /** Warnings about its limits. */
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
  /**
   * Position in the request of the output of this plan if the job has other outputs, which are planned now; null = the plan is complete.
   */
  apart: number | null;
  /** Limits of the cell. */
  budget: CellBudget;
  inputSeconds: number;
  /** Share of the job that was completed earlier, from 0 to 1. */
  done: number;
}

export interface Strategy {
  name: string;
  /** Returns null if the job cannot be run this way. */
  prepare(
    attempt: TranscodeAttempt,
    found: Found,
  ): Promise<PreparedSources | FallBack | { outcome: 'awaiting-children' } | null>;
}

/** The properties that a strategy prepares in its own way. */
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
    used: async () => {},
    fallBackFrom: async () => null,
    close: async () => {},
    ...sources,
  };
}

/** The files of inputs and assets, with their planned names in the cell. */
export function cellFiles({ inputs, assets }: Pick<PreparedSources, 'inputs' | 'assets'>): CellInput[] {
  return [
    ...inputs.map((input, position) => ({ name: String(position), path: input.file })),
    ...assets.flatMap((asset) => (asset ? [{ name: basename(asset.plan.path), path: asset.file }] : [])),
  ];
}
