import {
  AWAITING_REVIEW,
  type BlueprintRun,
  type BlueprintRunItem,
  blueprintRun,
  blueprintRunItem,
  runBody,
} from '../../contract/blueprints.ts';
import { isFailureCode } from '../../contract/failures.ts';
import { adviceFor } from '../../contract/limit-advice.ts';
import type { Retry } from '../../contract/retry.ts';
import type { Vault } from '../../crypto/vault.ts';
import type { Db } from '../../database/pool.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { signedOutputs } from '../../jobs/downloads.ts';
import { getJob } from '../../jobs/read.ts';
import { readRetries } from '../../jobs/retries.ts';
import { JOB_COLUMNS, type Job, type JobSource, sourceRow } from '../../jobs/rows.ts';
import { shownStatus } from '../../jobs/shown-status.ts';
import type { ShownKind, ViewContext } from '../kind.ts';
import type { RunSubmission } from './admit.ts';
import { factsJson, openSubtitles } from './state.ts';

/** The view of runs for clients. A separate route creates runs, because its path contains the blueprint. */
export const shown = {
  path: 'blueprints/runs',
  tag: 'blueprints',
  description: 'Ready-made recipes for videos, and their runs.',
  operation: 'BlueprintRun',
  nouns: { one: 'run', many: 'runs' },
  hasOwnCreate: true,
  restingStatuses: [AWAITING_REVIEW],
  schemas: { create: runBody, job: blueprintRun, item: blueprintRunItem },
  schemaPrefix: 'BlueprintRun',
  descriptions: {
    get: 'Returns the state of a run and links to its outputs, which expire after ten minutes. With `wait`, Airlock responds when the run is final or awaits a review.',
    list: 'Returns a page of the runs of your account. `status=processing` includes the runs that await a review.',
    erase: 'Deletes the outputs and subtitles of the run, and the uploads that it used, before Airlock responds.',
  },
  tools: {
    get: {
      name: 'get_blueprint_run',
      title: 'Read a run',
      description:
        'Get the state of a run of a blueprint, with signed links to its outputs. With `wait`, returns when it ends.',
    },
    list: { name: 'list_blueprint_runs' },
    cancel: { name: 'cancel_blueprint_run' },
    erase: { name: 'erase_blueprint_run' },
    download: { name: 'get_blueprint_run_download_url' },
    files: { name: 'list_blueprint_run_files' },
  },
  toRequest: (): RunSubmission => {
    throw new Error('runs are created by a route of their own');
  },
  viewSubmitted: ({ vault }: ViewContext, { job, inputs }): BlueprintRun => ({
    ...viewItem(vault, job, null),
    inputs: viewInputs(vault, job, inputs),
    ...{ output_url: null, outputs: [], srt_text: null },
  }),
  async read(context, accountId, id): Promise<BlueprintRun> {
    const job = await getJob(context.db, accountId, 'blueprint', id);
    const outputs = (await signedOutputs(context, job)).map(({ name, url }) => ({ label: name, url }));
    const retries = await readRetries(context.db, [job]);
    return {
      ...viewItem(context.vault, job, retries.get(id) ?? null),
      inputs: viewInputs(context.vault, job, await readInputs(context.db, [id])),
      ...{ output_url: outputs[0]?.url ?? null, outputs, srt_text: openSubtitles(context.vault, job) },
    };
  },
  async list({ db, vault }, accountId, ids) {
    const rows = await db
      .selectFrom('jobs')
      .select(JOB_COLUMNS)
      .where('account_id', '=', accountId)
      .where('kind', '=', 'blueprint')
      .where('id', 'in', [...ids])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute();
    const inputs = await readInputs(db, ids);
    const retries = await readRetries(db, rows);
    return rows.map((row) => ({
      ...viewItem(vault, row, retries.get(row.id) ?? null),
      inputs: viewInputs(vault, row, inputs),
    }));
  },
} satisfies ShownKind<RunSubmission>;

type RunInput = Pick<JobSource, 'job_id' | 'position' | 'url_sealed'>;

/** Returns the inputs of the runs, sorted by position. */
function readInputs(db: Db, ids: readonly string[]): Promise<RunInput[]> {
  return db
    .selectFrom('job_sources')
    .select(['job_id', 'position', 'url_sealed'])
    .where('job_id', 'in', [...ids])
    .where('role', '=', 'input')
    .orderBy('position')
    .execute();
}

/** Returns the inputs of one of the runs, with their URLs. */
function viewInputs(vault: Vault, job: Job, inputs: readonly RunInput[]): BlueprintRunItem['inputs'] {
  const own = inputs.filter(({ job_id }) => job_id === job.id);
  return own.map((input) => ({ url: openColumn(vault, 'job_sources', 'url_sealed', sourceRow(job, input)) }));
}

function viewItem(vault: Vault, job: Job, retry: Retry | null): Omit<BlueprintRunItem, 'inputs'> {
  const { blueprint, step } = factsJson.read(job.request_facts);
  const code = job.error_code;
  const metadata = openColumn(vault, 'jobs', 'metadata_sealed', job);
  return {
    ...{ id: job.id, blueprint, step },
    status: job.awaiting === 'review' ? AWAITING_REVIEW : shownStatus(job),
    error_message: openColumn(vault, 'jobs', 'error_sealed', job),
    // A newer release may have stored a code that this release does not know.
    error_code: code === null ? null : isFailureCode(code) ? code : 'internal',
    error_advice: adviceFor(code, null),
    retry,
    ...{ tokens_charged: 0 as const, tokens_spent: 0 as const },
    metadata: { user: metadata === null ? null : JSON.parse(metadata) },
    created_at: job.created_at.toISOString(),
    completed_at: job.completed_at?.toISOString() ?? null,
    expires_at: job.expires_at?.toISOString() ?? null,
  };
}
