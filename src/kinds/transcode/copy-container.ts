import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cellLimits } from '../../attempt/cells/cell-limits.ts';
import { hashWhileWritten } from '../../attempt/outputs/hash-while-written.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { ContainerCopy, JobPlan, Plan, PlannedFile } from '../../ffmpeg/index.ts';
import { type TranscodeAttempt, takeAccount } from './attempt.ts';
import { checkWritten } from './check-written.ts';
import type { CopiedOutput, PreparedSources } from './sources/prepared.ts';

/** Minimum size in bytes of an input for which the output is hashed while it is written. */
const HASHED_BYTES = 16 * 2 ** 20;

/** A planned output that needs only another container. */
interface PlannedCopy {
  command: Plan;
  output: PlannedFile;
  copy: ContainerCopy;
}

/**
 * Makes the only output of a plan without FFmpeg: the sanitizer copies the packets into a new container, in one pass (docs/decisions/0055).
 * Returns null if FFmpeg must make the output, because the plan needs more than a copy, the sanitizer does not understand the file well
 * enough, or the result differs from the plan. The file of a rejected result is deleted.
 */
export async function copyContainer(
  attempt: TranscodeAttempt,
  { inputs, slot }: Pick<PreparedSources, 'inputs' | 'slot'>,
  plan: JobPlan,
): Promise<CopiedOutput | null> {
  const { tools, run } = attempt;
  const planned = plannedCopy(plan);
  if (!planned) return null;
  const path = join(run.folder, basename(planned.output.path));
  const source = inputs[0]!.source;
  const { size } = await stat(source);
  const request = { ...planned.copy, path: source, copied: path };
  const copying = tools.measure('sanitize', () => tools.sanitizer.copyMovie(request, size, run.signal));
  // A small output is hashed later, because reading it again is faster than waiting until the reader notices its end.
  const hashing = size < HASHED_BYTES ? null : hashWhileWritten(path, copying).catch(() => null);
  const copied = await copying;
  const file = { path, slot, sha256: await hashing };
  const found = 'reason' in copied ? copied : await review(attempt, planned, { ...copied, ...file });
  if (!('reason' in found)) return found;
  tools.logger.info({ reason: found.reason }, 'FFmpeg copies the streams of a job');
  await rm(path, { force: true });
  return null;
}

function plannedCopy({ commands, failures = [] }: JobPlan): PlannedCopy | null {
  const [command, ...others] = commands;
  const [output] = command?.outputs ?? [];
  if (!command?.containerCopy || !output || !('path' in output) || others.length + failures.length > 0) return null;
  return { command, output, copy: command.containerCopy };
}

/** Checks the output like the output of a command. If a check fails, returns the reason, and FFmpeg makes the output. */
async function review(
  attempt: TranscodeAttempt,
  { command, output }: PlannedCopy,
  file: { path: string; size: number; slot: number; sha256: string | null },
): Promise<CopiedOutput | { reason: string }> {
  const { tools, run, request } = attempt;
  const { budget, warnings } = await cellLimits(tools, run, command, request.limits, takeAccount(attempt));
  if (file.size > budget.outputBytes) return { reason: 'is larger than its limit' };
  try {
    await checkWritten(attempt, output.expect, file);
    return { path: file.path, sha256: file.sha256, warnings };
  } catch (error) {
    if (run.signal.aborted || !(error instanceof JobFailure)) throw error;
    return { reason: error.message };
  }
}
