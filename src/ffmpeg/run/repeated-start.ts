/** Matches the end of the planner's filters that start sound at time zero. */
const START = /(aresample=async=1(?::min_comp=[\d.]+)?):first_pts=0/g;
/** Matches FFmpeg's messages about sound that goes back in time, which these filters otherwise prevent. */
const WENT_BACK = /Queue input is backward in time|non[- ]monotonic/i;

/**
 * Returns the arguments with which a finished command must run again because the channels or the sample rate of its sound changed; null if
 * it need not. FFmpeg then restarts its filters, which fill the time from zero with silence again. The new arguments fill gaps, but not the
 * start.
 */
export function argsAfterRestart(args: readonly string[], stderr: string): string[] | null {
  if (!WENT_BACK.test(stderr) || !args.some((arg) => arg.search(START) >= 0)) return null;
  return args.map((arg) => arg.replace(START, '$1'));
}
