import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stageObject } from '../../../attempt/sources/stage-source.ts';
import { JobFailure } from '../../../contract/failures.ts';
import type { Plan } from '../../../ffmpeg/index.ts';
import { CHILDREN_SHARE, resultsOf } from '../../../jobs/children.ts';
import type { Job } from '../../../jobs/rows.ts';
import type { StoredObject } from '../../../objects/objects.ts';
import { treeFileKey } from '../../../storage/keys.ts';
import { prepareAssets, stageAssets } from '../assets.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import { prepareInputs, stageInputs } from '../inputs.ts';
import type { LadderState } from '../segments/state.ts';
import { cellFiles, type ReadyOnes } from './prepared.ts';

/**
 * Prepares the pieces of a ladder. The sanitizer joins and packages them, so no command runs for the ladder. If the job has other outputs,
 * their commands read the source again.
 */
export async function prepareLadder(
  attempt: TranscodeAttempt,
  state: LadderState,
  objects: readonly StoredObject[],
): Promise<ReadyOnes> {
  const { run } = attempt;
  const pieces: string[][] = [];
  for (const [index, object] of objects.slice(0, state.pieces.length).entries())
    pieces.push(await stageTree(attempt, state, object, `piece-${index}`));
  const sound = objects[state.pieces.length];
  const audio = sound ? await stagePiece(attempt, sound, 'audio') : null;
  const isMixed = state.position !== undefined;
  const inputFiles = isMixed ? await stageInputs(attempt) : [];
  const files = await stageAssets(attempt);
  const slot = await run.lease.acquire(run.signal);
  const inputs = isMixed ? await prepareInputs(attempt, inputFiles, { slot, frames: false }) : [];
  const assets = await prepareAssets(attempt, { files, inputs }, slot);
  const { position = 0, budget, inputSeconds, rate } = state;
  return {
    ...{ slot, inputs, assets, files: isMixed ? cellFiles({ inputs, assets }) : [] },
    planned: {
      plan: { commands: [ladderCommand(state)] },
      ...{ apart: isMixed ? position : null, budget, inputSeconds, done: CHILDREN_SHARE },
    },
    written: { position, pieces, audio, rate, frames: state.pieces.map(({ frames }) => frames) },
  };
}

/** Returns the command that would make the ladder without pieces. The command does not run. */
function ladderCommand(state: LadderState): Plan {
  const { args, source, warnings, durationSeconds, budget, streams, recipe } = state;
  const { position = 0, format, contentType, maxBytes, maxFiles } = state;
  const files = [...recipe.renditions, ...(recipe.audio ? [recipe.audio] : [])].map(({ path }) => path);
  return {
    ...{ args, source, warnings: [...warnings], durationSeconds, layers: [] },
    ...{ cpuWeight: 1, expectedCpuSeconds: null, ...budget },
    outputs: [
      {
        ...{ position, format, contentType, streams },
        tree: { files, directories: [], maxBytes, maxFiles, make: recipe },
      },
    ],
  };
}

/** Returns the stored outputs of the children, in the order of the children. */
export async function objectsOf(
  { tools: { context } }: TranscodeAttempt,
  children: readonly Job[],
): Promise<StoredObject[]> {
  return (await resultsOf(context.db, children)).map((object) => {
    if (!object) throw unusable('A piece has been deleted.');
    return object;
  });
}

/** Stages a piece that is one file. Returns its host path. */
export function stagePiece(
  { tools, run }: TranscodeAttempt,
  { key, size }: StoredObject,
  name: string,
): Promise<string> {
  const before = () => run.disk.reserve(size ?? 0);
  return stageObject(tools, key, join(run.folder, name), { signal: run.signal, before });
}

/** Stages a piece of a ladder. Returns the host paths of its renditions, in order. */
async function stageTree(
  { tools, run }: TranscodeAttempt,
  { recipe }: LadderState,
  { key, size }: StoredObject,
  name: string,
): Promise<string[]> {
  const folder = join(run.folder, name);
  await mkdir(folder, { mode: 0o700 });
  let isReserved = false;
  const before = async () => {
    if (!isReserved) await run.disk.reserve(size ?? 0);
    isReserved = true;
  };
  const files: string[] = [];
  for (const { path } of recipe.renditions) {
    const file = basename(path);
    files.push(await stageObject(tools, treeFileKey(key, file), join(folder, file), { signal: run.signal, before }));
  }
  return files;
}

export function unusable(reason: string): JobFailure {
  return new JobFailure('output_invalid', reason);
}
