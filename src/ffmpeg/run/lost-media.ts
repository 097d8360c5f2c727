import { JobFailure } from '../../contract/failures.ts';
import type { LastingMedia, PlanWarning } from '../types.ts';

/** Matches FFmpeg's messages about damaged or incomplete media. Without such a message, Airlock does not warn of a short output. */
const DAMAGE =
  /invalid data found|ended prematurely|partial file|corrupt|error while decoding|decode_frame\(\) failed|missing picture|no frame!|truncat/i;
/** Maximum seconds, and share of the frames, that an intact source may lack, because durations and frame rates are rounded. */
const ROUNDED_SECONDS = 0.3;
const ROUNDED_SHARE = 0.03;
/** Share of a source whose loss makes the output useless. */
const USELESS_SHARE = 0.5;

/** The media that a command has made from its sources. */
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
  const missing = shown(Math.min(lost, lasting.seconds));
  const all = shown(lasting.seconds);
  if (lost > lasting.seconds * USELESS_SHARE) {
    throw new JobFailure(
      'invalid_media',
      `The input is damaged or truncated: ${missing} of ${all} seconds can't be decoded.`,
    );
  }
  return {
    field: 'inputs',
    message: `The input is damaged or truncated: ${missing} of ${all} seconds can't be decoded, so the output doesn't contain them.`,
  };
}

function lostSeconds(lasting: LastingMedia, { seconds }: MadeMedia): number {
  return seconds === null ? 0 : lasting.seconds - seconds;
}

/** Returns the duration of the missing frames, including frames in the middle. */
function lostFrames({ frames, seconds }: LastingMedia, made: MadeMedia): number {
  if (frames === null || made.frames === null) return 0;
  const share = 1 - made.frames / frames;
  return share > ROUNDED_SHARE ? share * seconds : 0;
}

function shown(seconds: number): string {
  return String(Math.round(seconds * 10) / 10);
}
