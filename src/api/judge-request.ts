import { ApiError } from '../contract/errors.ts';
import type { TranscodeRequest } from '../contract/transcode-request.ts';
import type { Account } from '../domain/accounts.ts';
import { lookAtSources, type SourceLook } from '../domain/transcodes/look-sources.ts';
import type { Judgement, MediaInfo } from '../media/index.ts';
import { ThreadEnded } from '../threads/task-thread.ts';
import type { ApiDeps } from './deps.ts';

/** A request as policy and planner see it, with what is known of its inputs. */
export interface Judged {
  judgement: Judgement;
  looks: SourceLook[];
  /** Of each input; null = not probed yet. */
  infos: (MediaInfo | null)[];
}

/** Judges a request by what is known of its inputs, without a look at any file. A large one does not hold up others. */
export async function judgeRequest(deps: ApiDeps, account: Account, request: TranscodeRequest): Promise<Judged> {
  const { context, planner } = deps;
  const urls = request.inputs.map((input) => input.url);
  const looks = await lookAtSources(context, context.db, account, urls);
  const infos = looks.map((look) => (look.inspection?.info as MediaInfo | undefined) ?? null);
  try {
    return { judgement: await planner.judge({ request, infos }, account.id), looks, infos };
  } catch (error) {
    // The budget bounds what a request can cost, so only a machine that is too busy runs out of time.
    if (error instanceof ThreadEnded) throw new ApiError('unavailable');
    throw error;
  }
}
