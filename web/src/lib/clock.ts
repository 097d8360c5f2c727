/** Minimum and maximum milliseconds by which the server's clock can be ahead of the clock of this browser. */
interface Bounds {
  least: number;
  most: number;
}

const UNKNOWN: Bounds = { least: -Infinity, most: Infinity };
/** A `Date` header names the second in which the server sent the response. */
const SECOND = 1000;

let bounds = UNKNOWN;

/**
 * Narrows the known range of the server's clock.
 * @param date the `Date` header of a response
 * @param sent when the browser sent the request, in milliseconds of its own clock
 * @param received when the response arrived
 */
export function noteServerTime(date: string | null, sent: number, received: number): void {
  const second = Date.parse(date ?? '');
  if (Number.isNaN(second)) return;
  const seen = { least: second - received, most: second + SECOND - sent };
  const narrowed = { least: Math.max(bounds.least, seen.least), most: Math.min(bounds.most, seen.most) };
  // The ranges do not overlap, so one of the clocks has been set.
  bounds = narrowed.least <= narrowed.most ? narrowed : seen;
}

/** The server's clock, in milliseconds since 1970. Equals the browser's clock unless a response has contradicted it. */
export function serverNow(now = Date.now()): number {
  return now + Math.min(Math.max(0, bounds.least), bounds.most);
}
