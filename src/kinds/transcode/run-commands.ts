import { join } from 'node:path';
import { CellFailure } from '../../attempt/cells/cell-failure.ts';
import { cellLimits } from '../../attempt/cells/cell-limits.ts';
import { type CommandResult, runCommand } from '../../attempt/cells/run-command.ts';
import { addOutput, earlierOutputs, publishAll } from '../../attempt/outputs/publish.ts';
import { JobFailure } from '../../contract/failures.ts';
import { retryTransient } from '../../database/transient.ts';
import {
  emptyFailure,
  type JobPlan,
  type MeasuredFile,
  type Plan,
  type PlannedOutput,
  type PlanWarning,
  warnOfLoss,
  warnOfMissingEnd,
} from '../../ffmpeg/index.ts';
import { type AttemptFacts, spentAttempts } from '../../jobs/attempts.ts';
import type { StoredOutput } from '../../jobs/outputs.ts';
import { MAX_ATTEMPTS } from '../../jobs/rows.ts';
import { type TranscodeAttempt, takeAccount } from './attempt.ts';
import { withKeyFrames } from './key-frames.ts';
import { writeLayers } from './layers.ts';
import { type EarlyOutput, openEarlyOutput } from './outgoing/early-output.ts';
import { type Encoded, encodeMeasured, type MeasuredStep } from './quality/encode-measured.ts';
import type { Searched } from './quality/search-targets.ts';
import type { PreparedSources } from './sources/prepared.ts';
import { storeOutput } from './store-output.ts';

/** The results of the commands of a plan. */
export interface Made {
  /** The commands as they last ran. */
  commands: Plan[];
  outputs: StoredOutput[];
  failures: { position: number; error: JobFailure }[];
  /** Facts about each cell. */
  facts: AttemptFacts[];
  warnings: PlanWarning[];
}

/**
 * Runs the commands one after another, and checks and stores their outputs. Each output becomes visible when it is stored. If a command
 * fails, all of its outputs fail. If an output fails its check, only this output fails. Throws the first failure if no attempt has made an
 * output, or the first violation of the sandbox. Also throws a failure that a retry can fix, if an attempt is left.
 */
export async function runCommands(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  { commands, failures: unplanned = [] }: JobPlan,
  searched: Searched = new Map(),
): Promise<Made> {
  const { tools, run } = attempt;
  const { claim, signal } = run;
  const failures = unplanned.map(({ position, code, message }) => ({ position, error: new JobFailure(code, message) }));
  const made: Made = { commands: [...commands], outputs: [], failures, facts: [], warnings: [] };
  for (const [number, command] of commands.entries()) {
    const share = shareOf(number, commands.length, sources.planned?.done ?? 0);
    await makeCommand(attempt, sources, { command, number, share, searched }, made).catch((error: unknown) => {
      // If children wrote the output, another strategy can make it without their files, so the strategy decides about the error.
      if (signal.aborted || !(error instanceof JobFailure) || isWritten(sources, command)) throw error;
      if (error instanceof CellFailure) made.facts.push(error.attempt);
      made.failures.push(...command.outputs.map(({ position }) => ({ position, error })));
    });
  }
  made.failures.sort((a, b) => a.position - b.position);
  // A violation is recorded in the audit log, so no other failure may hide it.
  const first = made.failures.find(({ error }) => error.code === 'sandbox_violation') ?? made.failures[0];
  const temporary = made.failures.find(({ error }) => error.retry);
  const hasEarlier = earlierOutputs(claim).length > 0;
  if (first && made.outputs.length === 0 && !hasEarlier) throw first.error;
  if (temporary && (await isAttemptLeft(attempt))) {
    await publishAll(tools, run, made);
    throw temporary.error;
  }
  return made;
}

/** Whether the job can start again if this attempt fails. Retries while the database is unreachable, to keep the outputs that were made. */
async function isAttemptLeft({ tools, run }: TranscodeAttempt): Promise<boolean> {
  const countSpent = () => spentAttempts(tools.context.db, run.claim.job.id);
  return (await retryTransient(countSpent, Number.POSITIVE_INFINITY, run.signal)) + 1 < MAX_ATTEMPTS;
}

interface Step {
  command: Plan;
  number: number;
  share: { from: number; to: number };
  searched: Searched;
}

/**
 * Makes the outputs of a command: reserve → run → check → store. Adds the results to `made`. Throws an error that fails all outputs of the
 * command.
 */
async function makeCommand(attempt: TranscodeAttempt, sources: PreparedSources, step: Step, made: Made): Promise<void> {
  const { tools, run, request } = attempt;
  const { command, share, searched } = step;
  if (sources.copied) {
    made.warnings.push(...notYetWarned(attempt, sources.copied.warnings));
    return storeOutputs(attempt, sources, { ...unencoded(command), folder: run.folder }, made);
  }
  if (isWritten(sources, command)) {
    return storeOutputs(attempt, sources, { ...unencoded(command), folder: run.folder }, made);
  }
  const budget = sources.planned?.plan.commands.includes(command) ? sources.planned.budget : command;
  const limits = await cellLimits(tools, run, budget, request.limits, takeAccount(attempt));
  const layers = await writeLayers(attempt, command.layers, `${step.number}-`);
  const fonts = step.number === 0 ? await tools.planner.fonts({ fonts: request.fonts }, run.signal) : [];
  made.warnings.push(...fonts, ...layers.warnings, ...notYetWarned(attempt, limits.warnings));
  const early = await openEarlyOutput(attempt, command);
  const { keyTimes: seconds } = command;
  const files = seconds
    ? await withKeyFrames(attempt, sources, { seconds, name: `keys-${step.number}` })
    : sources.files;
  try {
    const encode: MeasuredStep['encode'] = (encoded, part) =>
      runCommand(tools, run, {
        ...{ limits, slot: sources.slot, signal: sources.signal, stdin: sources.openStdin?.() ?? null, share: part },
        command: early ? { ...encoded, args: [...early.args] } : encoded,
        files: [...files, ...layers.files],
        follow: early && followOutput(early),
      });
    const encoded = await encodeMeasured(attempt, sources, { command, limits, share, searched, encode });
    try {
      made.commands[step.number] = encoded.command;
      made.facts.push(...encoded.facts);
      made.warnings.push(...encoded.warnings);
      await storeOutputs(attempt, sources, { ...encoded, folder: encoded.result.outputDir, early }, made);
    } finally {
      await encoded.result.release();
    }
  } finally {
    await early?.upload.abandon();
  }
}

/** Whether child jobs have written the output of a command. */
function isWritten({ written }: PreparedSources, { outputs }: Plan): boolean {
  return written !== null && outputs.some(({ position }) => position === written.position);
}

/** The files of a command that may have run. */
interface Written extends Pick<Encoded, 'command' | 'figures'> {
  folder: string;
  early: EarlyOutput | null;
  /** Null = the command did not run. */
  result: Pick<CommandResult, 'stderr' | 'report'> | null;
}

function unencoded(command: Plan): Omit<Written, 'folder'> {
  return { command, figures: new Map(), early: null, result: null };
}

async function storeOutputs(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  written: Written,
  made: Made,
): Promise<void> {
  const { tools, run } = attempt;
  const { command, figures, folder, early } = written;
  const isTruncated = sources.inputs.some(({ info }) => info.truncation !== undefined);
  for (const planned of command.outputs) {
    const storing = storeOutput(attempt, sources, { folder, planned, early }).then((output) => {
      made.warnings.push(...lossWarnings(planned, output, { ...written, isTruncated }));
      return output;
    });
    await storing.then(
      (output) => addOutput(tools, run, made, withFigures(output, figures.get(planned.position))),
      (error: unknown) => {
        if (run.signal.aborted || !(error instanceof JobFailure) || isWritten(sources, command)) throw error;
        made.failures.push({
          position: planned.position,
          error: emptyFailure(error, isTruncated),
        });
      },
    );
  }
}

/** Compares an output with its source. Throws `JobFailure` if too little of the source was decoded. */
function lossWarnings(
  planned: PlannedOutput,
  { facts }: StoredOutput,
  { command: { outputs }, result, isTruncated }: Written & { isTruncated: boolean },
): PlanWarning[] {
  if (!result) return [];
  const { frame = null, dupFrames = 0, dropFrames = 0 } = result.report ?? {};
  // FFmpeg reports the frames of the first video, and the repeated frames of all videos.
  const isOnly = outputs.length === 1 && 'path' in planned;
  const frames = isOnly && frame !== null ? frame - dupFrames + dropFrames : null;
  const { stderr } = result;
  // A still may show the part of the input that exists.
  const isStill = 'picture' in planned;
  const warning = planned.lasting
    ? warnOfLoss(planned.lasting, { seconds: facts.duration_seconds ?? null, frames, stderr })
    : warnOfMissingEnd(stderr, isTruncated && !isStill);
  return warning ? [warning] : [];
}

/** Adds the figures to the facts of an output. The first figure is the metric of the target. */
function withFigures(output: StoredOutput, measured: MeasuredFile | undefined): StoredOutput {
  if (!measured) return output;
  const [quality] = measured.figures;
  return { ...output, facts: { ...output.facts, quality, measures: [...measured.figures] } };
}

function followOutput({ upload, name }: EarlyOutput) {
  return { onFolder: (path: string) => upload.follow(join(path, name)), onReport: () => upload.recordWrite() };
}

/** Returns the share of a command in the progress of the job. All commands have equal shares. */
function shareOf(number: number, count: number, done: number): { from: number; to: number } {
  const each = (1 - done) / count;
  return { from: done + number * each, to: done + (number + 1) * each };
}

/** Omits warnings about limits that the account lowers, because the API has already given them. */
function notYetWarned({ request }: TranscodeAttempt, warnings: PlanWarning[]): PlanWarning[] {
  const given = new Set(request.warnings.map(({ field }) => field));
  return warnings.filter(({ field }) => !given.has(field));
}
