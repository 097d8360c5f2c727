/** Returns the milliseconds of processor time of synchronous work. Unlike elapsed time, it excludes other work on the machine. */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
