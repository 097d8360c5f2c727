import { ApiError } from '../contract/errors.ts';
import { DOWNLOAD_SECONDS } from '../contract/limits.ts';
import type { Context } from '../database/context.ts';
import { openColumn } from '../database/sealed-columns.ts';
import type { Job } from './rows.ts';

/** Signs a link to the job's first output. It expires after ten minutes. */
export async function downloadUrl(context: Context, job: Job): Promise<string> {
  if (job.status !== 'completed') throw new ApiError('transcode_not_completed');
  if (job.erased_at) throw new ApiError('output_deleted');
  const output = await context.db
    .selectFrom('job_outputs')
    .innerJoin('objects', 'objects.id', 'job_outputs.object_id')
    .select(['job_outputs.id', 'job_outputs.account_id', 'name_sealed', 'state', 'key', 'content_type'])
    .where('job_outputs.job_id', '=', job.id)
    .orderBy('position')
    .executeTakeFirst();
  if (!output) throw new ApiError('no_output');
  const isOver = job.expires_at !== null && job.expires_at.getTime() <= Date.now();
  const filename = openColumn(context.vault, 'job_outputs', 'name_sealed', output);
  if (output.state !== 'live' || isOver || filename === null) throw new ApiError('output_deleted');
  return context.store.presignGet(output.key, {
    filename,
    contentType: output.content_type,
    expiresIn: DOWNLOAD_SECONDS,
  });
}
