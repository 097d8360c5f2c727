import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { earlierOutputs } from '../../../attempt/outputs/publish.ts';
import { JobFailure } from '../../../contract/failures.ts';
import { joinedFault, type Plan } from '../../../ffmpeg/index.ts';
import { CHILDREN_SHARE, childrenOf } from '../../../jobs/children.ts';
import { isOpen, type Job } from '../../../jobs/rows.ts';
import type { StoredObject } from '../../../objects/objects.ts';
import type { SanitizeResult } from '../../../sanitizer/index.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import { dividedOutput } from '../segments/choose.ts';
import { type LadderState, openState, type PiecesState } from '../segments/state.ts';
import { objectsOf, prepareLadder, stagePiece, unusable } from './joined-ladder.ts';
import { type FallBack, type PreparedSources, type ReadyOnes, readySources, type Strategy } from './prepared.ts';

/** Bytes of memory of an FFmpeg process that copies streams: the measured 58 MB, rounded up. */
const JOIN_BYTES = 64 * 2 ** 20;

/**
 * Joins the pieces that the children of this job have encoded, as planned by an earlier attempt. If the pieces are unusable, the next
 * strategy encodes the video without pieces.
 */
export const joined: Strategy = {
  name: 'joined',
  async prepare(attempt) {
    const { tools, run } = attempt;
    // Only an earlier attempt can have created children.
    const children = run.claim.number === 1 ? [] : await childrenOf(tools.context.db, run.claim.job.id);
    if (children.length === 0 || isDividedMade(attempt)) return null;
    if (children.some(isOpen)) return { outcome: 'awaiting-children' };
    return prepareJoin(attempt, children).catch((error: unknown) => fallBackFrom(attempt, error));
  },
};

/** Whether an earlier attempt has stored the output that the pieces make. */
function isDividedMade(attempt: TranscodeAttempt): boolean {
  const position = dividedOutput(attempt);
  return earlierOutputs(attempt.run.claim).some((output) => output.position === position);
}

async function prepareJoin(attempt: TranscodeAttempt, children: readonly Job[]): Promise<PreparedSources> {
  const { tools, run } = attempt;
  const state = openState(tools.context.vault, run.claim.job);
  const failed = children.find(({ status }) => status !== 'completed');
  if (failed) throw unusable(`A piece failed (${failed.error_code ?? failed.status}).`);
  const wanted = state ? state.pieces.length + (state.hasAudio ? 1 : 0) : 0;
  if (!state || children.length !== wanted) throw unusable('The pieces differ from the plan.');
  const objects = await objectsOf(attempt, children);
  const common = {
    fallBackFrom: async (error: unknown) => (mayKeepPieces(state, error) ? null : fallBackFrom(attempt, error)),
  };
  const sources = 'recipe' in state ? prepareLadder(attempt, state, objects) : prepareVideo(attempt, state, objects);
  return readySources(attempt, { ...(await sources), ...common });
}

/** Whether another output of the job failed and may be retried. The next attempt then uses the pieces again. */
function mayKeepPieces(state: PiecesState | LadderState, error: unknown): boolean {
  return 'position' in state && error instanceof JobFailure && error.retry;
}

/** Joins the pieces of a video into one file, which a command copies with the audio into the output. */
async function prepareVideo(
  attempt: TranscodeAttempt,
  state: PiecesState,
  objects: readonly StoredObject[],
): Promise<ReadyOnes> {
  const { tools, run } = attempt;
  const files: string[] = [];
  for (const [index, object] of objects.entries()) files.push(await stagePiece(attempt, object, `piece-${index}`));
  const slot = await run.lease.acquire(run.signal);
  const [pieces, audio] = [files.slice(0, state.pieces.length), files[state.pieces.length] ?? null];
  const video = join(run.folder, 'joined');
  const bytes = (await Promise.all(pieces.map((path) => stat(path)))).reduce((sum, { size }) => sum + size, 0);
  await run.disk.reserve(bytes);
  const joined = await tools.sanitizer.joinPieces({ pieces, joined: video, times: state.times }, bytes, run.signal);
  if ('reason' in joined) throw unusable(`The output ${joined.reason}.`);
  return {
    ...{ slot, inputs: [], assets: [] },
    files: [{ name: 'video', path: video }, ...(audio ? [{ name: 'audio', path: audio }] : [])],
    planned: {
      plan: { commands: [joinCommand(state)] },
      ...{ apart: null, budget: state.budget, inputSeconds: state.inputSeconds, done: CHILDREN_SHARE },
    },
    async checkOutput(path) {
      await rm(video, { force: true });
      const made = await readJoined(attempt, path);
      const encoded = audio === null ? null : ((await readJoined(attempt, audio)).packets?.[0] ?? null);
      if (audio && !encoded) throw unusable('The audio was not encoded.');
      const fault = joinedFault(made, { pieces: joined.pieces, audio: encoded }, state);
      if (fault) throw unusable(`The output ${fault}.`);
    },
  };
}

function joinCommand(state: PiecesState): Plan {
  const { args, output, streams, source, warnings, durationSeconds, budget } = state;
  return {
    ...{ args, source, warnings: [...warnings], durationSeconds, layers: [], cpuWeight: 1, expectedCpuSeconds: null },
    ...{ ...budget, memoryBytes: JOIN_BYTES },
    outputs: [{ ...output, position: 0, streams }],
  };
}

/** Reads the frames and packets of an MP4 or MOV file with the memory-safe reader. */
async function readJoined(
  { tools, run }: TranscodeAttempt,
  path: string,
): Promise<Pick<SanitizeResult, 'frames' | 'packets'>> {
  const request = { path, demuxer: 'mov', target: null, mediaBytes: null, packets: true, frames: true };
  return tools.sanitizer.sanitize(request, { subject: 'The output', signal: run.signal });
}

/**
 * Falls back after any failure of the pieces. If the cause also affects the encode without pieces, that encode fails by itself. An outage
 * of storage or database does not concern the pieces, and is rethrown.
 */
function fallBackFrom({ run }: TranscodeAttempt, error: unknown): FallBack {
  if (run.signal.aborted || !(error instanceof JobFailure)) throw error;
  return { outcome: 'fall-back', reason: error.message, found: { noSplitReason: error.message } };
}
