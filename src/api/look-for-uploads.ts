import type { FastifyRequest } from 'fastify';
import { awaitsUpload } from '../jobs/awaited-uploads.ts';
import { checkUploadsOf } from '../jobs/check-uploads.ts';
import type { Job } from '../jobs/rows.ts';
import type { ApiDeps } from './deps.ts';

/** Jobs whose uploads this process looks for. */
const looking = new Set<string>();
const MOST_LOOKING = 256;

/**
 * Looks for the uploads that a job awaits when a client requests the job. Most clients have just sent the bytes. Does
 * not delay the request, which a change of the job wakes. The maintenance of the fleet also looks, but less often.
 */
export function lookForUploads(
  { context }: Pick<ApiDeps, 'context'>,
  request: FastifyRequest,
  job: Pick<Job, 'id' | 'status' | 'awaiting'>,
): void {
  if (!awaitsUpload(job) || looking.has(job.id) || looking.size >= MOST_LOOKING) return;
  looking.add(job.id);
  checkUploadsOf(context, job.id)
    .catch((error) => request.log.warn({ err: error }, 'could not check the uploads of a job'))
    .finally(() => looking.delete(job.id));
}
