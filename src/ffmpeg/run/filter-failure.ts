import type { FailureCode } from '../../contract/failures.ts';

export interface FilterFailure {
  code: FailureCode;
  /** The filter that failed, if FFmpeg named one. */
  filter: string | null;
  /** A complete sentence that explains the failure; null = `line` explains it in FFmpeg's own words. */
  say: string | null;
  line: string;
}

/** Matches `[Parsed_scale_0 @ 0x…]`, with which FFmpeg begins the messages of an unnamed filter. The planner names no filter. */
const SPEAKER = /\[Parsed_([a-z0-9_]+)_\d{1,4} @ /;
/** Matches lines that show that a filter caused the failure, not the input or the encoder. */
const VERDICT =
  /Error (?:re)?initializing filters|Error while filtering|Error binding filtergraph|in filtergraph description|Failed to configure (?:input|output) pad|Error applying option '[^']*' to filter|No such filter|Filter '[^']*' has (?:output|input)|(?:Media type mismatch|Cannot create the link)/i;
/** Matches lines that report the failure of a filter without a reason. */
const ECHO = /Failed to configure|Last message repeated/i;

/** Matches messages about differing inputs of a filter whose inputs must match: concat, hstack, vstack, xfade, blend … */
const UNLIKE =
  /parameters .*do(?:es)? not match|(?:height|width) \d+ does not match|timebases? .*do not match|frame rate .*not match|different (?:sizes|formats)/i;

/** Finds the filter that caused the failure in the raw lines of FFmpeg's standard error. Returns null if no filter caused the failure. */
export function filterFailure(lines: readonly string[]): FilterFailure | null {
  const unmatched = lines.map((line) => NO_STREAM.exec(line)).find((match) => match !== null);
  if (unmatched) {
    const kind = unmatched[1] === 'a' ? 'audio' : 'video';
    const code = unmatched[1] === 'a' ? 'no_audio_stream' : 'no_video_stream';
    return { code, filter: null, say: `A filter reads ${kind} of an input that has none.`, line: '' };
  }
  if (!lines.some((line) => VERDICT.test(line))) return null;
  const own = lines.filter((line) => SPEAKER.test(line) && !ECHO.test(line));
  const line = own[0] ?? lines.find((text) => VERDICT.test(text))!;
  const filter = SPEAKER.exec(line)?.[1] ?? /(?:to filter|Filter) '([a-z0-9_]+)'/.exec(line)?.[1] ?? null;
  if (filter && UNLIKE.test(line)) {
    const sizes = [...line.matchAll(/\b\d{2,5}x\d{2,5}\b/g)].map(([size]) => size);
    const seen = sizes.length >= 2 ? ` (${sizes[1]} and ${sizes[0]})` : '';
    const say = `The inputs of the filter ${filter} differ${seen}; convert them to the same size, frame rate and format first, with scale, fps and format.`;
    return { code: 'filter_failed', filter, say, line };
  }
  return { code: 'filter_failed', filter, say: null, line };
}

const NO_STREAM = /Stream specifier ':?([va])\b[^']*' in filtergraph description .* matches no streams/;
