import type { Blueprint } from '../../blueprints/blueprint.ts';
import { parseCaptions, writeSrt } from '../../captions/index.ts';
import { ApiError } from '../../contract/errors.ts';
import type { JobsContext } from '../../jobs/kind.ts';
import { endReview } from '../../jobs/review.ts';
import type { Job } from '../../jobs/rows.ts';
import { requestFor } from '../child-jobs.ts';
import type { AdmissionServices, Caller, KindsContext } from '../kind.ts';
import { openState, sealState } from './state.ts';

/** The kind whose jobs write subtitles. */
const TRANSCRIBE = 'transcribe';

interface Captioned {
  blueprint: Blueprint;
  inputs: Record<string, unknown>;
}

/** The body of the transcription of a run, and its media input. */
export function transcriptionOf({ blueprint, inputs }: Captioned): { media_url: unknown; language?: unknown } | null {
  const { captions } = blueprint;
  if (!captions) return null;
  const language = captions.language && inputs[captions.language];
  return { media_url: inputs[captions.media], ...(language !== undefined && { language }) };
}

/** Why the speech of a run can't be transcribed. The usual reason is that no worker has a model. */
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

/** The request for the transcription of a run, in the form of its kind. Throws if the kind rejects its form. */
export function transcriptionRequest(kinds: KindsContext['kinds'], captioned: Captioned): never {
  const request = requestFor(kinds.get(TRANSCRIBE), transcriptionOf(captioned));
  if (request === null || 'issues' in request) throw new Error('the speech of the run cannot be transcribed');
  return request.request;
}

/**
 * Continues a run with reviewed subtitles. Throws `invalid_request` with the line that isn't valid SRT, and the errors of
 * `endReview`.
 */
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

/** Reads subtitles strictly, and writes them again with only times and plain text. */
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
