import { JobFailure } from '../../contract/failures.ts';
import type { Tx } from '../../database/pool.ts';
import type { Completion, FailedOutput } from '../../jobs/finish.ts';
import type { StoredOutput } from '../../jobs/outputs.ts';
import { outputsOf } from '../../jobs/read.ts';
import { type Job, type JobOutput, outputFacts } from '../../jobs/rows.ts';
import { lockObjects } from '../../objects/objects.ts';
import { failureOf } from './failures.ts';
import type { RunAttempt } from './run-request.ts';
import { type RunState, stepColumns, writeResult } from './state.ts';

/**
 * Transfers the outputs of the children to the run. If a child failed, its output and the run fail. Throws `JobFailure` if no child made an
 * output.
 */
export async function collectOutputs(attempt: RunAttempt, state: RunState): Promise<Completion> {
  const { tools, run, request } = attempt;
  const { db } = tools.context;
  const made = await outputsOf(db, Object.values(state.outputs));
  const outputs: StoredOutput[] = [];
  const failures: FailedOutput[] = [];
  for (const [label, row] of request.outputs) {
    const child = attempt.children.find(({ id }) => id === state.outputs[label]);
    const output = made.find(({ job_id }) => job_id === child?.id);
    if (child?.status === 'completed' && output?.object_id) outputs.push(storedOf(row, output));
    else failures.push({ outputId: row.id, failure: failureOf(tools, child, label) });
  }
  const [failed] = failures;
  if (outputs.length === 0 && failed)
    throw new JobFailure(failed.failure.code, failed.failure.message, { retry: false });
  const { job } = run.claim;
  const children = attempt.children.map(({ id }) => id);
  return {
    ...{ outputs, failures, warnings: [], attempt: null },
    plan: request.blueprint.captions ? writeResult(state) : null,
    inputSeconds: Object.values(state.facts).reduce((sum, { duration }) => sum + (duration ?? 0), 0),
    apply: (tx) => takeOutputs(tx, job, { children, objects: outputs.map(({ objectId }) => objectId) }),
  };
}

function storedOf(row: JobOutput, output: JobOutput): StoredOutput {
  return { outputId: row.id, objectId: output.object_id!, facts: outputFacts.read(output.facts) };
}

/** Transfers the objects of the children to the run, before the end of the run ends the children. */
async function takeOutputs(
  tx: Tx,
  job: Job,
  { children, objects }: { children: readonly string[]; objects: string[] },
): Promise<void> {
  await lockObjects(tx, objects);
  const taken = await tx
    .updateTable('objects')
    .set({ job_id: job.id })
    .where('id', 'in', objects)
    .where('state', '=', 'live')
    .returning('id')
    .execute();
  if (taken.length !== objects.length) throw new JobFailure('internal', 'An output was deleted before the run ended.');
  await tx
    .updateTable('job_outputs')
    .set({ object_id: null })
    .where('job_id', 'in', children)
    .where('object_id', 'in', objects)
    .execute();
  await tx.updateTable('jobs').set(stepColumns(job, 'done')).where('id', '=', job.id).execute();
}
