import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cellLimits } from '../../../attempt/cells/cell-limits.ts';
import { sizeOfPlainFile } from '../../../attempt/outputs/store-file.ts';
import { stageObject } from '../../../attempt/sources/stage-source.ts';
import type { Run, WorkTools } from '../../../attempt/tools.ts';
import { JobFailure } from '../../../contract/failures.ts';
import { joinedFault, type Plan } from '../../../ffmpeg/index.ts';
import { CHILDREN_SHARE, childrenOf } from '../../../jobs/children.ts';
import { discardChildren } from '../../../jobs/discard-children.ts';
import { outputsOf } from '../../../jobs/read.ts';
import { type Job, OPEN_STATUSES } from '../../../jobs/rows.ts';
import { getObject } from '../../../objects/objects.ts';
import type { CellResult } from '../../../sandbox/types.ts';
import type { SanitizeResult } from '../../../sanitizer/index.ts';
import { openWholeRequest } from '../request.ts';
import { runPlan } from '../run-plan.ts';
import { AwaitChildren, openState } from './state.ts';

/** Memory of an FFmpeg that copies streams: 58 MB measured, rounded up. */
const JOIN_BYTES = 64 * 2 ** 20;

/** Why the pieces of a job do not make its output, as a sentence. */
export class PiecesFailed extends Error {}

/** The joined output, checked against the frames of the source. */
export interface JoinedOutput {
  plan: Pick<Plan, 'args' | 'outputs' | 'source' | 'warnings'>;
  result: CellResult;
  slot: number;
  limits: Awaited<ReturnType<typeof cellLimits>>;
  inputSeconds: number;
}

/**
 * Joins the pieces that the children of a job have encoded. Null = the job has none. Throws `AwaitChildren` while one of
 * them is open, and `PiecesFailed` when the job must be encoded as a whole. In both other cases the pieces are deleted,
 * when `use` has ended.
 */
export async function usePieces<Result>(
  tools: WorkTools,
  run: Run,
  use: (output: JoinedOutput) => Promise<Result>,
): Promise<Result | null> {
  const { context } = tools;
  const { job } = run.claim;
  // Children were made by an earlier attempt.
  const children = run.claim.number === 1 ? [] : await childrenOf(context.db, job.id);
  if (children.length === 0) return null;
  if (children.some(({ status }) => (OPEN_STATUSES as readonly string[]).includes(status))) throw new AwaitChildren();
  try {
    const joined = await joinChildren(tools, run, children);
    const used = await use(joined).finally(() => joined.result.release());
    await discardChildren(context, job.id);
    return used;
  } catch (error) {
    if (run.signal.aborted) throw error;
    // The whole job has its own failure for whatever this was; an outage of storage or database says nothing.
    if (!(error instanceof PiecesFailed) && !(error instanceof JobFailure)) throw error;
    tools.logger.warn({ reason: error.message }, 'not joined: the video is encoded as a whole');
    await discardChildren(context, job.id);
    throw error instanceof PiecesFailed ? error : new PiecesFailed(error.message, { cause: error });
  }
}

async function joinChildren(tools: WorkTools, run: Run, children: readonly Job[]): Promise<JoinedOutput> {
  const { context } = tools;
  const state = openState(context.vault, run.claim.job);
  const failed = children.find(({ status }) => status !== 'completed');
  if (failed) throw new PiecesFailed(`A piece failed (${failed.error_code ?? failed.status}).`);
  const wanted = state ? state.pieces.length + (state.hasAudio ? 1 : 0) : 0;
  if (!state || children.length !== wanted) throw new PiecesFailed('The pieces are not those of the plan.');
  const files = await stagePieces(tools, run, children);
  const slot = await run.lease.acquire(run.signal);
  const [pieces, audio] = [files.slice(0, state.pieces.length), files[state.pieces.length] ?? null];
  const video = join(run.folder, 'joined');
  const bytes = (await Promise.all(pieces.map((path) => stat(path)))).reduce((sum, { size }) => sum + size, 0);
  await run.hold.reserve(bytes);
  const answer = await tools.sanitizer.joinPieces({ pieces, joined: video }, bytes, run.signal);
  if ('reason' in answer) throw new PiecesFailed(`The output ${answer.reason}.`);
  const limits = await cellLimits(
    tools,
    run.claim,
    state.budget,
    run.hold,
    openWholeRequest(tools.context.vault, run.claim.job)?.limits ?? {},
  );
  const inputs = [{ name: 'video', path: video }, ...(audio ? [{ name: 'audio', path: audio }] : [])];
  const { args, output, streams, source, warnings, durationSeconds, inputSeconds } = state;
  const plan = {
    args,
    outputs: [{ ...output, position: 0, streams }],
    source,
    warnings: [...warnings, ...limits.warnings],
  };
  const control = { ...run, limits, leaving: null, done: CHILDREN_SHARE };
  const result = await runPlan(
    tools,
    run.claim,
    { ...plan, durationSeconds, memoryBytes: JOIN_BYTES },
    inputs,
    slot,
    control,
  );
  try {
    await rm(video, { force: true });
    const path = join(result.outputDir, basename(output.path));
    await sizeOfPlainFile(path);
    const made = await readJoined(tools, path, run);
    const encoded = audio === null ? null : ((await readJoined(tools, audio, run)).packets?.[0] ?? null);
    if (audio && !encoded) throw new PiecesFailed('The audio was not encoded.');
    const fault = joinedFault(made, { pieces: answer.pieces, audio: encoded }, state);
    if (fault) throw new PiecesFailed(`The output ${fault}.`);
    return { plan, result, slot, limits, inputSeconds };
  } catch (error) {
    await result.release();
    throw error;
  }
}

/** Host paths of the outputs of the children, in their order. */
async function stagePieces(tools: WorkTools, run: Run, children: readonly Job[]): Promise<string[]> {
  const { context } = tools;
  const ids = children.map(({ id }) => id);
  const outputs = await outputsOf(context.db, ids);
  const files: string[] = [];
  for (const [index, id] of ids.entries()) {
    const objectId = outputs.find(({ job_id }) => job_id === id)?.object_id;
    const object = objectId ? await getObject(context.db, objectId) : undefined;
    if (object?.state !== 'live') throw new PiecesFailed('A piece has been deleted.');
    const before = () => run.hold.reserve(object.size ?? 0);
    files.push(
      await stageObject(tools, object.key, join(run.folder, `piece-${index}`), { signal: run.signal, before }),
    );
  }
  return files;
}

/** What the memory-safe reader finds in an MP4 or MOV file. */
async function readJoined(
  { sanitizer }: WorkTools,
  path: string,
  { signal }: Run,
): Promise<Pick<SanitizeResult, 'frames' | 'packets'>> {
  const request = { path, demuxer: 'mov', target: null, mediaBytes: null, packets: true, frames: true };
  return sanitizer.sanitize(request, { subject: 'The output', signal });
}
