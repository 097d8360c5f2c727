import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { CappedLimits } from '../../../attempt/cells/cell-limits.ts';
import { type CellInput, runCommand } from '../../../attempt/cells/run-command.ts';
import { sizeOfPlainFile } from '../../../attempt/outputs/store-file.ts';
import { JobFailure } from '../../../contract/failures.ts';
import type { Metric } from '../../../contract/metrics.ts';
import type { QualityFigures } from '../../../contract/quality.ts';
import { FigureList, type Plan } from '../../../ffmpeg/index.ts';
import type { TranscodeAttempt } from '../attempt.ts';

/** Maximum number of bytes that a comparing command may write: the figures of eight hours at 60 frames per second. */
const MOST_BYTES = 256 * 2 ** 20;
/** Maximum number of characters of a line of figures. The excess of a longer line is dropped, so that it uses no memory. */
const MOST_LINE = 512;

/** A command that compares two videos, or encodes samples of a video. Another command makes the output. */
export interface ComparingCell {
  args: readonly string[];
  files: readonly CellInput[];
  /** Names of the files that the command writes. */
  names: readonly string[];
  /** The command that makes the output. Its limits also apply to this command. */
  command: Plan;
  limits: CappedLimits;
  slot: number;
  share: { from: number; to: number };
}

/** Runs a comparing command, and calls `read` with the folder of its outputs. Throws as `runCommand` does. */
export async function runComparison<T>(
  { tools, run }: TranscodeAttempt,
  cell: ComparingCell,
  read: (folder: string) => Promise<T>,
): Promise<T> {
  const { args, names, command, limits, files, slot, share } = cell;
  const { durationSeconds, memoryBytes } = command;
  const outputs = names.map((name) => ({ path: `/out/${name}` }));
  const compared = { args: [...args], durationSeconds, memoryBytes, outputs };
  const outputBytes = Math.min(MOST_BYTES, limits.budget.outputBytes);
  const bounded = { ...limits, budget: { ...limits.budget, outputBytes } };
  const result = await runCommand(tools, run, { command: compared, files, limits: bounded, slot, share });
  try {
    return await read(result.outputDir);
  } finally {
    await result.release();
  }
}

/** Reads the figures that a cell has written. Ignores all other text, because the author of the source may control the cell. */
export async function readFigures(folder: string, name: string, metric: Metric): Promise<QualityFigures | null> {
  const path = join(folder, name);
  await sizeOfPlainFile(path);
  const figures = new FigureList(metric);
  let rest = '';
  for await (const chunk of createReadStream(path, 'latin1')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!.slice(-MOST_LINE);
    for (const line of lines) figures.add(line);
  }
  figures.add(rest);
  return figures.result();
}

/** Returns the reason of a failure that concerns only the comparison. Rethrows any other error. */
export function comparisonFault({ run }: TranscodeAttempt, error: unknown): string {
  if (run.signal.aborted || !(error instanceof JobFailure) || error.code === 'sandbox_violation') throw error;
  return error.message;
}
