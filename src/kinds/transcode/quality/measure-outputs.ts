import { basename, join } from 'node:path';
import type { CappedLimits } from '../../../attempt/cells/cell-limits.ts';
import { sizeOfPlainFile } from '../../../attempt/outputs/store-file.ts';
import {
  type ComparedFile,
  comparedFile,
  demuxerOf,
  figuresName,
  type MeasuredFile,
  measureArgs,
  type Plan,
  type PlanWarning,
} from '../../../ffmpeg/index.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import { checkWritten } from '../check-written.ts';
import type { PreparedSources } from '../sources/prepared.ts';
import { type ComparingCell, comparisonFault, readFigures, runComparison } from './comparison.ts';

/** The figures of the compared outputs of a command, by the positions of the outputs. */
export type Figures = ReadonlyMap<number, MeasuredFile>;

interface Measured {
  command: Plan;
  /** Folder of the outputs of the cell that ran the command. */
  folder: string;
  limits: CappedLimits;
  share: { from: number; to: number };
}

/** Compares the finished files of a command with their source. An output that cannot be compared gets a warning. */
export async function measureOutputs(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  measured: Measured,
): Promise<{ figures: Figures; warnings: PlanWarning[] }> {
  const figures = new Map<number, MeasuredFile>();
  const warnings: PlanWarning[] = [];
  for (const output of measured.command.outputs) {
    const planned = comparedFile(output);
    if (!planned) continue;
    const { position } = planned;
    const found = await measureOutput(attempt, sources, measured, planned).catch((error: unknown) =>
      comparisonFault(attempt, error),
    );
    if (typeof found !== 'string') figures.set(position, found);
    else warnings.push({ field: `outputs[${position}]`, message: `The quality was not measured. ${found}` });
  }
  return { figures, warnings };
}

async function measureOutput(
  attempt: TranscodeAttempt,
  { slot, files }: PreparedSources,
  { command, folder, limits, share }: Measured,
  { quality, ...planned }: ComparedFile,
): Promise<MeasuredFile | string> {
  const path = join(folder, basename(planned.path));
  const size = await sizeOfPlainFile(path);
  const { video } = await checkWritten(attempt, planned.expect, { path, slot, size });
  const [stream] = video;
  if (!stream) return 'The output has no video.';
  const { width, height } = stream;
  const finished = { path: '/in/result', demuxer: demuxerOf(planned.format), width, height };
  const cell: ComparingCell = {
    ...{ command, limits, slot, share, args: measureArgs(quality, finished) },
    files: [...files, { name: 'result', path }],
    names: quality.metrics.map((metric) => figuresName(metric)),
  };
  const found = await runComparison(attempt, cell, (written) =>
    Promise.all(quality.metrics.map((metric) => readFigures(written, figuresName(metric), metric))),
  );
  const figures = found.filter((one) => one !== null);
  return figures.length < found.length ? 'No frames could be compared.' : { size, figures };
}
