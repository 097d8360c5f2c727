import { retryTransient } from '../../database/transient.ts';
import { publishOutput, type StoredOutput } from '../../jobs/outputs.ts';
import type { Claim, JobOutput } from '../../jobs/rows.ts';
import type { Run, WorkTools } from '../tools.ts';

/** The results of an attempt so far. */
export interface MadeOutputs {
  outputs: StoredOutput[];
  /** Outputs that cannot be made. */
  failures: readonly { position: number }[];
}

/** Returns the outputs of a job that earlier attempts have made. */
export function earlierOutputs({ outputs }: Pick<Claim, 'outputs'>): JobOutput[] {
  return outputs.filter(isMade);
}

/** Returns the outputs of a job that no earlier attempt has made. */
export function missingOutputs({ outputs }: Pick<Claim, 'outputs'>): JobOutput[] {
  return outputs.filter((output) => !isMade(output));
}

/** Whether an earlier attempt has made the output. */
function isMade({ status }: JobOutput): boolean {
  return status === 'completed';
}

/**
 * Adds an output that the attempt has stored, and publishes it immediately, so that no later attempt makes it again. The transaction that
 * ends the attempt publishes the last output, so a job with one output needs no further transaction.
 */
export async function addOutput(tools: WorkTools, run: Run, made: MadeOutputs, output: StoredOutput): Promise<void> {
  const isLast = made.outputs.length + made.failures.length + 1 >= missingOutputs(run.claim).length;
  made.outputs.push(isLast ? output : await publish(tools, run, output));
}

/** Publishes all outputs of an attempt that ends without completing its job. */
export async function publishAll(tools: WorkTools, run: Run, made: MadeOutputs): Promise<void> {
  for (const [index, output] of made.outputs.entries()) {
    if (!output.isPublished) made.outputs[index] = await publish(tools, run, output);
  }
}

/** Waits while the database is unreachable, because the output is stored. Rejects if the attempt no longer owns its job. */
async function publish(tools: WorkTools, run: Run, output: StoredOutput): Promise<StoredOutput> {
  const publishing = () => publishOutput(tools.context, run.claim, output);
  if (!(await retryTransient(publishing, Number.POSITIVE_INFINITY, run.signal))) {
    run.onReplaced();
    run.signal.throwIfAborted();
  }
  return { ...output, isPublished: true };
}
