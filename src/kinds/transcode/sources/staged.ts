import type { Claim } from '../../../jobs/rows.ts';
import { prepareAssets, stageAssets } from '../assets.ts';
import { prepareInputs, stageInputs } from '../inputs.ts';
import { mayBeInPieces } from '../segments/choose.ts';
import { cellFiles, type OriginalFile, type PreparedSources, readySources, type Strategy } from './prepared.ts';

/** Complete files: used without a copy, copied from storage, or fetched. Acquires a slot when all of them are here. */
export const staged: Strategy = {
  name: 'staged',
  async prepare(attempt, found) {
    const { run } = attempt;
    const inputFiles = await (found.staged ?? stageInputs(attempt));
    const assetFiles = await stageAssets(attempt);
    const slot = await run.lease.acquire(run.signal);
    const mayBeCut = found.noSplitReason === undefined && mayBeInPieces(attempt);
    const inputs = await prepareInputs(attempt, inputFiles, { slot, frames: mayBeCut });
    const assets = await prepareAssets(attempt, { files: assetFiles, inputs }, slot);
    return readySources(attempt, {
      ...{ slot, inputs, assets, files: cellFiles({ inputs, assets }) },
      noSplitReason: found.noSplitReason ?? null,
      originals: { ready: Promise.resolve(), files: stagedSources(run.claim, { inputs, assets }) },
    });
  },
};

/** The original files, which FFmpeg does not read where a container was remuxed. */
function stagedSources(claim: Claim, { inputs, assets }: Pick<PreparedSources, 'inputs' | 'assets'>): OriginalFile[] {
  return [
    ...inputs.map(({ source, file }, index) => ({ row: claim.inputs[index]!, file: source, isSpare: file !== source })),
    ...assets.flatMap((asset, index) => {
      const row = claim.assets.find(({ position }) => position === claim.inputs.length + index);
      return asset && row ? [{ row, file: asset.source, isSpare: asset.file !== asset.source }] : [];
    }),
  ];
}
