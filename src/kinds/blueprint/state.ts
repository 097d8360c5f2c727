import * as z from 'zod';
import type { MediaFacts } from '../../blueprints/blueprint.ts';
import { RUN_STEPS, type RunStep } from '../../contract/blueprints.ts';
import type { Vault } from '../../crypto/vault.ts';
import type { Tx } from '../../database/pool.ts';
import { openColumn, sealColumn } from '../../database/sealed-columns.ts';
import { storedJson } from '../../database/stored-json.ts';
import { recordOwnEvent } from '../../jobs/job-events.ts';
import type { JobsContext } from '../../jobs/kind.ts';
import type { Job } from '../../jobs/rows.ts';

/** Facts about a run. They are not sealed, because they are words from fixed lists. `step` changes while the run continues. */
export const factsJson = storedJson('facts of a run', 1, z.object({ blueprint: z.string(), step: z.enum(RUN_STEPS) }));

/**
 * The stored request, sealed. Contains all inputs except the media. The URLs of the media are in the sources of the job, in the order of
 * `media`.
 */
export const requestJson = storedJson(
  'request of a run',
  1,
  z.object({ inputs: z.record(z.string(), z.unknown()), media: z.array(z.string()) }),
);

const facts = z.object({
  kind: z.enum(['video', 'image', 'audio']),
  width: z.number(),
  height: z.number(),
  rotation: z.number(),
  fps: z.number().nullable(),
  duration: z.number().nullable(),
  hasAudio: z.boolean(),
  hasAlpha: z.boolean(),
}) satisfies z.ZodType<MediaFacts>;

const ids = z.record(z.string(), z.uuid());

/** The state from which the next attempt of a run continues. Sealed. */
const stored = z.object({
  step: z.enum(RUN_STEPS),
  /** Facts about the media inputs, by the names of the inputs. */
  facts: z.record(z.string(), facts),
  /** Ids of the children that probe the media inputs, by the names of the inputs. */
  probes: ids,
  transcription: z.uuid().nullable(),
  /** The subtitles to review, then the reviewed subtitles. */
  srtText: z.string().nullable(),
  isReviewed: z.boolean(),
  /** Ids of the children that make the outputs, by the labels of the outputs. */
  outputs: ids,
});
export type RunState = z.infer<typeof stored>;
const stateJson = storedJson('state of a run', 1, stored);

export const FIRST_STATE: RunState = {
  ...{ step: 'queued', facts: {}, probes: {}, transcription: null, srtText: null, isReviewed: false, outputs: {} },
};

/** The result of a run that has ended. Sealed. */
const resultJson = storedJson('result of a run', 1, z.object({ srtText: z.string().nullable() }));

export function writeResult({ srtText }: Pick<RunState, 'srtText'>): string {
  return resultJson.write({ srtText });
}

type StateRow = Pick<Job, 'id' | 'account_id' | 'resume_sealed' | 'plan_sealed'>;

export function openState(vault: Vault, job: StateRow): RunState | null {
  const text = openColumn(vault, 'jobs', 'resume_sealed', job);
  return text === null ? null : stateJson.read(JSON.parse(text));
}

export function sealState(vault: Vault, job: Pick<Job, 'id' | 'account_id'>, state: RunState): Buffer {
  return sealColumn(vault, 'jobs', 'resume_sealed', job, stateJson.write(state));
}

/** Returns the subtitles of a run, also after it has ended. Returns null if the run has no subtitles or has been erased. */
export function openSubtitles(vault: Vault, job: StateRow): string | null {
  const state = openState(vault, job);
  if (state) return state.srtText;
  const result = openColumn(vault, 'jobs', 'plan_sealed', job);
  return result === null ? null : resultJson.read(JSON.parse(result)).srtText;
}

/** Returns the columns that store the state of a run. */
export function stateColumns({ vault }: Pick<JobsContext, 'vault'>, job: Job, state: RunState) {
  return { resume_sealed: sealState(vault, job, state), ...stepColumns(job, state.step) };
}

/** Stores the state of a run whose row the caller has locked. Records an event if the run has reached a new step. */
export async function saveState(context: JobsContext, tx: Tx, job: Job, state: RunState): Promise<void> {
  await tx
    .updateTable('jobs')
    .set(stateColumns(context, job, state))
    .where('id', '=', job.id)
    .execute();
  await recordStep(context, tx, job, state.step);
}

export function stepColumns(job: Pick<Job, 'request_facts'>, step: RunStep) {
  return { request_facts: factsJson.write({ ...factsJson.read(job.request_facts), step }) };
}

/** Records an event if the run has reached a new step. */
export async function recordStep(context: JobsContext, tx: Tx, job: Job, step: RunStep): Promise<void> {
  if (factsJson.read(job.request_facts).step === step) return;
  await recordOwnEvent(context, tx, job, 'step', { step });
}
