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

/** Matches FFmpeg's messages about a file whose end is missing. */
const MISSING_END = /partial file|ended prematurely/i;

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
  if (!lasting.isTruncated && !DAMAGE.test(made.stderr)) return null;
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

/**
 * Returns a warning about an input whose end is missing, for an output whose duration is not known; null if no end is missing.
 * @param isTruncated whether the end of an input is known to be missing
 */
export function warnOfMissingEnd(stderr: string, isTruncated: boolean): PlanWarning | null {
  if (!isTruncated && !MISSING_END.test(stderr)) return null;
  return {
    field: 'inputs',
    message: "The input is damaged or truncated: its end can't be decoded, so the output may lack a part of it.",
  };
}

/** Returns the failure of an output that has no content. An input whose end is missing is the cause of an empty output. */
export function emptyFailure(error: JobFailure, isTruncated: boolean): JobFailure {
  if (error.code !== 'output_invalid' || !isTruncated) return error;
  return new JobFailure(
    'invalid_media',
    "The input is damaged or truncated: the requested part of it can't be decoded.",
  );
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
