import { JobFailure } from '../../contract/failures.ts';
import type { LastingMedia, PlanWarning } from '../types.ts';

/** Matches FFmpeg's messages about damaged or incomplete media. Without such a message, a short output is not a loss. */
const DAMAGE =
  /invalid data found|ended prematurely|partial file|corrupt|error while decoding|decode_frame\(\) failed|missing picture|no frame!|truncat/i;
/** Maximum seconds, and share of the frames, that an intact source may lack, because durations and frame rates are rounded. */
const ROUNDED_SECONDS = 0.3;
const ROUNDED_SHARE = 0.03;
/** Share of a source of which so much is lost that the rest is of no use. */
const USELESS_SHARE = 0.5;

/** What a command has made of its sources. */
export interface MadeMedia {
  seconds: number | null;
  /** Frames of the only video that were decoded; null = not known. */
  frames: number | null;
  stderr: string;
}

/**
 * Returns a warning about media that FFmpeg could not decode; null if nothing was lost. Throws `JobFailure` with `invalid_media` if more than
 * half was lost.
 */
export function warnOfLoss(lasting: LastingMedia, made: MadeMedia): PlanWarning | null {
  if (!DAMAGE.test(made.stderr)) return null;
  const lost = Math.max(lostSeconds(lasting, made), lostFrames(lasting, made));
  if (lost <= ROUNDED_SECONDS) return null;
  const [missing, all] = [shown(Math.min(lost, lasting.seconds)), shown(lasting.seconds)];
  if (lost > lasting.seconds * USELESS_SHARE) {
    throw new JobFailure(
      'invalid_media',
      `The input is damaged or cut off: ${missing} of ${all} seconds cannot be decoded.`,
    );
  }
  return {
    field: 'inputs',
    message: `The input is damaged or cut off: ${missing} of ${all} seconds cannot be decoded, so the output lacks them.`,
  };
}

function lostSeconds(lasting: LastingMedia, { seconds }: MadeMedia): number {
  return seconds === null ? 0 : lasting.seconds - seconds;
}

/** Returns the seconds of the pictures that are missing, including pictures between others. */
function lostFrames({ frames, seconds }: LastingMedia, made: MadeMedia): number {
  if (frames === null || made.frames === null) return 0;
  const share = 1 - made.frames / frames;
  return share > ROUNDED_SHARE ? share * seconds : 0;
}

function shown(seconds: number): string {
  return String(Math.round(seconds * 10) / 10);
}
