import { outputsOf, type PlannedOutput } from '../../blueprints/blueprint.ts';
import { JobFailure } from '../../contract/failures.ts';
import { requestFor } from '../child-jobs.ts';
import { requireKinds } from './probes.ts';
import type { RunAttempt } from './run-request.ts';
import type { RunState } from './state.ts';

/**
 * Plans the outputs of a run: for each output, a request in the form that transcodes admit. Throws `JobFailure` if these inputs allow no
 * output, and a plain error if the plan contradicts its blueprint.
 */
export function planRun(attempt: RunAttempt, state: RunState): { label: string; request: never }[] {
  requireKinds(attempt, state);
  const { blueprint, inputs, outputs } = attempt.request;
  const planned = blueprint.plan(inputs, { facts: state.facts, srtText: state.srtText });
  if ('problem' in planned) {
    const { field, reason, remedy } = planned.problem;
    throw new JobFailure('option_refused', `${field} ${reason}. ${remedy}.`);
  }
  const labels = outputsOf(blueprint, inputs).map(({ label }) => label);
  if (labels.join() !== planned.map(({ label }) => label).join() || labels.some((label) => !outputs.has(label)))
    throw new Error(`the plan of ${blueprint.slug} does not have the outputs that it declares`);
  return planned.map((output) => ({ label: output.label, request: toRequest(attempt, output) }));
}

function toRequest({ kinds }: RunAttempt, { label, request }: PlannedOutput): never {
  const checked = requestFor(kinds.get('transcode'), request);
  if (checked !== null && 'request' in checked) return checked.request;
  const where = checked?.issues[0]?.path.join('.') ?? 'its kind';
  throw new Error(`the request for the output ${label} is not valid: ${where}`);
}
