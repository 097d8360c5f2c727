import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { CellFailure } from '../../attempt/cells/cell-failure.ts';
import type { CappedLimits } from '../../attempt/cells/cell-limits.ts';
import type { WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { type JobPlan, type Plan, type PlanContext, ProgressReader, trackProgress } from '../../ffmpeg/index.ts';
import { reportProgress } from '../../jobs/progress.ts';
import type { Claim } from '../../jobs/rows.ts';
import { sourceRow } from '../../jobs/rows.ts';
import type { CellResult } from '../../sandbox/types.ts';
import type { Reading } from '../../threads/planning/index.ts';
import type { PreparedAsset } from './assets.ts';
import { mustDisarm, type PreparedInput } from './inputs.ts';
import type { EarlyOutput } from './outgoing/early-output.ts';
import { openWholeRequest } from './request.ts';

/** The path of a file in the cell: `/in/<name>`. */
export interface CellInput {
  name: string;
  path: string;
}

/** The progress reports of the longest job take 15 MB, whatever the size of its output. */
const MAX_STDOUT_BYTES = 64 * 2 ** 20;
const PROGRESS_MS = 1000;

/** A request, and what a worker needs of it before it has the files. */
export type ReadRequest = Omit<Reading, 'refusals'> & { request: TranscodeRequest };

/** Reads the accepted request under the current policy: a row that the policy now refuses does not run. */
export async function readRequest(tools: WorkTools, claim: Claim): Promise<ReadRequest> {
  const { vault } = tools.context;
  const stored = openWholeRequest(vault, claim.job);
  if (!stored) throw new JobFailure('input_deleted', 'The job has been erased.');
  // Restore the URLs of the inputs, since a filter may name an input by its URL.
  const urlOf = (position: number): string => {
    const input = claim.inputs[position];
    const row = input && sourceRow(claim.job, input);
    const url =
      row &&
      (openColumn(vault, 'job_sources', 'source_sealed', row) ?? openColumn(vault, 'job_sources', 'url_sealed', row));
    if (!url) throw new JobFailure('input_deleted', `Input ${position + 1} is no longer known.`);
    return url;
  };
  const request: TranscodeRequest = {
    ...(stored as Omit<TranscodeRequest, 'inputs'>),
    inputs: stored.inputs.map((input, position) => ({ ...(input as object), url: urlOf(position) })),
  };
  const { refusals, ...reading } = await tools.planner.read({ request });
  const refusal = refusals[0];
  if (refusal) throw new JobFailure('option_refused', `${refusal.option}: ${refusal.reason}`);
  return { request, ...reading };
}

export function makePlan(
  tools: WorkTools,
  claim: Claim,
  request: TranscodeRequest,
  files: { inputs: PreparedInput[]; assets: (PreparedAsset | null)[] },
): Promise<JobPlan> {
  const context: PlanContext = {
    resourceClass: claim.job.resource_class === 'heavy' ? 'heavy' : 'light',
    disarm: mustDisarm(tools, claim),
    cores: tools.settings.cores,
    assets: files.assets.map((asset) => asset?.plan ?? null),
  };
  return tools.planner.plan({ request, inputs: files.inputs, context });
}

/**
 * Runs the plan in a cell, and records progress once a second. A heavy job first waits until its memory fits beside the
 * others of this worker. Resolves if FFmpeg succeeded, else throws.
 */
export async function runPlan(
  tools: WorkTools,
  claim: Claim,
  plan: Pick<Plan, 'args' | 'durationSeconds' | 'memoryBytes'> & { outputs: readonly { path: string }[] },
  inputs: CellInput[],
  slot: number,
  control: {
    limits: CappedLimits;
    signal: AbortSignal;
    onReplaced: () => void;
    stdin?: Readable;
    leaving: EarlyOutput | null;
    /** What of the job was done before, from 0 to 1; 0 by default. */
    done?: number;
  },
): Promise<CellResult> {
  const { leaving } = control;
  const outputs = plan.outputs.map(({ path }) => basename(path));
  const report = progressReporter(tools, claim, plan, control);
  const reader = new ProgressReader((progress) => {
    report(progress);
    leaving?.upload.grew();
  });
  const isHeavy = claim.job.resource_class === 'heavy';
  const leave = await tools.memory.take(plan.memoryBytes, { isHeavy, signal: control.signal });
  const cell = tools.measure('encode', () =>
    tools.sandbox.run({
      program: 'ffmpeg',
      args: leaving?.args ?? plan.args,
      inputs,
      outputs,
      limits: { ...control.limits.budget, stdoutBytes: MAX_STDOUT_BYTES },
      slot,
      signal: control.signal,
      ...(control.stdin && { stdin: control.stdin }),
      ...(leaving && { onOutputDir: (path: string) => leaving.upload.follow(join(path, outputs[0]!)) }),
      onStdout: (chunk) => reader.feed(chunk),
    }),
  );
  const result = await cell.finally(leave);
  if (result.end === 'exit' && result.exitCode === 0) return result;
  await result.release();
  throw new CellFailure(result, control.limits);
}

function progressReporter(
  tools: WorkTools,
  claim: Claim,
  plan: Pick<Plan, 'durationSeconds'>,
  { onReplaced, done = 0 }: { onReplaced: () => void; done?: number },
) {
  const track = trackProgress(plan.durationSeconds);
  let lastAt = 0;
  let writing = false;
  return (report: Parameters<ConstructorParameters<typeof ProgressReader>[0]>[0]) => {
    const { fraction, speed, etaSeconds } = track(report);
    const now = Date.now();
    if (writing || now - lastAt < PROGRESS_MS || report.ended) return;
    lastAt = now;
    writing = true;
    reportProgress(tools.context, claim, {
      // Only a completed job reports 1: the output must still be checked and stored.
      progress: Math.min(0.99, done + (1 - done) * (fraction ?? 0)),
      speed,
      fps: report.fps,
      etaSeconds: rounded(etaSeconds),
    })
      .then((mine) => {
        if (!mine) onReplaced();
      })
      .catch((error) => tools.logger.warn({ err: error, job: claim.job.id }, 'progress not stored'))
      .finally(() => {
        writing = false;
      });
  };
}

function rounded(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds);
}
