/** Minimum and maximum milliseconds by which the server's clock is ahead of the browser's clock. */
interface Bounds {
  least: number;
  most: number;
}

const UNKNOWN: Bounds = { least: -Infinity, most: Infinity };
/** Milliseconds in a second, which is the precision of a `Date` header. */
const SECOND = 1000;

let bounds = UNKNOWN;

/**
 * Narrows the known range of the server's clock.
 * @param date the `Date` header of a response
 * @param sent when the browser sent the request, in milliseconds since 1970 on its own clock
 * @param received when the response arrived, on the same clock
 */
export function noteServerTime(date: string | null, sent: number, received: number): void {
  const second = Date.parse(date ?? '');
  if (Number.isNaN(second)) return;
  const seen = { least: second - received, most: second + SECOND - sent };
  const narrowed = { least: Math.max(bounds.least, seen.least), most: Math.min(bounds.most, seen.most) };
  // If the ranges do not overlap, one of the clocks has been set, so only the new range counts.
  bounds = narrowed.least <= narrowed.most ? narrowed : seen;
}

/**
 * Returns the time of the server's clock in milliseconds since 1970. This is the time of the browser's clock unless a response has
 * contradicted it.
 */
export function serverNow(now = Date.now()): number {
  return now + Math.min(Math.max(0, bounds.least), bounds.most);
}
