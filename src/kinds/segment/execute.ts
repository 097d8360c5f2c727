import { join } from 'node:path';
import { factsOf } from '../../attempt/cells/cell-failure.ts';
import { cellLimits } from '../../attempt/cells/cell-limits.ts';
import { runCommand } from '../../attempt/cells/run-command.ts';
import { type SegmentRequest, segmentJson } from '../../attempt/cells/segment-request.ts';
import { openMedia } from '../../attempt/media/open-media.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import { sizeOfPlainFile, storeFile } from '../../attempt/outputs/store-file.ts';
import { storeTree } from '../../attempt/outputs/store-tree.ts';
import { takeFile } from '../../attempt/outputs/take-file.ts';
import { stageSource } from '../../attempt/sources/stage-source.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { withThreads } from '../../ffmpeg/index.ts';
import { sourceRow } from '../../jobs/rows.ts';
import { outputKey } from '../../storage/keys.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import type { AttemptResult } from '../kind.ts';

const FORMAT = 'mp4';
const OUTPUT = `output.${FORMAT}`;
const CONTENT_TYPE = 'video/mp4';
/** Maximum number of threads of a command, as in other commands. More threads cost memory and quality. */
const MAX_THREADS = 16;

/** Runs the command that the parent planned. The parent checks the output. */
export async function executeSegment(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const { claim } = run;
  const request = readSegment(tools, run);
  const source = claim.inputs[0]!;
  const file = await stageSource(tools, sourceRow(claim.job, source), { ...run, subject: 'Input 1' });
  const slot = await run.lease.acquire(run.signal);
  const media = await openMedia(tools, file, {
    ...{ folder: run.folder, name: 'input-0', slot, subject: 'Input 1', disarm: request.disarm },
    ...{ known: knownInfo(inspectionJson.readOrNull(source.probe)), disk: run.disk, signal: run.signal },
  });
  if (media.demuxer !== request.demuxer)
    throw new JobFailure('internal', 'The format of the input has changed since the job started.');
  const limits = await cellLimits(tools, run, request.budget, request.limits);
  const command = {
    args: withThreads(request.args, threadsOf(tools)),
    outputs: [request.files ? treeOf(request.files) : { path: `/out/${OUTPUT}` }],
    durationSeconds: request.seconds,
    memoryBytes: request.budget.memoryBytes,
  };
  const files = [{ name: '0', path: media.file }];
  const result = await runCommand(tools, run, { command, files, slot, limits });
  try {
    const stored = request.files
      ? await storeFiles(tools, run, result.outputDir, request.files)
      : await storeOutput(tools, run, join(result.outputDir, OUTPUT));
    const { objectId, ...facts } = stored;
    const unknown = { duration_seconds: null, width: null, height: null, video_codec: null, audio_codec: null };
    const completion = {
      outputs: [{ outputId: claim.outputs[0]!.id, objectId, facts: { format: FORMAT, ...facts, ...unknown } }],
      plan: null,
      warnings: [],
      inputSeconds: null,
      attempt: { ...factsOf(result), limits: limits.applied },
    };
    return { outcome: 'completed', completion };
  } finally {
    await result.release();
  }
}

async function storeOutput(tools: WorkTools, run: Run, written: string) {
  const { claim } = run;
  const size = await sizeOfPlainFile(written);
  const taken = await takeFile(tools, run, written);
  const path = taken ?? written;
  const key = outputKey(claim.job.account_id, claim.job.id, claim.attemptId, FORMAT);
  const file = { path, size, key, contentType: CONTENT_TYPE };
  return { size, ...(await storeFile(tools, run, { ...file, ...(taken !== null && { taken: Promise.resolve() }) })) };
}

function treeOf(names: readonly string[]) {
  return { tree: { files: names.map((name) => `/out/${name}`), directories: [] } };
}

/** Stores the files of a piece of a ladder as one object. */
async function storeFiles(tools: WorkTools, run: Run, directory: string, names: readonly string[]) {
  let maxBytes = 0;
  for (const name of names) maxBytes += await sizeOfPlainFile(join(directory, name));
  const tree = { directory, maxBytes, maxFiles: names.length, position: 0, contentType: CONTENT_TYPE };
  const { objectId, bytes, files, sha256 } = await storeTree(tools, run, {
    ...tree,
    contentTypeOf: () => CONTENT_TYPE,
  });
  return { objectId, size: bytes, files, sha256 };
}

function readSegment({ context }: WorkTools, { claim }: Run): SegmentRequest {
  const text = openColumn(context.vault, 'jobs', 'request_sealed', claim.job);
  if (text === null) throw new JobFailure('input_deleted', 'The job has been erased.');
  return segmentJson.read(JSON.parse(text));
}

/** Returns the number of threads of a command: the share of one heavy slot in the cores of this machine, from 1 to `MAX_THREADS`. */
function threadsOf({ settings }: WorkTools): number {
  const heavy = settings.slots.filter((classes) => classes.includes('heavy')).length;
  return Math.min(MAX_THREADS, Math.max(1, Math.floor(settings.cores / Math.max(1, heavy))));
}
