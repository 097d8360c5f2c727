import { ApiError } from '../contract/errors.ts';
import { DOWNLOAD_SECONDS } from '../contract/limits.ts';
import type { Context } from './context.ts';
import { getObject } from './objects.ts';
import { openColumn } from './sealed-columns.ts';
import { getTranscode } from './transcodes/read.ts';

/** A signed link to the job's output that dies after ten minutes (contract A4). */
export async function downloadUrl(context: Context, accountId: string, id: string): Promise<string> {
  const job = await getTranscode(context.db, accountId, id);
  if (job.status !== 'completed') throw new ApiError('transcode_not_completed');
  if (job.erased_at) throw new ApiError('output_deleted');
  if (!job.output_object_id) throw new ApiError('no_output');
  const object = await getObject(context.db, job.output_object_id);
  const over = job.expires_at !== null && job.expires_at.getTime() <= Date.now();
  const filename = openColumn(context.vault, 'transcodes', 'output_name_sealed', job);
  if (object?.state !== 'live' || over || filename === null) throw new ApiError('output_deleted');
  return context.store.presignGet(object.key, {
    filename,
    contentType: object.content_type,
    expiresIn: DOWNLOAD_SECONDS,
  });
}
