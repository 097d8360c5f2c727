/** Maximum time of a caption in milliseconds: 99:59:59.999, which every player reads. */
export const MAX_TIME_MS = 100 * 3_600_000 - 1;

/** Formats milliseconds: `3723456` → `01:02:03,456`. */
export function formatTime(ms: number, separator: ',' | '.'): string {
  const total = Math.max(0, Math.min(MAX_TIME_MS, Math.round(ms)));
  const parts = [Math.floor(total / 3_600_000), Math.floor(total / 60_000) % 60, Math.floor(total / 1000) % 60];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${clock}${separator}${String(total % 1000).padStart(3, '0')}`;
}

/** Matches `(h:)mm:ss,fff` of SubRip and WebVTT. Hours are optional and both separators are allowed, because files mix the two formats. */
const TIME = String.raw`(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})`;
/** Matches settings of WebVTT such as `align:start`, and coordinates of SubRip such as `X1:10`. */
const SETTINGS = String.raw`(?:[ \t]+[A-Za-z][A-Za-z0-9]*:[^\s:]+)*`;
const TIMING = new RegExp(String.raw`^[ \t]*${TIME}[ \t]+-->[ \t]+${TIME}${SETTINGS}[ \t]*$`);

/** Returns the two times of a timing line in milliseconds; null if the line is not a timing line. */
export function parseTiming(line: string): { start: number; end: number } | null {
  const match = TIMING.exec(line);
  if (!match) return null;
  const [start, end] = [parseTime(match.slice(1, 5)), parseTime(match.slice(5, 9))];
  return start === null || end === null ? null : { start, end };
}

function parseTime([hours = '0', minutes, seconds, fraction]: readonly (string | undefined)[]): number | null {
  if (Number(minutes) > 59 || Number(seconds) > 59) return null;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Number(fraction!.padEnd(3, '0'));
}
