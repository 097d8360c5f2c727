import { type SegmentRequest, segmentJson } from '../../../attempt/cells/segment-request.ts';
import type { Run } from '../../../attempt/tools.ts';
import { sealColumn } from '../../../database/sealed-columns.ts';
import {
  type CellBudget,
  type JobPlan,
  type LadderRecipe,
  type Plan,
  type PlannedTree,
  secondsOf,
} from '../../../ffmpeg/index.ts';
import { KEPT_TIMES, LADDER_PIECES, MIXED_PIECES, S3_SOURCES } from '../../../jobs/capabilities.ts';
import { childInput, childOf, startChildren } from '../../../jobs/children.ts';
import type { NewJob } from '../../../jobs/insert.ts';
import type { OpenedRequest, TranscodeAttempt } from '../attempt.ts';
import type { PreparedInput } from '../inputs.ts';
import type { PreparedSources } from '../sources/prepared.ts';
import { type ChosenPieces, choosePieces, dividedOutput, mayBeInPieces } from './choose.ts';
import { ladderOf } from './split.ts';
import { ladderJson, mixedJson, piecesJson } from './state.ts';

interface PieceStart {
  plan: JobPlan;
  /** Resolves when the sources are hashed. */
  hashed: Promise<void>;
  /** Plans the job with a separate command for an output. */
  planApart(position: number): Promise<JobPlan>;
}

/**
 * Starts the pieces of a video if this saves time: inserts a child for each piece, and a child for the audio. Then returns true, and the
 * job runs again when all children have ended. Otherwise returns false, and writes the reason to the plan.
 */
export async function startPieces(
  attempt: TranscodeAttempt,
  sources: Pick<PreparedSources, 'inputs' | 'planned' | 'noSplitReason'>,
  { plan, hashed, planApart }: PieceStart,
): Promise<boolean> {
  const position = dividedOutput(attempt);
  const output = plan.commands.flatMap(({ outputs }) => outputs).find((one) => one.position === position);
  if (sources.planned || !output || !('path' in output || ladderOf(output))) return false;
  const { video } = output.streams;
  if (video?.mode !== 'encoded') return false;
  const { noSplitReason } = sources;
  if (noSplitReason === null && !mayBeInPieces(attempt)) return false;
  const input = sources.inputs[0]!;
  const command =
    noSplitReason === null ? await commandOf(attempt, plan, { position: output.position, planApart }) : null;
  const chosen = command ? await choosePieces(attempt, command, input) : { noSplitReason: noSplitReason ?? NOT_ALONE };
  if ('noSplitReason' in chosen) {
    video.split = { pieces: 1, reason: chosen.noSplitReason };
    return false;
  }
  // Wait for the hashes, because the join does not read the source again.
  await hashed;
  await insertPieces(attempt, { plan: command!, input, chosen });
  return true;
}

const NOT_ALONE = 'The output shares its command with others.';

/** Returns the command that makes only this output. In the normal plan, outputs with a common decode share a command. */
async function commandOf(
  { request }: TranscodeAttempt,
  plan: JobPlan,
  { position, planApart }: { position: number } & Pick<PieceStart, 'planApart'>,
): Promise<Plan | null> {
  const { commands } = request.outputs.length === 1 ? plan : await planApart(position);
  return commands.find(({ outputs }) => outputs.length === 1 && outputs[0]!.position === position) ?? null;
}

async function insertPieces(
  { tools: { context }, run, request }: TranscodeAttempt,
  { plan, input, chosen }: { plan: Plan; input: PreparedInput; chosen: ChosenPieces },
): Promise<void> {
  const requests = pieceRequests(request, plan, input, chosen);
  const state = stateOf(plan, input, chosen, request.outputs.length > 1);
  const { join } = chosen.split;
  // Require these capabilities, because a worker of an older release could not join or package the pieces.
  const own = join
    ? [...(join.times ? [KEPT_TIMES] : [])]
    : [LADDER_PIECES, ...(request.outputs.length > 1 ? [MIXED_PIECES] : [])];
  await startChildren(context, run.claim, async (_tx, job) => ({
    change: {
      resume_sealed: sealColumn(context.vault, 'jobs', 'resume_sealed', job, state),
      needs: [...new Set([...job.needs, ...own])],
    },
    children: requests.map((request) => segmentOf(run, request, { isAudio: request.args === chosen.split.audio })),
  }));
}

function pieceRequests(
  { disarm, limits }: OpenedRequest,
  plan: Plan,
  { demuxer }: PreparedInput,
  { pieces, split: { audio }, frames }: ChosenPieces,
): SegmentRequest[] {
  const common = { demuxer, disarm, limits, budget: budgetOf(plan) };
  const requests: SegmentRequest[] = pieces.map(({ piece, ...command }) => ({
    ...{ ...common, ...command },
    seconds: secondsOf(frames, piece),
  }));
  return audio
    ? [...requests, { ...common, args: audio, seconds: secondsOf(frames, { first: 0, frames: frames.times.length }) }]
    : requests;
}

function stateOf(plan: Plan, input: PreparedInput, { pieces, split, reason }: ChosenPieces, isMixed: boolean): string {
  const { streams, position, ...output } = plan.outputs[0]!;
  const { video } = streams;
  const common = {
    pieces: pieces.map(({ piece: { first, frames } }) => ({ first, frames })),
    ...{ rate: split.rate, hasAudio: split.audio !== null, source: plan.source },
    streams: { ...streams, video: video && { ...video, split: { pieces: pieces.length, reason } } },
    ...{ durationSeconds: plan.durationSeconds, budget: budgetOf(plan), warnings: plan.warnings },
    inputSeconds: input.info.durationSeconds ?? 0,
  };
  const { join } = split;
  if (join && 'path' in output) {
    const times = join.times?.(common.pieces);
    return piecesJson.write({ ...common, ...(times && { times }), output, args: join.join, cap: join.cap });
  }
  const { format, contentType, tree } = output as PlannedTree;
  const { maxBytes, maxFiles, make } = tree as PlannedTree['tree'] & { make: LadderRecipe };
  const ladder = { ...common, args: plan.args, format, contentType, maxBytes, maxFiles, recipe: make };
  return isMixed ? mixedJson.write({ ...ladder, position }) : ladderJson.write(ladder);
}

function budgetOf({ memoryBytes, cpuSeconds, wallMs, outputBytes }: Plan): CellBudget {
  return { memoryBytes, cpuSeconds, wallMs, outputBytes };
}

function segmentOf(
  { claim: { job, inputs } }: Run,
  request: SegmentRequest,
  { isAudio }: { isAudio: boolean },
): NewJob {
  const text = segmentJson.write(request);
  return {
    ...childOf(job),
    kind: 'segment',
    // A piece with only audio is light, like any other job that makes only audio.
    resourceClass: isAudio ? 'light' : job.resource_class,
    request: { shown: text, sent: text },
    // Only pieces with video have `seconds`, so that the progress of the job is the progress of its video.
    facts: JSON.stringify({ v: 1, ...(!isAudio && { seconds: request.seconds }) }),
    settings: null,
    needs: [...(request.files ? [LADDER_PIECES] : []), ...job.needs.filter((one) => one === S3_SOURCES)],
    sources: [childInput(inputs[0]!)],
    outputs: [{ format: 'mp4', name: 'piece.mp4' }],
    warnings: [],
    metadata: null,
  };
}
