/**
 * Returns the bit rates of a stream in bits per second: the highest rate of any run of segments that lasts between half and one and a half
 * target durations, as RFC 8216, 4.3.4.2 defines `BANDWIDTH`, and the average rate.
 */
export function bitRates(
  segments: readonly { duration: number; bytes: number }[],
  timescale: number,
): { peak: number; average: number } {
  const target = Math.max(...segments.map(({ duration }) => Math.round(duration / timescale))) || 1;
  let peak = 0;
  for (let start = 0; start < segments.length; start++) {
    let [seconds, bytes] = [0, 0];
    for (let end = start; end < segments.length && seconds < 1.5 * target; end++) {
      seconds += segments[end]!.duration / timescale;
      bytes += segments[end]!.bytes;
      if (seconds >= 0.5 * target && seconds <= 1.5 * target) peak = Math.max(peak, (8 * bytes) / seconds);
    }
  }
  const seconds = segments.reduce((sum, { duration }) => sum + duration, 0) / timescale;
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const average = (8 * bytes) / seconds;
  return { peak: Math.ceil(Math.max(peak, average)), average: Math.ceil(average) };
}
