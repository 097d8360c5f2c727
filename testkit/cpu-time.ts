/** Returns the milliseconds of processor time of synchronous work. Unlike elapsed time, it excludes other work on the machine. */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Returns the least processor time of up to three runs in milliseconds, because a garbage collection can slow down a run. Stops at a run
 * below `bound`.
 */
export function leastCpuMs(work: () => unknown, bound: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3 && least >= bound; run += 1) least = Math.min(least, cpuMs(work));
  return least;
}
