import type { Run, WorkTools } from '../../attempt/tools.ts';
import { withTransactionRetry } from '../../database/transaction-retry.ts';
import { childrenOf, startChildren } from '../../jobs/children.ts';
import { lockOwned } from '../../jobs/read.ts';
import { isOpen } from '../../jobs/rows.ts';
import { type AdmittedChild, type ChildAdmission, openChildAdmission, reserveChildren } from '../child-jobs.ts';
import type { AttemptResult, KindsContext } from '../kind.ts';
import { RENDER_KIND, TRANSCRIBE_KIND } from './capability.ts';
import { transcriptionRequest } from './captions.ts';
import { collectOutputs } from './collect.ts';
import { planRun } from './plan.ts';
import { knownFacts, probesFor, readProbes } from './probes.ts';
import { openRun, type RunAttempt } from './run-request.ts';
import { FIRST_STATE, openState, type RunState, recordStep, saveState, stateColumns } from './state.ts';
import { readTranscription } from './transcription.ts';

/**
 * Continues a run by one step: probes the media, transcribes the speech, waits for a review, renders the outputs, or collects
 * them. A step creates child jobs, or ends the run. Runs no cell.
 *
 *   queued ─► probe ─► [transcribe ─► review] ─► render ─► done
 */
export async function executeRun(tools: WorkTools, run: Run, kinds: KindsContext['kinds']): Promise<AttemptResult> {
  const { job } = run.claim;
  const children = await childrenOf(tools.context.db, job.id);
  if (children.some(isOpen)) return { outcome: 'awaiting-children' };
  const attempt = { tools, run, kinds, children, request: openRun(tools, run) };
  return continueFrom(attempt, openState(tools.context.vault, job) ?? FIRST_STATE);
}

async function continueFrom(attempt: RunAttempt, state: RunState): Promise<AttemptResult> {
  switch (state.step) {
    case 'queued':
      return startProbes(attempt, { ...state, facts: knownFacts(attempt) });
    case 'probe':
      return afterProbes(attempt, { ...state, facts: { ...state.facts, ...readProbes(attempt, state) } });
    case 'transcribe':
      return startReview(attempt, { ...state, srtText: await readTranscription(attempt, state) });
    case 'review':
      return state.isReviewed ? startRender(attempt, state) : { outcome: 'awaiting-review' };
    case 'render':
      return { outcome: 'completed', completion: await collectOutputs(attempt, state) };
    default:
      throw new Error(`a run cannot continue from the step ${state.step}`);
  }
}

async function startProbes(attempt: RunAttempt, state: RunState): Promise<AttemptResult> {
  const probes = await probesFor(attempt, state);
  if (probes.children.size === 0) return afterProbes(attempt, state);
  const ids = Object.fromEntries([...probes.children].map(([name, { id }]) => [name, id]));
  return awaitChildren(attempt, probes.admission, [...probes.children.values()], {
    ...state,
    step: 'probe',
    probes: ids,
  });
}

async function afterProbes(attempt: RunAttempt, state: RunState): Promise<AttemptResult> {
  const { tools, run, kinds, request } = attempt;
  if (!request.blueprint.captions) return startRender(attempt, state);
  const admission = await openChildAdmission(tools, run, kinds);
  const child = await admission.admit(TRANSCRIBE_KIND, transcriptionRequest(kinds, request));
  return awaitChildren(attempt, admission, [child], { ...state, step: 'transcribe', transcription: child.id });
}

async function startReview({ tools, run }: RunAttempt, state: RunState): Promise<AttemptResult> {
  await withTransactionRetry(tools.context.db, async (tx) => {
    const job = await lockOwned(tx, run.claim);
    if (job) await saveState(tools.context, tx, job, { ...state, step: 'review' });
  });
  return { outcome: 'awaiting-review' };
}

async function startRender(attempt: RunAttempt, state: RunState): Promise<AttemptResult> {
  const { tools, run, kinds } = attempt;
  const planned = planRun(attempt, state);
  const admission = await openChildAdmission(tools, run, kinds);
  const children = new Map<string, AdmittedChild>();
  for (const { label, request } of planned) children.set(label, await admission.admit(RENDER_KIND, request));
  const outputs = Object.fromEntries([...children].map(([label, { id }]) => [label, id]));
  return awaitChildren(attempt, admission, [...children.values()], { ...state, step: 'render', outputs });
}

/** Inserts children, and stores the state that contains their ids. The run then awaits the children. */
async function awaitChildren(
  { tools, run }: RunAttempt,
  { account }: ChildAdmission,
  children: readonly AdmittedChild[],
  state: RunState,
): Promise<AttemptResult> {
  const { context } = tools;
  await startChildren(context, run.claim, async (tx, job) => {
    await recordStep(context, tx, job, state.step);
    const rows = await reserveChildren(tools, tx, job, { account, children });
    return { change: stateColumns(context, job, state), children: rows };
  });
  return { outcome: 'awaiting-children' };
}
