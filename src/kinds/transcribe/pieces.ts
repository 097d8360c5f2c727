import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stageObject } from '../../attempt/sources/stage-source.ts';
import type { Recognized } from '../../attempt/speech/engine.ts';
import { type PieceRequest, pieceJson, pieceResult, TRANSCRIBE_PIECE } from '../../attempt/speech/piece-request.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { type FailureCode, failures, JobFailure } from '../../contract/failures.ts';
import { openColumn, sealColumn } from '../../database/sealed-columns.ts';
import { childInput, childOf, resultsOf, startChildren } from '../../jobs/children.ts';
import type { NewJob } from '../../jobs/insert.ts';
import type { Claim, Job } from '../../jobs/rows.ts';

/** Inserts a child for each piece. `resume` is the state from which the job continues when all children have ended. */
export async function startPieces(
  { context }: WorkTools,
  { claim }: Run,
  requests: readonly PieceRequest[],
  resume: string,
): Promise<void> {
  await startChildren(context, claim, async (_tx, job) => ({
    change: { resume_sealed: sealColumn(context.vault, 'jobs', 'resume_sealed', job, resume) },
    children: requests.map((request) => pieceOf(claim, request)),
  }));
}

function pieceOf({ job, inputs }: Claim, request: PieceRequest): NewJob {
  const text = pieceJson.write(request);
  // With these seconds, the progress of the job is the progress of its speech.
  const seconds = (request.piece.to - request.piece.from) / 1000;
  return {
    ...childOf(job),
    kind: TRANSCRIBE_PIECE,
    resourceClass: job.resource_class,
    request: { shown: text, sent: text },
    facts: JSON.stringify({ v: 1, seconds }),
    settings: null,
    needs: job.needs,
    sources: [childInput(inputs[0]!)],
    outputs: [{ format: 'json', name: 'piece.json', role: 'text' }],
    warnings: [],
    metadata: null,
  };
}

/** Reads the results of the children in the order of the media. Throws the failure of the first failed child. */
export async function readPieces(tools: WorkTools, run: Run, children: readonly Job[]): Promise<Recognized[]> {
  const { context } = tools;
  const failed = children.find(({ status }) => status !== 'completed');
  if (failed) throw failureOf(tools, failed);
  const results: Recognized[] = [];
  for (const [index, object] of (await resultsOf(context.db, children)).entries()) {
    if (!object) throw new JobFailure('internal', 'A piece has been deleted.');
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
