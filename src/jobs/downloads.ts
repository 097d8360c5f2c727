import { ApiError } from '../contract/errors.ts';
import { adviceFor } from '../contract/limit-advice.ts';
import { DOWNLOAD_SECONDS } from '../contract/limits.ts';
import { isUuid } from '../crypto/uuid.ts';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import { openColumn } from '../database/sealed-columns.ts';
import { type Job, storedLimits } from './rows.ts';

/**
 * Signs a link to the job's first output. It expires after ten minutes. Throws the same 404 for an id that is not a UUID,
 * does not exist, or belongs to another account or kind.
 */
export async function downloadUrl(
  context: Context,
  { id, account_id, kind }: Pick<Job, 'id' | 'account_id' | 'kind'>,
): Promise<string> {
  const found = isUuid(id) ? await findOutput(context.db, { id, account_id, kind }) : undefined;
  if (!found) throw new ApiError('not_found');
  const { status, erased_at, expires_at, output_id, name_sealed, state, key, content_type } = found;
  if (status !== 'completed') throw withoutOutput(context, { ...found, account_id, id });
  if (erased_at) throw new ApiError('output_deleted');
  if (output_id === null || key === null || content_type === null) throw new ApiError('no_output');
  const isOver = expires_at !== null && expires_at.getTime() <= Date.now();
  const filename = openColumn(context.vault, 'job_outputs', 'name_sealed', { id: output_id, account_id, name_sealed });
  if (state !== 'live' || isOver || filename === null) throw new ApiError('output_deleted');
  return context.store.presignGet(key, { filename, contentType: content_type, expiresIn: DOWNLOAD_SECONDS });
}

/** Why a job that is not completed has no output: it still runs, it failed, or it was canceled. */
function withoutOutput(
  { vault }: Pick<Context, 'vault'>,
  job: Pick<Job, 'id' | 'account_id' | 'status' | 'error_code' | 'error_sealed' | 'limits'>,
): ApiError {
  const { status, error_code } = job;
  if (status === 'canceled') return new ApiError('transcode_canceled', { status, reason: 'the job has no output' });
  if (status !== 'failed')
    return new ApiError('transcode_not_completed', { status, reason: `its status is ${status}` });
  const reason = openColumn(vault, 'jobs', 'error_sealed', job) ?? `it failed with ${error_code}`;
  const remedy = adviceFor(error_code, storedLimits.readOrNull(job.limits)) ?? 'Create a new job';
  return new ApiError('transcode_failed', { status, error_code, reason, remedy });
}

/** The job with its first output that has an object, if there is one. */
function findOutput(db: Db, { id, account_id, kind }: Pick<Job, 'id' | 'account_id' | 'kind'>) {
  return db
    .selectFrom('jobs')
    .leftJoin('job_outputs', (join) =>
      join.onRef('job_outputs.job_id', '=', 'jobs.id').on('job_outputs.object_id', 'is not', null),
    )
    .leftJoin('objects', 'objects.id', 'job_outputs.object_id')
    .select(['jobs.status', 'jobs.erased_at', 'jobs.expires_at', 'job_outputs.id as output_id', 'name_sealed'])
    .select(['jobs.error_code', 'jobs.error_sealed', 'jobs.limits'])
    .select(['objects.state', 'objects.key', 'objects.content_type'])
    .where('jobs.id', '=', id)
    .where('jobs.account_id', '=', account_id)
    .where('jobs.kind', '=', kind)
    .orderBy('job_outputs.position')
    .limit(1)
    .executeTakeFirst();
}
