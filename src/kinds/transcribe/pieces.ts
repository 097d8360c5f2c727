import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stageObject } from '../../attempt/sources/stage-source.ts';
import type { Recognized } from '../../attempt/speech/engine.ts';
import { type PieceRequest, pieceJson, pieceResult, TRANSCRIBE_PIECE } from '../../attempt/speech/piece-request.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { type FailureCode, failures, JobFailure } from '../../contract/failures.ts';
import { openColumn, sealColumn } from '../../database/sealed-columns.ts';
import { CHILD_SECONDS } from '../../jobs/children.ts';
import { insertJob, type NewJob } from '../../jobs/insert.ts';
import { lockOwned, outputsOf } from '../../jobs/read.ts';
import type { Job } from '../../jobs/rows.ts';
import { getObject } from '../../objects/objects.ts';
import { inspectionJson } from '../../uploads/upload.ts';

/** Inserts a child for each piece. `resume` is the state from which the job continues when all children have ended. */
export async function insertPieces(
  { context }: WorkTools,
  run: Run,
  requests: readonly PieceRequest[],
  resume: string,
): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, run.claim);
    if (!job) return;
    const resume_sealed = sealColumn(context.vault, 'jobs', 'resume_sealed', job, resume);
    await tx.updateTable('jobs').set({ resume_sealed }).where('id', '=', job.id).execute();
    for (const request of requests) await insertJob(context, tx, childOf(run, request));
  });
}

function childOf({ claim: { job, inputs } }: Run, request: PieceRequest): NewJob {
  const input = inputs[0]!;
  const text = pieceJson.write(request);
  const source = {
    ...{ uploadId: input.upload_id, objectId: input.object_id, shownUrl: null, sourceUrl: null, name: 'input' },
    inspection: inspectionJson.readOrNull(input.probe),
  };
  // With these seconds, the progress of the job is the progress of its speech.
  const seconds = (request.piece.to - request.piece.from) / 1000;
  return {
    ...{ kind: TRANSCRIBE_PIECE, accountId: job.account_id, keyId: job.key_id, requestId: job.request_id },
    ...{ traceparent: job.traceparent, resourceClass: job.resource_class, request: { shown: text, sent: text } },
    ...{ facts: JSON.stringify({ v: 1, seconds }), settings: null, needs: job.needs, warnings: [], metadata: null },
    sources: [{ position: 0, asset: null, source }],
    outputs: [{ format: 'json', name: 'piece.json', role: 'text' }],
    ...{ retentionSeconds: CHILD_SECONDS, parentId: job.id, priority: job.priority },
  };
}

/** Reads the results of the children in the order of the media. Throws the failure of the first failed child. */
export async function readPieces(tools: WorkTools, run: Run, children: readonly Job[]): Promise<Recognized[]> {
  const { context } = tools;
  const failed = children.find(({ status }) => status !== 'completed');
  if (failed) throw failureOf(tools, failed);
  const ids = children.map(({ id }) => id);
  const outputs = await outputsOf(context.db, ids);
  const results: Recognized[] = [];
  for (const [index, id] of ids.entries()) {
    const objectId = outputs.find(({ job_id }) => job_id === id)?.object_id;
    const object = objectId ? await getObject(context.db, objectId) : undefined;
    if (object?.state !== 'live') throw new JobFailure('internal', 'A piece has been deleted.');
    const before = () => run.disk.reserve(object.size ?? 0);
    const path = await stageObject(tools, object.key, join(run.folder, `piece-${index}`), {
      signal: run.signal,
      before,
    });
    results.push(pieceResult.read(JSON.parse(await readFile(path, 'utf8'))));
  }
  return results.sort((a, b) => (a.segments[0]?.start ?? 0) - (b.segments[0]?.start ?? 0));
}

function failureOf({ context }: WorkTools, child: Job): JobFailure {
  const code = child.error_code ?? '';
  const message =
    openColumn(context.vault, 'jobs', 'error_sealed', child) ?? 'A piece of the media could not be transcribed.';
  // The pieces have already used their attempts, so the parent is not retried.
  return new JobFailure(Object.hasOwn(failures, code) ? (code as FailureCode) : 'internal', message, { retry: false });
}
