import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import {
  argsAfterRestart,
  type Plan,
  type PlannedFile,
  type ProgressReport,
  type TreePlan,
  trackProgress,
} from '../../ffmpeg/index.ts';
import { reportProgress } from '../../jobs/progress.ts';
import type { CellResult, CellSpec } from '../../sandbox/types.ts';
import type { Run, WorkTools } from '../tools.ts';
import { CellFailure } from './cell-failure.ts';
import type { CappedLimits } from './cell-limits.ts';

/** A file that the cell can read as `/in/<name>`. `path` is its path on the host. */
export interface CellInput {
  name: string;
  path: string;
}

/**
 * Maximum bytes of a command's standard output. The progress reports of the longest job take 15 MB, regardless of the size of the output.
 */
const MAX_STDOUT_BYTES = 64 * 2 ** 20;
const PROGRESS_MS = 1000;

/** The part of a planned output that the cell writes. */
type CommandOutput = Pick<PlannedFile, 'path'> | { tree: Pick<TreePlan, 'files' | 'directories'> };

/** A planned command with its files. */
export interface CommandRun {
  command: Pick<Plan, 'args' | 'durationSeconds' | 'memoryBytes'> & { outputs: readonly CommandOutput[] };
  /** The program that runs the command, from the table of programs. Defaults to FFmpeg. */
  program?: string;
  files: readonly CellInput[];
  slot: number;
  limits: CappedLimits;
  /** Stops the cell. Defaults to the signal of the attempt. */
  signal?: AbortSignal;
  stdin?: Readable | null;
  /** Follows the outputs while they are written. */
  follow?: { onFolder(path: string): void; onReport(): void } | null;
  /** The part of the job's progress that this command covers, from 0 to 1. Defaults to the entire progress. */
  share?: { from: number; to: number };
}

/** A finished command, with FFmpeg's last progress report; null = FFmpeg reported none. */
export type CommandResult = CellResult & { report: ProgressReport | null };

/**
 * Runs a planned command in a cell, and records progress at most once a second. A heavy job first waits until its memory and the memory of
 * this worker's other jobs fit, unless its slot has become a light slot. Resolves if the program exits with 0. Otherwise, throws
 * `CellFailure`. Runs a command a second time if its sound changes its channels or its rate: see `argsAfterRestart`.
 */
export async function runCommand(tools: WorkTools, run: Run, cell: CommandRun): Promise<CommandResult> {
  const result = await runOnce(tools, run, cell);
  // A command that reads a stream, or whose output is uploaded while it is written, cannot run again.
  const args = cell.stdin || cell.follow ? null : argsAfterRestart(cell.command.args, result.stderr);
  if (!args) return result;
  await result.release();
  return runOnce(tools, run, { ...cell, command: { ...cell.command, args } });
}

async function runOnce(tools: WorkTools, run: Run, cell: CommandRun): Promise<CommandResult> {
  const { command, program = 'ffmpeg', limits, slot, follow, stdin, signal = run.signal } = cell;
  const report = progressReporter(tools, run, cell);
  let last: ProgressReport | null = null;
  const isHeavy = run.claim.job.resource_class === 'heavy' && run.lease.classes().includes('heavy');
  const returnMemory = await tools.memory.reserve(command.memoryBytes, { isHeavy, signal });
  const encoded = tools.measure('encode', () =>
    tools.sandbox.run({
      program,
      args: command.args,
      inputs: [...cell.files],
      ...writablesOf(command.outputs),
      limits: { ...limits.budget, stdoutBytes: MAX_STDOUT_BYTES },
      slot,
      signal,
      job: run.claim.job.id,
      ...(stdin && { stdin }),
      ...(follow && { onOutputDir: (path: string) => follow.onFolder(path) }),
      onProgress(progress) {
        last = progress;
        report(progress);
        follow?.onReport();
      },
    }),
  );
  const result = await encoded.finally(returnMemory);
  if (result.end === 'exit' && result.exitCode === 0) return { ...result, report: last };
  await result.release();
  throw new CellFailure(result, limits);
}

/** Returns the files and folders for the outputs, which must exist in the cell before the command runs. */
function writablesOf(outputs: readonly CommandOutput[]): Required<Pick<CellSpec, 'outputs' | 'outputDirectories'>> {
  return {
    outputs: outputs
      .flatMap((output) => ('path' in output ? [output.path] : output.tree.files))
      .map((path) => basename(path)),
    outputDirectories: outputs
      .flatMap((output) => ('path' in output ? [] : output.tree.directories))
      .map(({ path, maxFiles }) => ({ name: basename(path), maxFiles })),
  };
}

function progressReporter(tools: WorkTools, run: Run, { command, share = { from: 0, to: 1 } }: CommandRun) {
  const track = trackProgress(command.durationSeconds);
  let lastAt = 0;
  let isWriting = false;
  return (report: ProgressReport) => {
    const { fraction, speed, etaSeconds } = track(report);
    const now = Date.now();
    if (isWriting || now - lastAt < PROGRESS_MS || report.ended) return;
    lastAt = now;
    isWriting = true;
    reportProgress(tools.context, run.claim, {
      // Only a completed job reports 1, because the output must still be checked and stored.
      progress: Math.min(0.99, share.from + (share.to - share.from) * (fraction ?? 0)),
      speed,
      fps: report.fps,
      etaSeconds: rounded(etaSeconds),
    })
      .then((isMine) => {
        if (!isMine) run.onReplaced();
      })
      .catch((error) => tools.logger.warn({ err: error, job: run.claim.job.id }, 'progress not stored'))
      .finally(() => {
        isWriting = false;
      });
  };
}

function rounded(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds);
}
