import { ApiError } from '../contract/errors.ts';
import { DOWNLOAD_SECONDS } from '../contract/limits.ts';
import type { Context } from '../database/context.ts';
import { openColumn } from '../database/sealed-columns.ts';
import { getObject } from '../objects/objects.ts';
import { outputsOf } from './read.ts';
import type { Job } from './rows.ts';

/** Signs a link to the job's first output. It expires after ten minutes. */
export async function downloadUrl(context: Context, job: Job): Promise<string> {
  if (job.status !== 'completed') throw new ApiError('transcode_not_completed');
  if (job.erased_at) throw new ApiError('output_deleted');
  const [output] = await outputsOf(context.db, [job.id]);
  if (!output?.object_id) throw new ApiError('no_output');
  const object = await getObject(context.db, output.object_id);
  const isOver = job.expires_at !== null && job.expires_at.getTime() <= Date.now();
  const filename = openColumn(context.vault, 'job_outputs', 'name_sealed', output);
  if (object?.state !== 'live' || isOver || filename === null) throw new ApiError('output_deleted');
  return context.store.presignGet(object.key, {
    filename,
    contentType: object.content_type,
    expiresIn: DOWNLOAD_SECONDS,
  });
}
