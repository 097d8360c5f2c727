import { type Account, accountRetention } from '../../accounts/accounts.ts';
import { hasManyFiles } from '../../contract/destinations.ts';
import { ApiError } from '../../contract/errors.ts';
import { createBody } from '../../contract/transcodes.ts';
import type { Context } from '../../database/context.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { readDelivery } from '../../jobs/delivery.ts';
import { namedOutputs } from '../../jobs/output-names.ts';
import { inputsOf, outputsOf } from '../../jobs/read.ts';
import { isOpen, type Job, type JobOutput, sourceRow } from '../../jobs/rows.ts';
import type { TranscodeSubmission } from './admit.ts';
import { openRequest, settingsJson } from './request.ts';

type Stored = Pick<Context, 'db' | 'vault' | 'retentionSeconds'>;
const AGAIN = 'Create a new job with POST /v1/transcodes';

/**
 * Builds the request of a new job from the stored request of a final job. Throws `retry_not_possible` if the job is not final or erased, or
 * if Airlock has dropped a part of its request.
 */
export async function repeatRequest(context: Stored, account: Account, job: Job): Promise<TranscodeSubmission> {
  if (isOpen(job)) throw impossible('id', `names a job that is ${job.status}`, 'Wait until the job ends, or cancel it');
  const request = job.erased_at === null ? openRequest(context.vault, job) : null;
  if (request === null) throw impossible('id', 'names a job that is erased, with its request', AGAIN);
  const [dropped] = settingsJson.readOrNull(job.request_settings)?.dropped ?? [];
  if (dropped !== undefined) {
    throw impossible(dropped, 'had a part that Airlock deleted when the job ended, such as the query of a URL', AGAIN);
  }
  const [sources, rows] = await Promise.all([inputsOf(context.db, job.id), outputsOf(context.db, [job.id])]);
  const urls = sources.map((row) => openColumn(context.vault, 'job_sources', 'url_sealed', sourceRow(job, row)));
  const metadata = openColumn(context.vault, 'jobs', 'metadata_sealed', job);
  const webhookUrl = openColumn(context.vault, 'jobs', 'webhook_sealed', job);
  const retention = accountRetention(account, context.retentionSeconds);
  const destinations = destinationsOf(context, rows);
  const body = {
    ...request,
    inputs: request.inputs.map((input, index) => ({ ...input, url: urls[index] ?? undefined })),
    ...('outputs' in request
      ? { outputs: request.outputs.map((output, index) => ({ ...output, destination: destinations[index] })) }
      : { destination: destinations[0] }),
    ...(metadata !== null && { metadata: JSON.parse(metadata) }),
    ...(webhookUrl !== null && { webhook_url: webhookUrl }),
    ...(job.retention_seconds < retention && { retention_seconds: job.retention_seconds }),
    ...(job.priority !== 0 && { priority: job.priority }),
  };
  const parsed = createBody.safeParse(body);
  if (!parsed.success) {
    const field = parsed.error.issues[0]!.path.join('.') || 'id';
    throw impossible(field, 'is no longer valid in this release', AGAIN);
  }
  const name = rows.length === 1 ? await nameOf(context, rows[0]!) : null;
  return { body: parsed.data, sent: body, warnings: [], ...(name !== null && { outputName: name }) };
}

/** Returns the destination of each output. Throws `retry_not_possible` for a presigned URL, which Airlock does not keep. */
function destinationsOf({ vault }: Stored, rows: readonly JobOutput[]) {
  return namedOutputs(vault, rows).map(({ name, row }) => {
    const delivery = readDelivery(vault, row);
    if (!delivery) return undefined;
    if (!delivery.connection) {
      const field = rows.length === 1 ? 'destination.url' : `outputs[${row.position}].destination.url`;
      throw impossible(field, 'was a presigned URL, which Airlock deleted when the job ended', AGAIN);
    }
    const prefix = delivery.prefix ?? '';
    // With several outputs, a folder of an output of many files is added to the prefix again.
    const folder = hasManyFiles(row.format) && rows.length > 1 ? `${name}/` : '';
    const given = folder !== '' && prefix.endsWith(folder) ? prefix.slice(0, -folder.length) : prefix;
    return { s3: { connection: delivery.connection, ...(given !== '' && { prefix: given }) } };
  });
}

/** Returns the file name of the only output, which `POST /v1/commands` may have set. */
async function nameOf({ db, vault }: Stored, { id, account_id }: JobOutput): Promise<string | null> {
  const row = await db.selectFrom('job_outputs').select('name_sealed').where('id', '=', id).executeTakeFirst();
  return row ? openColumn(vault, 'job_outputs', 'name_sealed', { id, account_id, name_sealed: row.name_sealed }) : null;
}

function impossible(field: string, reason: string, remedy: string): ApiError {
  return new ApiError('retry_not_possible', { field, reason, remedy });
}

/** Converts the rejection of an input that is gone to `retry_not_possible`. Returns any other error unchanged. */
export function explainRetry(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { field, reason } = (error.details ?? {}) as { field?: string; reason?: string };
  if (error.code === 'source_deleted') {
    const remedy = 'Upload the file again, then create a new job with POST /v1/transcodes';
    return impossible(field ?? 'inputs', 'has been deleted', remedy);
  }
  const isGone = error.code === 'source_not_owned' || error.code === 'connection_not_found';
  return isGone ? impossible(field ?? 'inputs', reason ?? 'is gone', AGAIN) : error;
}
