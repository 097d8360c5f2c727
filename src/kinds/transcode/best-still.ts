import { missingOutputs } from '../../attempt/outputs/publish.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { OutputRequest } from '../../contract/transcode-request.ts';
import {
  bestCandidates,
  CANDIDATE_SIZE,
  candidateArgs,
  type PictureTime,
  type PlanInput,
  scoreStill,
  shownVideo,
  type VideoStream,
} from '../../ffmpeg/index.ts';
import type { TranscodeAttempt } from './attempt.ts';
import { decodeLuma, LUMA_NAME } from './decode-luma.ts';
import type { FallBack, PreparedSources } from './sources/prepared.ts';

/** Number of pictures to compare: enough to find a sharp picture, and few enough to limit the requests to a remote source. */
const CANDIDATES = 6;
/** Lowest score of a good key frame. If all key frames are dark, faded or of one color, other pictures are compared too. */
const GOOD_SCORE = 0.5;
const BYTES = CANDIDATE_SIZE.width * CANDIDATE_SIZE.height;

/** Whether an output requests the best picture of its input. */
export function wantsBest({ still }: OutputRequest): boolean {
  return still !== undefined && (still.at ?? 'best') === 'best';
}

interface Best {
  picture: PictureTime | null;
  score: number;
}

/**
 * Compares pictures of the first input: key frames, and then other pictures if no key frame scores well. `picture` is null if no output
 * requests the best still, or if no picture can be decoded. If no picture can be decoded, the command of the job reports the failure.
 */
export async function findBestStill(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
): Promise<Pick<Best, 'picture'> | FallBack> {
  const [input] = sources.inputs;
  const missing = missingOutputs(attempt.run.claim).map(({ position }) => attempt.request.outputs[position]);
  if (!input || !missing.some((output) => output && wantsBest(output))) return { picture: null };
  const stream = videoOf(input);
  if (!stream || stream.isAttachedPicture || input.info.isImage) return { picture: null };
  const times = bestCandidates(input.info, stream, CANDIDATES);
  let best: Best = { picture: null, score: -1 };
  for (const isKey of [true, false]) {
    if (best.score >= GOOD_SCORE) break;
    const pictures = times.map((seconds) => ({ seconds, isKey }));
    const shown = await sources.showing(pictures);
    if (shown.outcome === 'fall-back') return shown;
    for (const picture of pictures) {
      const score = await scoreAt(attempt, sources, { input, stream, file: shown.file, picture });
      if (score !== null && score > best.score) best = { picture, score };
    }
  }
  return best;
}

function videoOf(input: PlanInput): VideoStream | null {
  try {
    return shownVideo(input, 'still');
  } catch (error) {
    if (error instanceof JobFailure) return null;
    throw error;
  }
}

/** Decodes and scores one picture in a cell. Returns null if the cell wrote no picture. */
async function scoreAt(
  attempt: TranscodeAttempt,
  { slot }: PreparedSources,
  { input, stream, file, picture }: { input: PlanInput; stream: VideoStream; file: string; picture: PictureTime },
): Promise<number | null> {
  const args = candidateArgs(input, stream, picture, LUMA_NAME);
  const luma = await decodeLuma(attempt, { args, stream, source: { name: '0', path: file }, slot, bytes: BYTES });
  return luma && scoreStill(luma, CANDIDATE_SIZE.width);
}
