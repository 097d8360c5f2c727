import type { Blueprint } from '../../blueprints/blueprint.ts';
import { parseCaptions, writeSrt } from '../../captions/index.ts';
import { ApiError } from '../../contract/errors.ts';
import type { JobsContext } from '../../jobs/kind.ts';
import { endReview } from '../../jobs/review.ts';
import type { Job } from '../../jobs/rows.ts';
import { requestFor } from '../child-jobs.ts';
import type { AdmissionServices, Caller, KindsContext } from '../kind.ts';
import { openState, sealState } from './state.ts';

/** Name of the kind whose jobs write subtitles. */
const TRANSCRIBE = 'transcribe';

interface Captioned {
  blueprint: Blueprint;
  inputs: Record<string, unknown>;
}

/** Returns the body of the request that transcribes the speech of a run; null if the blueprint has no captions. */
export function transcriptionOf({ blueprint, inputs }: Captioned): { media_url: unknown; language?: unknown } | null {
  const { captions } = blueprint;
  if (!captions) return null;
  const language = captions.language && inputs[captions.language];
  return { media_url: inputs[captions.media], ...(language !== undefined && { language }) };
}

/** Returns why the speech of a run can't be transcribed. The usual reason is that no worker has a speech model. */
export async function captionProblems(
  services: AdmissionServices,
  caller: Caller,
  captioned: Captioned,
): Promise<readonly Error[]> {
  const body = transcriptionOf(captioned);
  if (body === null) return [];
  const kind = services.context.kinds.get(TRANSCRIBE);
  const request = requestFor(kind, body);
  if (!kind?.admit || request === null) return [new ApiError('transcription_not_configured')];
  if ('issues' in request) {
    const field = captioned.blueprint.captions!.language ?? captioned.blueprint.captions!.media;
    return [new ApiError('invalid_request', { field, reason: 'is not a language that Airlock can transcribe' })];
  }
  return (await kind.admit(services, caller, request.request)).problems;
}

/** Returns the request for the transcription of a run, in the form that its kind admits. Throws if the kind rejects the request. */
export function transcriptionRequest(kinds: KindsContext['kinds'], captioned: Captioned): never {
  const request = requestFor(kinds.get(TRANSCRIBE), transcriptionOf(captioned));
  if (request === null || 'issues' in request) throw new Error('the speech of the run cannot be transcribed');
  return request.request;
}

/** Continues a run with reviewed subtitles. Throws `invalid_request` with the line that is not valid SRT, or an error of `endReview`. */
export async function continueRun(
  context: JobsContext,
  run: Pick<Job, 'id' | 'account_id'>,
  srtText: string,
): Promise<Job> {
  const reviewed = readReviewed(srtText);
  return endReview(context, { ...run, kind: 'blueprint' }, async (_tx, job) => {
    const state = openState(context.vault, job);
    if (!state) throw new Error('a run that awaits a review has no state');
    return { resume_sealed: sealState(context.vault, job, { ...state, srtText: reviewed, isReviewed: true }) };
  });
}

/** Returns the subtitles with only times and plain text. Throws `invalid_request` if they are not valid SRT. */
function readReviewed(srtText: string): string {
  const read = parseCaptions(srtText);
  if (read.ok) return writeSrt(read.cues);
  const { line, message } = read.fault;
  throw new ApiError('invalid_request', {
    field: 'srt_text',
    reason: `is not valid SRT: ${message.replace(/\.$/, '')}`,
    remedy: 'Send numbered cues with times and plain text, in the format of srt_text of the run',
    ...(line !== null && { line }),
  });
}
