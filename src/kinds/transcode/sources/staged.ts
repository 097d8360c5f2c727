import { readAccount } from '../../../attempt/cells/cell-limits.ts';
import type { Claim } from '../../../jobs/rows.ts';
import { prepareAssets, stageAssets } from '../assets.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import { copyContainer } from '../copy-container.ts';
import { prepareInputs, stageInputs } from '../inputs.ts';
import { mayBeInPieces } from '../segments/choose.ts';
import { cellFiles, type OriginalFile, type PreparedSources, readySources, type Strategy } from './prepared.ts';

/**
 * Uses complete files: files that are already on this machine, files that are copied from storage, and files that are fetched. Acquires a
 * slot when all of them are on this machine.
 */
export const staged: Strategy = {
  name: 'staged',
  async prepare(attempt, found) {
    const { run } = attempt;
    const inputFiles = await (found.staged ?? stageInputs(attempt));
    const assetFiles = await stageAssets(attempt);
    const slot = await run.lease.acquire(run.signal);
    attempt.account = readAccount(attempt.tools, run);
    // `cellLimits` awaits the account later, and reports the failure.
    attempt.account.catch(() => {});
    const mayBeCut = found.noSplitReason === undefined && mayBeInPieces(attempt);
    const deferred = mayBeCopied(attempt) ? [] : undefined;
    const inputs = await prepareInputs(attempt, inputFiles, { slot, frames: mayBeCut, ...(deferred && { deferred }) });
    const assets = await prepareAssets(attempt, { files: assetFiles, inputs }, slot);
    const sources = readySources(attempt, {
      ...{ slot, inputs, assets, files: cellFiles({ inputs, assets }) },
      noSplitReason: found.noSplitReason ?? null,
      originals: { ready: Promise.resolve(), files: stagedSources(run.claim, { inputs, assets }) },
    });
    if (deferred && deferred.length > 0) copyOrRemux(attempt, sources, deferred);
    return sources;
  },
};

/**
 * Whether the output may need only a copy of packets into another container, so that the container of the input is remuxed only if FFmpeg
 * reads it. A second attempt always uses FFmpeg.
 */
function mayBeCopied({ run: { claim }, request }: TranscodeAttempt): boolean {
  return request.asksForCopy && claim.number === 1 && claim.outputs.length === 1;
}

/** After planning, makes the output without FFmpeg if possible. Otherwise writes the containers that FFmpeg reads. */
function copyOrRemux(attempt: TranscodeAttempt, sources: PreparedSources, deferred: (() => Promise<void>)[]): void {
  // The copy and the remux read the original file, so it must not be deleted when it is hashed.
  for (const original of sources.originals!.files) original.isSpare = false;
  sources.accept = async (plan) => {
    sources.copied = await copyContainer(attempt, sources, plan);
    if (!sources.copied) for (const remux of deferred) await remux();
    return null;
  };
}

/** Returns the original files. An original file whose container was remuxed is spare, because FFmpeg does not read it. */
function stagedSources(claim: Claim, { inputs, assets }: Pick<PreparedSources, 'inputs' | 'assets'>): OriginalFile[] {
  return [
    ...inputs.map(({ source, file }, index) => ({ row: claim.inputs[index]!, file: source, isSpare: file !== source })),
    ...assets.flatMap((asset, index) => {
      const row = claim.assets.find(({ position }) => position === claim.inputs.length + index);
      return asset && row ? [{ row, file: asset.source, isSpare: asset.file !== asset.source }] : [];
    }),
  ];
}
