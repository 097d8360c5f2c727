import type { Run, WorkTools } from '../../../attempt/tools.ts';
import { sealColumn } from '../../../database/sealed-columns.ts';
import type { Plan } from '../../../ffmpeg/index.ts';
import { secondsOf } from '../../../ffmpeg/index.ts';
import { insertJob, type NewJob } from '../../../jobs/insert.ts';
import { lockOwned } from '../../../jobs/read.ts';
import { inspectionJson } from '../../../uploads/upload.ts';
import { type SegmentRequest, segmentJson } from '../../segment/request.ts';
import { mustDisarm, type PreparedInput } from '../inputs.ts';
import { openWholeRequest } from '../request.ts';
import type { ChosenPieces } from './choose.ts';
import { AwaitChildren, piecesJson } from './state.ts';

/** Seconds after which a piece is deleted if its parent never read it. As long as the longest encode. */
const PIECE_SECONDS = 6 * 3600;

/**
 * Inserts a child for each piece and one for the audio, and throws `AwaitChildren`: the job runs again when all have
 * ended.
 */
export async function startPieces(
  tools: WorkTools,
  run: Run,
  plan: Plan,
  input: PreparedInput,
  { pieces, command, rate, frames, reason }: ChosenPieces,
): Promise<never> {
  const { context } = tools;
  const { claim } = run;
  const { memoryBytes, cpuSeconds, wallMs, outputBytes } = plan;
  const budget = { memoryBytes, cpuSeconds, wallMs, outputBytes };
  const common = {
    ...{ demuxer: input.demuxer, disarm: mustDisarm(tools, claim), budget },
    limits: openWholeRequest(context.vault, claim.job)?.limits ?? {},
  };
  const requests: SegmentRequest[] = pieces.map((piece) => ({
    ...common,
    args: command.piece(piece, { time: frames.times[piece.first]!, timescale: frames.timescale, rate }),
    seconds: secondsOf(piece.frames, rate),
  }));
  const seconds = secondsOf(frames.times.length, rate);
  if (command.audio) requests.push({ ...common, args: command.audio, seconds });
  const [output] = plan.outputs;
  const { streams, ...planned } = output!;
  const { video } = streams;
  const state = piecesJson.write({
    ...{ pieces, rate, cap: command.cap, hasAudio: command.audio !== null, args: command.join, source: plan.source },
    output: planned,
    streams: { ...streams, video: video && { ...video, split: { pieces: pieces.length, reason } } },
    ...{ durationSeconds: plan.durationSeconds, budget, warnings: plan.warnings },
    inputSeconds: input.info.durationSeconds ?? 0,
  });
  await context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, claim);
    if (!job) return;
    const sealed = sealColumn(context.vault, 'jobs', 'resume_sealed', job, state);
    await tx.updateTable('jobs').set({ resume_sealed: sealed }).where('id', '=', job.id).execute();
    for (const request of requests) {
      // Audio alone is light, as in any other job.
      const resourceClass = request.args === command.audio ? 'light' : job.resource_class;
      // By these the progress of the job is that of its video.
      const facts = JSON.stringify({ v: 1, ...(request.args !== command.audio && { seconds: request.seconds }) });
      await insertJob(context, tx, { ...segmentOf(run, request), resourceClass, facts });
    }
  });
  throw new AwaitChildren();
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
    ...{ resourceClass: job.resource_class, request: { shown: text, whole: text }, settings: null },
    sources: [{ position: 0, asset: null, source }],
    ...{ outputs: [{ format: 'mp4', name: 'piece.mp4' }], warnings: [], metadata: null },
    ...{ retentionSeconds: PIECE_SECONDS, parentId: job.id, priority: job.priority },
  };
}
