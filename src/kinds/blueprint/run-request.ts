import type { Run, WorkTools } from '../../attempt/tools.ts';
import { type Blueprint, mediaInputs } from '../../blueprints/blueprint.ts';
import { blueprints } from '../../blueprints/catalogue.ts';
import { JobFailure } from '../../contract/failures.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { namedOutputs } from '../../jobs/output-names.ts';
import { type Job, type JobOutput, sourceRow } from '../../jobs/rows.ts';
import type { KindsContext } from '../kind.ts';
import { factsJson, requestJson } from './state.ts';

/** The request of a run. */
export interface RunRequest {
  blueprint: Blueprint;
  /** All inputs, including the URLs of the media. */
  inputs: Record<string, unknown>;
  /** Names of the media inputs, in the order of the inputs of the job. */
  media: readonly string[];
  /** The rows of the outputs, by their labels. */
  outputs: ReadonlyMap<string, JobOutput>;
}

/** One attempt at a run. It ends when it has created children, when the run awaits a review, or when the run ends. */
export interface RunAttempt {
  tools: WorkTools;
  run: Run;
  kinds: KindsContext['kinds'];
  request: RunRequest;
  children: readonly Job[];
}

/** Opens the sealed request of a run, and checks its inputs with the schema of this release. */
export function openRun({ context: { vault } }: WorkTools, { claim }: Run): RunRequest {
  const { job } = claim;
  const text = openColumn(vault, 'jobs', 'request_sealed', job);
  if (text === null) throw new JobFailure('input_deleted', 'The run has been erased.');
  const { blueprint: slug } = factsJson.read(job.request_facts);
  const blueprint = blueprints.get(slug);
  // `needs` of the job requires a worker with this blueprint.
  if (!blueprint || 'unavailable' in blueprint) throw new Error(`this release has no blueprint ${slug}`);
  const stored = requestJson.read(JSON.parse(text));
  const urls = stored.media.map((name, position) => [name, urlOf({ vault }, claim, position)] as const);
  const parsed = blueprint.inputs.safeParse({ ...stored.inputs, ...Object.fromEntries(urls) });
  if (!parsed.success) throw new JobFailure('option_refused', 'The blueprint no longer accepts these inputs.');
  const outputs = new Map(namedOutputs(vault, claim.outputs).map(({ name, row }) => [name, row]));
  return { blueprint, inputs: parsed.data, media: stored.media, outputs };
}

function urlOf({ vault }: Pick<WorkTools['context'], 'vault'>, claim: Run['claim'], position: number): string {
  const input = claim.inputs[position];
  const row = input && sourceRow(claim.job, input);
  const url =
    row &&
    (openColumn(vault, 'job_sources', 'source_sealed', row) ?? openColumn(vault, 'job_sources', 'url_sealed', row));
  if (!url) throw new JobFailure('input_deleted', `Input ${position + 1} is no longer known.`);
  return url;
}

/** Returns the kind of each media input of the request. */
export function mediaKinds({ blueprint }: Pick<RunRequest, 'blueprint'>) {
  return mediaInputs(blueprint);
}
