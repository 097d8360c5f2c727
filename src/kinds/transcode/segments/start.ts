import { type SegmentRequest, segmentJson } from '../../../attempt/cells/segment-request.ts';
import type { Run } from '../../../attempt/tools.ts';
import { sealColumn } from '../../../database/sealed-columns.ts';
import { type CellBudget, type JobPlan, type Plan, type PlannedFile, secondsOf } from '../../../ffmpeg/index.ts';
import { insertJob, type NewJob } from '../../../jobs/insert.ts';
import { lockOwned } from '../../../jobs/read.ts';
import { inspectionJson } from '../../../uploads/upload.ts';
import type { OpenedRequest, TranscodeAttempt } from '../attempt.ts';
import type { PreparedInput } from '../inputs.ts';
import type { PreparedSources } from '../sources/prepared.ts';
import { type ChosenPieces, choosePieces, mayBeInPieces } from './choose.ts';
import { type PiecesState, piecesJson } from './state.ts';

/** Seconds after which a piece is deleted if its parent never read it. As long as the longest encode. */
const PIECE_SECONDS = 6 * 3600;

/**
 * Starts the pieces of a video where that pays: inserts a child for each piece and one for the audio. Returns true then:
 * the job runs again when all of them have ended. Otherwise the plan contains the reason.
 */
export async function startPieces(
  attempt: TranscodeAttempt,
  sources: Pick<PreparedSources, 'inputs' | 'planned' | 'noSplitReason'>,
  { plan, hashed }: { plan: JobPlan; hashed: Promise<void> },
): Promise<boolean> {
  const [command, ...others] = plan.commands;
  const [output, ...more] = command!.outputs;
  const isOne = others.length === 0 && more.length === 0;
  if (sources.planned || !isOne || !('path' in output!)) return false;
  const { video } = output.streams;
  if (video?.mode !== 'encoded') return false;
  const { noSplitReason } = sources;
  if (noSplitReason === null && !mayBeInPieces(attempt)) return false;
  const input = sources.inputs[0]!;
  const chosen = noSplitReason === null ? await choosePieces(attempt, command!, input) : { noSplitReason };
  if ('noSplitReason' in chosen) {
    video.split = { pieces: 1, reason: chosen.noSplitReason };
    return false;
  }
  // The join does not read the source.
  await hashed;
  await insertPieces(attempt, { plan: command!, output, input, chosen });
  return true;
}

async function insertPieces(
  { tools: { context }, run, request }: TranscodeAttempt,
  { plan, output, input, chosen }: { plan: Plan; output: PlannedFile; input: PreparedInput; chosen: ChosenPieces },
): Promise<void> {
  const { command } = chosen;
  const requests = pieceRequests(request, plan, input, chosen);
  const state = piecesJson.write(stateOf(plan, output, input, chosen));
  await context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, run.claim);
    if (!job) return;
    const sealed = sealColumn(context.vault, 'jobs', 'resume_sealed', job, state);
    await tx.updateTable('jobs').set({ resume_sealed: sealed }).where('id', '=', job.id).execute();
    for (const request of requests) {
      // Audio alone is light, as in any other job.
      const resourceClass = request.args === command.audio ? 'light' : job.resource_class;
      // With these shares, the progress of the job is the progress of its video.
      const facts = JSON.stringify({ v: 1, ...(request.args !== command.audio && { seconds: request.seconds }) });
      await insertJob(context, tx, { ...segmentOf(run, request), resourceClass, facts });
    }
  });
}

function pieceRequests(
  { disarm, limits }: OpenedRequest,
  plan: Plan,
  { demuxer }: PreparedInput,
  { pieces, command, rate, frames }: ChosenPieces,
): SegmentRequest[] {
  const common = { demuxer, disarm, limits, budget: budgetOf(plan) };
  const requests: SegmentRequest[] = pieces.map((piece) => ({
    ...common,
    args: command.piece(piece, { time: frames.times[piece.first]!, timescale: frames.timescale, rate }),
    seconds: secondsOf(piece.frames, rate),
  }));
  const seconds = secondsOf(frames.times.length, rate);
  return command.audio ? [...requests, { ...common, args: command.audio, seconds }] : requests;
}

function stateOf(plan: Plan, planned: PlannedFile, input: PreparedInput, chosen: ChosenPieces): PiecesState {
  const { pieces, command, rate, reason } = chosen;
  const { streams, position, ...output } = planned;
  const { video } = streams;
  return {
    ...{ pieces, rate, cap: command.cap, hasAudio: command.audio !== null, args: command.join, source: plan.source },
    output,
    streams: { ...streams, video: video && { ...video, split: { pieces: pieces.length, reason } } },
    ...{ durationSeconds: plan.durationSeconds, budget: budgetOf(plan), warnings: plan.warnings },
    inputSeconds: input.info.durationSeconds ?? 0,
  };
}

function budgetOf({ memoryBytes, cpuSeconds, wallMs, outputBytes }: Plan): CellBudget {
  return { memoryBytes, cpuSeconds, wallMs, outputBytes };
}

function segmentOf({ claim }: Run, request: SegmentRequest): Omit<NewJob, 'facts'> {
  const { job } = claim;
  const input = claim.inputs[0]!;
  const text = segmentJson.write(request);
  const source = {
    ...{ uploadId: input.upload_id, objectId: input.object_id, shownUrl: null, sourceUrl: null, name: 'input' },
    inspection: inspectionJson.readOrNull(input.probe),
  };
  return {
    ...{ kind: 'segment', accountId: job.account_id, keyId: job.key_id, requestId: job.request_id },
    traceparent: job.traceparent,
    ...{ resourceClass: job.resource_class, request: { shown: text, sent: text }, settings: null },
    sources: [{ position: 0, asset: null, source }],
    ...{ outputs: [{ format: 'mp4', name: 'piece.mp4' }], warnings: [], metadata: null },
    ...{ retentionSeconds: PIECE_SECONDS, parentId: job.id, priority: job.priority },
  };
}
