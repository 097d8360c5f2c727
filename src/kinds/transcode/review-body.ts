import type { Account } from '../../accounts/accounts.ts';
import { ApiError } from '../../contract/errors.ts';
import type { JobRequest } from '../../contract/transcode-request.ts';
import type { MediaInfo, Review } from '../../ffmpeg/index.ts';
import { ThreadEnded } from '../../threads/task-thread.ts';
import type { AdmissionServices } from '../kind.ts';

/**
 * Reviews a request. A large request is reviewed in a thread, so that it does not block other requests. `infos` contains the properties of
 * each input, or null if they are unknown. Throws `unavailable` if the thread exceeds its time or memory.
 */
export async function reviewBody(
  { planner }: Pick<AdmissionServices, 'planner'>,
  account: Pick<Account, 'id'>,
  request: JobRequest,
  infos: readonly (MediaInfo | null)[],
): Promise<Review> {
  try {
    return await planner.review({ request, infos }, account.id);
  } catch (error) {
    // A budget limits the cost of a request, so a time-out means that the machine is overloaded.
    if (error instanceof ThreadEnded) throw new ApiError('unavailable');
    throw error;
  }
}
