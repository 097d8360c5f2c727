import { basename, join } from 'node:path';
import { outputFacts } from '../../attempt/media/summary.ts';
import { putOutput, sizeOfPlainFile, storeFile } from '../../attempt/outputs/store-file.ts';
import { takeFile } from '../../attempt/outputs/take-file.ts';
import type { PlannedFile, PlannedOutput } from '../../ffmpeg/index.ts';
import type { StoredOutput } from '../../jobs/outputs.ts';
import { objectOf, type TranscodeAttempt } from './attempt.ts';
import { checkWritten } from './check-written.ts';
import { joinPieces, sizeOf } from './outgoing/byte-ranges.ts';
import type { EarlyOutput } from './outgoing/early-output.ts';
import type { PreparedSources } from './sources/prepared.ts';
import { storeTreeOutput } from './store-tree-output.ts';

/** An output that a cell has written. */
interface WrittenOutput<Planned extends PlannedOutput = PlannedOutput> {
  /** Folder of the outputs of the cell. */
  folder: string;
  planned: Planned;
  /** The upload that runs while the cell runs; null if the output is stored after the cell has ended. */
  early: EarlyOutput | null;
}

type OutputSources = Pick<PreparedSources, 'slot' | 'assets' | 'checkOutput' | 'copied' | 'written'>;

/** Checks and stores an output of a cell. Throws `JobFailure` if the output differs from the plan. */
export function storeOutput(
  attempt: TranscodeAttempt,
  sources: OutputSources,
  { folder, planned, early }: WrittenOutput,
): Promise<StoredOutput> {
  return 'path' in planned
    ? storeFileOutput(attempt, sources, { folder, planned, early })
    : storeTreeOutput(attempt, {
        folder,
        planned,
        slot: sources.slot,
        assets: sources.assets,
        pieces: sources.written?.position === planned.position ? sources.written : null,
      });
}

/**
 * Checks and stores a file of a cell. The author of the input may control the cell, so nothing about the output is trusted: it must be a
 * regular file, and its contents must match the plan. Checking and storing run concurrently. If the check fails, the output is deleted, and
 * its parts never become an object.
 */
async function storeFileOutput(
  attempt: TranscodeAttempt,
  sources: OutputSources,
  { folder, planned, early }: WrittenOutput<PlannedFile>,
): Promise<StoredOutput> {
  const { tools, run } = attempt;
  const written = join(folder, basename(planned.path));
  const size = await sizeOfPlainFile(written);
  await sources.checkOutput(written);
  const taken = early ? null : await takeFile(tools, run, written);
  const path = taken ?? written;
  const checking = tools.measure('check', () =>
    checkWritten(attempt, planned.expect, { path, slot: sources.slot, size }),
  );
  const file = {
    ...{ path, size, ...objectOf(run, planned) },
    ...(taken !== null && { taken: checking }),
    ...(sources.copied?.sha256 && { sha256: sources.copied.sha256 }),
  };
  const [checked, stored] = await Promise.allSettled([
    checking,
    tools.measure('store', () => (early ? storeEarly(attempt, early, file) : storeFile(tools, run, file))),
  ]);
  if (checked.status === 'rejected') throw checked.reason;
  if (stored.status === 'rejected') throw stored.reason;
  const { objectId, sha256, publish }: Stored = stored.value;
  await publish?.();
  return {
    outputId: run.claim.outputs[planned.position]!.id,
    objectId,
    facts: outputFacts(planned.format, checked.value, { sha256, plan: planned.streams }),
  };
}

interface Stored {
  objectId: string;
  sha256: string;
  /** Makes the object visible; absent if it is already visible. */
  publish?: () => Promise<void>;
}

/** Stores the parts of an output that have not been uploaded yet. If no part was uploaded, stores the complete output. */
async function storeEarly(
  { tools, run }: TranscodeAttempt,
  { arrange, upload }: EarlyOutput,
  file: Parameters<typeof storeFile>[2],
): Promise<Stored> {
  const { pieces, shift } = await arrange(file.path, file.size);
  const joined = async () => {
    if (pieces.length === 1) return file.path;
    const target = join(run.folder, 'output');
    await run.disk.reserve(sizeOf(pieces));
    await joinPieces(pieces, target);
    return target;
  };
  const sent = await upload.send(pieces, shift);
  if (!sent) return storeFile(tools, run, { ...file, path: await joined() });
  const publish = async () => {
    if (await sent.publish()) return;
    tools.logger.warn({}, 'storage does not combine the parts of an output: the output is stored in one request');
    await putOutput(tools, run, { ...file, path: await joined() });
  };
  return { ...sent, publish };
}
